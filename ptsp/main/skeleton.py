"""A new connector: a copy of the one that speaks most simply in its style, under a name of its own."""

import re
import shutil
from pathlib import Path

import yaml

from ptsp.infra.gateway import Registry
from ptsp.kernel.errors import Fault, Invalid
from ptsp.sdk.manifest import Style

# style -> the connector that a new one of this style begins as
LIKE = {
    "webhook": "permits",
    "polling": "ho",
    "immediate": "ktp",
    "broker": "queue",
    "payment": "bank",
    "signing": "bsre",
}
FILES = ("manifest.yaml", "connector.py", "fake_agency.py", "quality.yaml")
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_RESERVED = frozenset(
    {"connector", "fake_agency", "manifest", "simulator", "ptsp", *(style.value for style in Style)}
)


def write_skeleton(connectors: Path, folder: Path, name: str, style: str) -> Path:
    """Write the folder of connector `name`, begun as the one of `connectors` in that style. Raises Invalid.

    Either the whole folder is there afterwards, or nothing of it.
    """
    like = LIKE[style]
    faults = list(_wrong(connectors, folder, name))
    if not all((connectors / like / file).is_file() for file in (*FILES, "README.md")):
        faults.append(Fault("--style", f"there is no connector {like!r} to begin with in {connectors}"))
    if faults:
        raise Invalid(faults)
    made = folder / name
    begun = folder / f".{name}"
    shutil.rmtree(begun, ignore_errors=True)  # of a run that was cut short
    begun.mkdir(parents=True)
    for file, content in _content(connectors / like, name, style).items():
        (begun / file).write_text(content, encoding="utf-8")
    begun.rename(made)
    return made


def _wrong(connectors: Path, folder: Path, name: str) -> list[Fault]:
    if not _CODE.fullmatch(name):
        return [Fault("NAME", "must be 2 to 40 lower-case letters, digits or _, beginning with a letter")]
    if name in _RESERVED or name.endswith("_"):
        return [Fault("NAME", f"{name!r} means something else already; take the agency's own name")]
    if name in Registry(connectors).manifests or (folder / name).exists():
        return [Fault("NAME", f"there is a connector {name!r} already")]
    return []


def _content(like: Path, name: str, style: str) -> dict[str, str]:
    kind = "".join(part.capitalize() for part in name.split("_"))
    manifest = (like / "manifest.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(manifest)
    _, _, old = raw["class"].partition(":")
    texts = {file: (like / file).read_text(encoding="utf-8") for file in FILES}
    texts["connector.py"] = re.sub(rf"\b{old}\b", kind, texts["connector.py"])
    texts["manifest.yaml"] = _manifest(manifest, raw, name, kind)
    texts["README.md"] = _readme((like / "README.md").read_text(encoding="utf-8"), name, style)
    texts["__init__.py"] = f'"""The agency {name}, style {style}."""\n'
    return texts


def _manifest(text: str, raw: dict[str, object], name: str, kind: str) -> str:
    module, _, _ = str(raw["class"]).partition(":")
    lines = {
        r"^code: .*$": f"code: {name}",
        r"^class: .*$": f"class: {module}:{kind}",
        r"^owner: .*$": "owner: who looks after it",
        r"^  id: .*$": f"  id: Instansi {name}",
        r"^  en: .*$": f"  en: The agency {name}",
    }
    for pattern, line in lines.items():
        text = re.sub(pattern, line, text, count=1, flags=re.MULTILINE)
    return text


def _readme(text: str, name: str, style: str) -> str:
    _, _, rest = text.partition("\n")
    return f"""# {name}

Begun as a copy of the `{LIKE[style]}` connector (style {style}), which works as it stands. To make it the agency's own:

1. `manifest.yaml`: name, owner, what the agency may see (`receives`), its options.
2. `connector.py`: paths, fields and the table of codes; the contract holds meanwhile.
3. `fake_agency.py`: the same on the other side, with `approved` and `rejected` payloads that lead there.
4. `quality.yaml`: what is done, and what is still to do and why.
5. Below: the agency's interface in its own words.

Try it with `.venv/bin/pytest tests/connectors -k {name}`, run it with `ptsp simulate {name}`, and try the agency's real
system with `ptsp connectors check URL`.

## The interface it was begun with
{rest}"""

"""What a connector says of itself, typed. Its written form is `connectors/<code>/manifest.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.specs import TellsSpec


class Style(StrEnum):
    """How an agency answers."""

    IMMEDIATE = "immediate"  # at once
    WEBHOOK = "webhook"  # it calls back
    POLLING = "polling"  # we look from time to time
    PAYMENT = "payment"  # it is never asked; it tells of money
    BROKER = "broker"  # it takes messages from a queue and answers by messages
    DESK = "desk"  # an officer of the agency answers in our pages
    CENTRAL = "central"  # it is told what happened, and calls us
    SIGNING = "signing"  # it signs documents for a person


ASKED = frozenset(
    {Style.IMMEDIATE, Style.WEBHOOK, Style.POLLING, Style.DESK}
)  # one question at a time, by `ask`


RECEIVABLE = ("applicant", "answers", "services")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CLASS = re.compile(r"([a-z][a-z0-9_]*):([A-Z][A-Za-z0-9]*)")
_KNOWN = (
    "code",
    "name",
    "style",
    "class",
    "receives",
    "supports_idempotency",
    "finds",
    "lists",
    "cacheable",
    "tells",
    "options",
    "owner",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`module` and `class_name` are the two halves of `class`; `options` is a JSON Schema of an object."""

    code: str
    name: Mapping[str, str]
    style: Style
    module: str
    class_name: str
    receives: frozenset[str]
    supports_idempotency: bool
    finds: bool  # it can be asked whether a question arrived
    lists: bool  # it can be asked which cases we opened there
    cacheable: bool  # the same question again has the same answer for some days
    owner: str
    options: Mapping[str, object] = field(default_factory=dict)
    tells: TellsSpec | None = None  # what happens here that it is told of, of itself

    def allowed(self, payload: Mapping[str, object]) -> dict[str, object]:
        """The part of a payload that this agency may see."""
        return {part: value for part, value in payload.items() if part in self.receives}


def read_manifest(raw: object, *, where: str) -> Manifest:
    """Check and type the content of a manifest. Raises Invalid naming every mistake; `where` is the file."""
    if not isinstance(raw, Mapping):
        raise Invalid([Fault(where, "must be a mapping")])
    wrong = [*_unknown(raw), *_wrong_texts(raw), *_wrong_parts(raw)]
    if wrong:
        raise Invalid(Fault(f"{where}: $.{path}", reason) for path, reason in wrong)
    module, class_name = str(raw["class"]).split(":")
    return Manifest(
        code=raw["code"],
        name=dict(raw["name"]),
        style=Style(raw["style"]),
        module=module,
        class_name=class_name,
        receives=frozenset(raw["receives"]),
        supports_idempotency=raw["supports_idempotency"],
        finds=raw.get("finds", False),
        lists=raw.get("lists", False),
        cacheable=raw.get("cacheable", False),
        owner=raw["owner"],
        options=_schema(raw.get("options", {})),
        tells=read_tells(raw.get("tells")),
    )


def read_tells(raw: object) -> TellsSpec | None:
    """What a manifest says under `tells`, checked before."""
    if not isinstance(raw, Mapping):
        return None
    return TellsSpec(tuple(raw["events"]), raw["about"], tuple(raw.get("answers", ())))


def _schema(options: Mapping[str, object]) -> dict[str, object]:
    if not options or "properties" in options:
        return {"type": "object", "additionalProperties": False, **options}
    return {"type": "object", "additionalProperties": False, "properties": dict(options)}


def _unknown(raw: Mapping[str, object]) -> list[tuple[str, str]]:
    names = ", ".join(_KNOWN)
    return [(str(key), f"is not known; a manifest has {names}") for key in raw if key not in _KNOWN]


def _wrong_texts(raw: Mapping[str, object]) -> list[tuple[str, str]]:
    wrong = []
    if not _CODE.fullmatch(str(raw.get("code", ""))):
        wrong.append(("code", "must be a short lower-case word, as the folder"))
    if not _CLASS.fullmatch(str(raw.get("class", ""))):
        wrong.append(("class", 'must name a module and a class, such as "connector:Ktp"'))
    if not str(raw.get("owner", "") or "").strip():
        wrong.append(("owner", "must say who looks after it"))
    name = raw.get("name")
    for language in ("id", "en"):
        if not isinstance(name, Mapping) or not str(name.get(language) or "").strip():
            wrong.append((f"name.{language}", "is missing"))
    return wrong


def _wrong_parts(raw: Mapping[str, object]) -> list[tuple[str, str]]:
    wrong = []
    if raw.get("style") not in [style.value for style in Style]:
        wrong.append(("style", f"must be one of {', '.join(Style)}"))
    receives = raw.get("receives")
    if not isinstance(receives, list) or any(part not in RECEIVABLE for part in receives):
        wrong.append(("receives", f"must be a list of {', '.join(RECEIVABLE)}"))
    if not isinstance(raw.get("supports_idempotency"), bool):
        wrong.append(("supports_idempotency", "must be true or false"))
    for name in ("finds", "lists", "cacheable"):
        if not isinstance(raw.get(name, False), bool):
            wrong.append((name, "must be true or false"))
    if not isinstance(raw.get("options", {}), Mapping):
        wrong.append(("options", "must be a JSON Schema for an object"))
    if "tells" in raw and not _is_tells(raw["tells"]):
        wrong.append(("tells", "must name `events` and the answer they are `about`, and may list `answers`"))
    return wrong


def _is_tells(raw: object) -> bool:
    if not isinstance(raw, Mapping) or not {"events", "about"} <= set(raw) <= {"events", "about", "answers"}:
        return False
    lists = (raw["events"], raw.get("answers", []))
    return isinstance(raw["about"], str) and all(
        isinstance(one, list) and all(isinstance(word, str) for word in one) for one in lists
    )

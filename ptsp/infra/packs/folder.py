"""Read one folder of `tenants/`: every file of it, held against its schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ptsp.infra.packs.mend import fitted
from ptsp.infra.packs.places import Document, did_you_mean
from ptsp.infra.packs.read import MAX_BYTES, read_document
from ptsp.infra.packs.schema import Schemas
from ptsp.kernel.errors import Fault

TENANT, AGENCIES, CALENDAR = "tenant.yaml", "agencies.yaml", "calendar.yaml"
TEXTS, DEFAULTS = "texts.yaml", "standard_defaults.yaml"
KIND_OF = {
    TENANT: "tenant",
    AGENCIES: "agencies",
    CALENDAR: "calendar",
    TEXTS: "texts",
    DEFAULTS: "standard-defaults",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as read. `documents` and `templates` by path inside it; `unread` exist, but say nothing."""

    code: str
    documents: Mapping[str, Document]
    templates: Mapping[str, str]
    unread: frozenset[str]
    faults: tuple[Fault, ...]

    @property
    def is_base(self) -> bool:
        return self.code.startswith("_")

    def services(self) -> dict[str, Document]:
        """The services that could be read, by the name of their file."""
        return {Path(name).stem: one for name, one in self.documents.items() if name.startswith("services/")}


def read_folder(root: Path, code: str, schemas: Schemas) -> Folder:
    """Read all files of `root/code`. What is wrong is in `faults`, never raised."""
    documents: dict[str, Document] = {}
    templates: dict[str, str] = {}
    unread: set[str] = set()
    faults: list[Fault] = []
    for path in files_of(root / code):
        inside = path.relative_to(root / code).as_posix()
        name = f"{code}/{inside}"
        if inside == "README.md":
            continue
        kind = _kind(inside)
        if kind is None:
            faults.append(Fault(name, _stray(inside)))
        elif kind == "template":
            faults += _read_template(path, name, templates)
        else:
            document, found = read_checked(path, name, kind, schemas)
            faults += found
            if document is None:
                unread.add(inside)
            else:
                documents[inside] = document
    return Folder(code, documents, templates, frozenset(unread), tuple(faults))


def files_of(folder: Path) -> Iterator[Path]:
    """All files under a folder but hidden ones, by name; none if there is no such folder."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _kind(inside: str) -> str | None:
    if inside in KIND_OF:
        return KIND_OF[inside]
    folder, _, name = inside.rpartition("/")
    if folder == "services" and name.endswith(".yaml"):
        return "service"
    return "template" if folder == "templates" and name.endswith(".typ") else None


def _stray(inside: str) -> str:
    known = (*KIND_OF, "services/<code>.yaml", "templates/<name>.typ")
    return f"is not a file of a pack{did_you_mean(inside, known)}"


def _read_template(path: Path, name: str, templates: dict[str, str]) -> list[Fault]:
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        return [Fault(name, f"is {len(content):,} bytes long; a template has at most {MAX_BYTES:,}")]
    try:
        templates[path.stem] = content.decode("utf-8")
    except UnicodeDecodeError:
        return [Fault(name, "is not UTF-8 text; save the file as UTF-8")]
    return []


def read_checked(
    path: Path, name: str, kind: str, schemas: Schemas
) -> tuple[Document | None, tuple[Fault, ...]]:
    """The file in the form of its schema, or None if nothing can be made of it, and what is wrong with it."""
    document, faults = read_document(path, name)
    if document is None:
        return None, faults
    fitting, found = fitted(document, kind, schemas)
    return fitting, (*faults, *found)

"""Copies of the real packs with a fault planted in them."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from ptsp.infra.packs.read import read_document
from ptsp.kernel.errors import Fault
from tests.checks import REPOSITORY

TENANTS = REPOSITORY / "tenants"

Raw = dict[str, Any]
Edit = Callable[[Raw], str]  # plants the fault and says at which path it should be found


@dataclass(frozen=True)
class Plant:
    """One fault: where it is planted, and what the checker should say of it."""

    name: str
    file: str
    edit: Edit
    says: str
    found_in: str = ""  # another file than the one edited
    others: int = 0  # further faults that follow from it


class _Writer(yaml.SafeDumper):
    """Writes what the reader reads: exact decimals, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Writer.add_representer(
    Decimal, lambda writer, value: writer.represent_scalar("tag:yaml.org,2002:float", str(value))
)


def copied(tmp_path: Path, *codes: str) -> Path:
    """A copy of the base, the by-laws and of these tenants."""
    root = tmp_path / "tenants"
    for code in ("_base", "_bylaws", *codes):
        shutil.copytree(TENANTS / code, root / code)
    return root


def plant(root: Path, file: str, edit: Edit) -> str:
    """Edit one file of a copy; gives the path at which the fault should be found."""
    document, faults = read_document(root / file, file)
    assert document is not None
    assert not faults
    path = edit(document.value)
    (root / file).write_text(yaml.dump(document.value, Dumper=_Writer, allow_unicode=True, sort_keys=False))
    return path


def is_named(faults: list[Fault], file: str, path: str, fragment: str) -> bool:
    """Does one of the faults name the file, the path, and what is wrong?"""
    field = f"{file}: {path}" if path else file
    return any(fault.field == field and fragment in fault.reason for fault in faults)


# Small edits


def put(*keys: str | int, value: Any) -> Edit:
    """Set one value."""

    def edit(raw: Raw) -> str:
        _holder(raw, keys)[keys[-1]] = value
        return path_to(*keys)

    return edit


def drop(*keys: str | int) -> Edit:
    """Leave one value out."""

    def edit(raw: Raw) -> str:
        del _holder(raw, keys)[keys[-1]]
        return path_to(*keys)

    return edit


def item(group: str, code: str, /, **changes: Any) -> Edit:
    """Change an entry of a list such as `route`; the fault is expected at the first key changed."""

    def edit(raw: Raw) -> str:
        at = index(raw[group], code)
        raw[group][at].update(changes)
        return path_to(group, at, next(iter(changes)))

    return edit


def again(*keys: str) -> Edit:
    """Repeat the first entry of a list at its end."""

    def edit(raw: Raw) -> str:
        entries = _holder(raw, keys)[keys[-1]]
        entries.append(dict(entries[0]))
        mark = "name" if "code" not in entries[0] else "code"
        return path_to(*keys, len(entries) - 1, mark)

    return edit


def index(entries: list[Raw], code: str) -> int:
    return next(at for at, one in enumerate(entries) if one.get("code", one.get("name")) == code)


def path_to(*keys: str | int) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)


def day(text: str) -> date:
    return date.fromisoformat(text)


def _holder(raw: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys[:-1]:
        raw = raw[key]
    return raw

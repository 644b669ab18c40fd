"""What somebody with every right may do to an export, or to the database before it is made."""

import base64
import copy
import hashlib
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.verifier.ledgers import Exported

Row = dict[str, Any]
COUNTED = ("bundles", "events", "leaves", "heads")
NAMES = {name: f"{name}.jsonl" for name in COUNTED}


@dataclass
class Ledger:
    """An export taken apart. `write` counts its lines again, as a careful forger does."""

    about: Row
    rows: dict[str, list[Row]]
    certificates: bytes
    raw: dict[str, bytes] = field(default_factory=dict)  # members whose bytes were changed

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        with zipfile.ZipFile(path) as archive:
            rows = {
                name: [json.loads(line) for line in archive.read(member).splitlines()]
                for name, member in NAMES.items()
            }
            about = json.loads(archive.read("export.json"))
            return cls(about, rows, archive.read("certificates.pem"))

    def copy(self) -> "Ledger":
        return copy.deepcopy(self)

    def members(self) -> dict[str, bytes]:
        about = {**self.about, **{name: len(rows) for name, rows in self.rows.items()}}
        lines = {NAMES[name]: "".join(f"{one(row)}\n" for row in rows) for name, rows in self.rows.items()}
        whole = {"export.json": one(about), **lines}
        return {
            **{name: text.encode() for name, text in whole.items()},
            "certificates.pem": self.certificates,
            **self.raw,
        }

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.members().items():
                archive.writestr(name, content)
        return path

    def of(self, bundle: str, name: str = "events") -> list[Row]:
        return [row for row in self.rows[name] if row["bundle"] == bundle]

    def last_seen(self, bundle: str) -> int:
        """The last event of a bundle that a head holds; 0 for none."""
        return max((row["seq"] for row in self.of(bundle, "leaves")), default=0)

    def drop(self, bundle: str, name: str, above: int = 0) -> None:
        self.rows[name] = [
            row for row in self.rows[name] if row["bundle"] != bundle or row.get("seq", 1) <= above
        ]

    def rehash(self, bundle: str) -> None:
        """Make the chain fit its bodies again, and the bundle's row fit the chain."""
        hash_ = bytes(32)
        events = self.of(bundle)
        for row in events:
            hash_ = hashlib.sha256(hash_ + row["body"].encode()).digest()
            row["hash"] = hash_.hex()
        for row in self.of(bundle, "bundles"):
            row["last_event"], row["head"] = len(events), hash_.hex()

    def statement(self, number: int, **changes: object) -> None:
        """Another statement in a head; the signature stays."""
        head = self.rows["heads"][number]
        head["statement"] = one({**json.loads(head["statement"]), **changes})


@dataclass(frozen=True)
class Mutant:
    """`is_gap`: nothing that an export holds can show it, which is known. `needs_copy`: the second holder's can."""

    name: str
    ledger: Ledger
    is_gap: bool = False
    needs_copy: bool = False


def one(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def mutants(exported: Exported, seed: int) -> Iterator[Mutant]:
    """All of them; the same for the same seed."""
    whole, luck = Ledger.read(exported.path), random.Random(seed)
    for make in (bytes_changed, fields_changed, rows_changed, chains_remade, bundles_taken, heads_changed):
        for mutant in make(whole, luck):
            assert mutant.ledger.members() != whole.members(), f"{mutant.name} changed nothing"
            yield mutant


def bytes_changed(whole: Ledger, luck: random.Random, times: int = 20) -> Iterator[Mutant]:
    """One bit anywhere, except in when the export says that it was made."""
    for name, content in whole.members().items():
        free = content.find(b'"exported_at"'), content.find(b'"format"')
        for _ in range(times):
            ledger, changed = whole.copy(), bytearray(content)
            place = luck.choice([n for n in range(len(content)) if not free[0] <= n < free[1]])
            changed[place] ^= 1 << luck.randrange(8)
            ledger.raw[name] = bytes(changed)
            yield Mutant(f"a bit of {name}", ledger)


def fields_changed(whole: Ledger, luck: random.Random, times: int = 4) -> Iterator[Mutant]:
    """One byte of every field of every kind of row, the file's form being kept."""
    for name, rows in whole.rows.items():
        for key in rows[0]:
            for _ in range(times):
                ledger = whole.copy()
                row = luck.choice(ledger.rows[name])
                row[key] = _other(row[key], luck)
                yield Mutant(f"{key} of {name}", ledger)


def _other(value: Any, luck: random.Random) -> Any:
    if isinstance(value, int):
        return value + luck.choice((-1, 1, 1000))
    place = luck.randrange(len(value))
    letters = [letter for letter in "0123456789abcdef" if letter != value[place]]
    return value[:place] + luck.choice(letters) + value[place + 1 :]


def rows_changed(whole: Ledger, luck: random.Random, times: int = 4) -> Iterator[Mutant]:
    """Rows removed, doubled, swapped, moved to the end, put into another bundle or day."""
    acts: dict[str, Callable[[list[Row], int], None]] = {
        "removed": lambda rows, n: rows.__delitem__(n),
        "doubled": lambda rows, n: rows.insert(n, dict(rows[n])),
        "swapped": lambda rows, n: rows.insert(n - 1, rows.pop(n)),
        "at the end": lambda rows, n: rows.append(rows.pop(n - 1)),
        "cut off from here on": lambda rows, n: rows.__delitem__(slice(n, None)),
    }
    for name in COUNTED:
        for act, change in acts.items():
            for _ in range(times):
                ledger = whole.copy()
                change(ledger.rows[name], luck.randrange(1, len(ledger.rows[name])))
                is_last = name == "heads" and act in ("removed", "cut off from here on")
                yield Mutant(f"{name} {act}", ledger, needs_copy=is_last and _ends_whole(ledger))
        for _ in range(times):
            ledger = whole.copy()
            first, second = luck.sample(ledger.rows[name], 2)
            key = "day" if name == "heads" else "bundle"
            if first[key] != second[key]:
                first[key] = second[key]
                yield Mutant(f"{name} put elsewhere", ledger)


def _ends_whole(ledger: Ledger) -> bool:
    """Whether the heads that are left have all leaves, so that nothing in the export tells of others."""
    days = {row["day"] for row in ledger.rows["heads"]}
    return all(row["day"] in days for row in ledger.rows["leaves"])


def chains_remade(whole: Ledger, luck: random.Random, times: int = 4) -> Iterator[Mutant]:
    """Events changed, removed, added or cut off, and everything in the database made to fit."""
    for bundle in sorted({row["bundle"] for row in whole.rows["events"]}):
        count, seen = len(whole.of(bundle)), whole.last_seen(bundle)
        for _ in range(times):
            at = luck.randrange(count)
            ledger = whole.copy()
            row = ledger.of(bundle)[at]
            row["body"] = row["body"].replace('"actor":"', '"actor":"x')
            ledger.rehash(bundle)
            yield Mutant("an event changed, its chain remade", ledger, is_gap=at >= seen)
        for left in range(1, count):
            ledger = whole.copy()
            ledger.drop(bundle, "events", above=left)
            ledger.rehash(bundle)
            yield Mutant("a chain cut off, its end remade", ledger, is_gap=left >= seen)
        ledger = whole.copy()
        last = ledger.of(bundle)[-1]
        body = one({**json.loads(last["body"]), "seq": count + 1})
        ledger.rows["events"].insert(
            ledger.rows["events"].index(last) + 1, {**last, "seq": count + 1, "body": body}
        )
        ledger.rehash(bundle)
        is_old = ledger.of(bundle)[0]["at"] < json.loads(whole.rows["heads"][-1]["statement"])["made_at"]
        yield Mutant("an event added at the end", ledger, is_gap=not is_old or seen < count)


def bundles_taken(whole: Ledger, luck: random.Random) -> Iterator[Mutant]:
    """Whole bundles removed, with and without the leaves of heads; or put in from nowhere, in the past."""
    for bundle in sorted({row["bundle"] for row in whole.rows["events"]}):
        for name in ("events", "bundles"):
            ledger = whole.copy()
            ledger.drop(bundle, name)
            yield Mutant(f"all {name} of a bundle removed", ledger)
        ledger = whole.copy()
        for name in ("events", "bundles"):
            ledger.drop(bundle, name)
        yield Mutant("a bundle removed", ledger, is_gap=whole.last_seen(bundle) == 0)
        if whole.last_seen(bundle):
            without = ledger.copy()
            without.drop(bundle, "leaves")
            yield Mutant("a bundle removed, its leaves too", without)
            yield Mutant("a bundle put in, in the past", _copied(whole, bundle, luck))


def _copied(whole: Ledger, bundle: str, luck: random.Random) -> Ledger:
    """The same bundle once more under another id, well chained."""
    ledger = whole.copy()
    new = f"{luck.getrandbits(32):08x}{bundle[8:]}"
    for name in ("events", "bundles"):
        for row in whole.of(bundle, name):
            made = {**row, "bundle": new}
            if name == "events":
                made["body"] = row["body"].replace(bundle, new)
            ledger.rows[name].append(made)
        ledger.rows[name].sort(key=lambda row: (row["bundle"], row.get("seq", 0)))
    ledger.rehash(new)
    return ledger


def heads_changed(whole: Ledger, luck: random.Random) -> Iterator[Mutant]:
    """Statements that say something else, and parts of heads that are put into others, moved or taken out."""
    count = len(whole.rows["heads"])
    for number in range(count):
        said = json.loads(whole.rows["heads"][number]["statement"])
        for key, value in said.items():
            ledger = whole.copy()
            ledger.statement(number, **{key: _other(value, luck) if value or value == 0 else "0"})
            yield Mutant(f"{key} of a statement", ledger)
        for part in ("statement", "signature", "stamp"):
            ledger = whole.copy()
            other = luck.choice([n for n in range(count) if n != number])
            ledger.rows["heads"][number][part] = whole.rows["heads"][other][part]
            yield Mutant(f"{part} of another day", ledger)
        for part in ("signature", "stamp"):
            der = base64.b64decode(whole.rows["heads"][number][part])
            for _ in range(6):
                ledger, changed = whole.copy(), bytearray(der)
                changed[luck.randrange(len(der))] ^= 1 << luck.randrange(8)
                ledger.rows["heads"][number][part] = base64.b64encode(changed).decode()
                yield Mutant(f"a bit within a {part}", ledger)
        ledger = whole.copy()
        ledger.rows["heads"][number]["stamp"] = None
        yield Mutant("a stamp removed", ledger, needs_copy=True)
    yield Mutant("the last days forgotten", _back_to(whole, count - 2), needs_copy=True)


def _back_to(whole: Ledger, last: int) -> Ledger:
    """The ledger as if nothing had happened after the head `last`."""
    ledger = whole.copy()
    ledger.rows["heads"] = ledger.rows["heads"][: last + 1]
    days = {row["day"] for row in ledger.rows["heads"]}
    ledger.rows["leaves"] = [row for row in ledger.rows["leaves"] if row["day"] in days]
    for bundle in {row["bundle"] for row in whole.rows["events"]}:
        seen = ledger.last_seen(bundle)
        ledger.drop(bundle, "events", above=seen)
        if not seen:
            ledger.drop(bundle, "bundles")
        ledger.rehash(bundle)
    return ledger

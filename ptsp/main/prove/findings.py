"""What is held against what at the end: the applicants' log, our tables, the ledger and the agencies' own books."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ptsp.main.ledger_cli import check_all
from ptsp.main.prove.lodging import acknowledged
from ptsp.main.prove.stage import FINAL, rows
from ptsp.main.settings import Settings
from ptsp.sdk.simulator import Books

# Whatever is neither at its end nor before its beginning comes up again by itself, or lies before a person.
UNSEEN = f"""
    SELECT id FROM app.task
     WHERE state NOT IN ({FINAL}, 'blocked', 'stuck') AND (next_at IS NULL OR next_at = 'infinity')"""


@dataclass(frozen=True)
class Witness:
    """What an agency's own books say."""

    code: str
    effects: tuple[str, ...]  # keys
    requests: int
    doubled: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Findings:
    """`lost` and `doubled` count whatever kind of loss and doubling there is; `words` say which."""

    bundles_done: int
    questions: int
    effects: int
    requests: int
    lost: int
    doubled: int
    words: tuple[str, ...]


def witnesses(home: Path, codes: Sequence[str]) -> list[Witness]:
    found = []
    for code in codes:
        books = Books(home / "books" / f"{code}.sqlite")
        effects = tuple(case.key for case in books.effects())
        found.append(Witness(code, effects, len(books.requests()), tuple(books.doubled())))
        books.close()
    return found


def compare(settings: Settings, log: Path, codes: Sequence[str], wanted: int | None = None) -> Findings:
    """Hold everything against everything. Nobody may be at work meanwhile. `wanted`: so many lodgings, if known."""
    lost, doubled = Counter[str](), Counter[str]()
    kept = acknowledged(log)
    wanted = len(kept) if wanted is None else wanted
    bundles = {row.reference: row for row in rows(settings, "SELECT reference, outcome FROM app.bundle")}
    lost["lodgings never acknowledged"] = wanted - len({line["key"] for line in kept})
    lost["acknowledged and not there"] = sum(line["reference"] not in bundles for line in kept)
    doubled["bundles nobody lodged, or twice"] = len(bundles) - len({line["reference"] for line in kept})
    told = {line["reference"]: line["outcome"] for line in kept}
    lost["bundles not ended, or otherwise"] = sum(
        bundles[reference].outcome != outcome for reference, outcome in told.items() if reference in bundles
    )
    seen = witnesses(settings.home, codes)
    questions = _effects(settings, seen, lost, doubled)
    lost["open tasks"] = len(rows(settings, f"SELECT 1 FROM app.task WHERE state NOT IN ({FINAL})"))
    lost["tasks that wait unseen"] = len(rows(settings, UNSEEN))
    lost["broken chains"] = sum(len(report.broken) for report in check_all(settings).values())
    _decisions(settings, lost, doubled)
    words = [f"{count} {what}" for what, count in sorted({**lost, **doubled}.items()) if count]
    return Findings(
        bundles_done=sum(bundle.outcome is not None for bundle in bundles.values()),
        questions=questions,
        effects=sum(len(one.effects) for one in seen),
        requests=sum(one.requests for one in seen),
        lost=sum(map(abs, lost.values())),
        doubled=sum(map(abs, doubled.values())),
        words=tuple(words),
    )


def _effects(settings: Settings, seen: Sequence[Witness], lost: Counter[str], doubled: Counter[str]) -> int:
    """Each question that was answered has one effect under its own key, and nothing else has any."""
    states = {
        row.id: row.state for row in rows(settings, "SELECT id::text, state FROM app.task WHERE kind = 'ask'")
    }
    keys = Counter(key for one in seen for key in one.effects)
    expected = {key for key, state in states.items() if state in ("approved", "rejected")}
    lost["answers without an effect"] = len(expected - set(keys))
    doubled["effects of no question"] = len(set(keys) - set(states))
    doubled["effects of what was never to be asked"] = sum(states.get(key) == "cut" for key in keys)
    doubled["effects twice under a key"] = sum(count - 1 for count in keys.values())
    doubled["questions with two effects"] = sum(len(one.doubled) for one in seen)
    return len(expected)


def _decisions(settings: Settings, lost: Counter[str], doubled: Counter[str]) -> None:
    """One decision per application, numbered 1, 2, 3 ... in its series."""
    (counts,) = rows(
        settings,
        """SELECT (SELECT count(*) FROM app.application) AS applications,
                  (SELECT count(*) FROM app.decision WHERE state = 'issued') AS issued,
                  (SELECT count(DISTINCT application_id) FROM app.decision) AS decided""",
    )
    lost["applications without a decision"] = counts.applications - counts.decided
    doubled["decisions beyond one"] = counts.issued - counts.decided
    numbers: dict[str, list[int]] = {}
    for (number,) in rows(settings, "SELECT number FROM app.decision"):
        serial, _, series = number.partition("/")
        numbers.setdefault(series, []).append(int(serial))
    lost["series of numbers with a gap"] = sum(
        sorted(found) != list(range(1, len(found) + 1)) for found in numbers.values()
    )

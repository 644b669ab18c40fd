"""`ptsp-verify EXPORT`: status 0 when all that could be checked holds, 1 when something does not, 2 for no export."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

from ptsp.verifier.archive import Archive
from ptsp.verifier.certificates import Certificate, read_trusted
from ptsp.verifier.chains import check_chains, moment
from ptsp.verifier.heads import Head, check_roots, read_heads
from ptsp.verifier.holder import check_copies
from ptsp.verifier.report import Report, Unreadable
from ptsp.verifier.signatures import check_signatures
from ptsp.verifier.stamps import check_stamps, days
from ptsp.verifier.words import LANGUAGES, written

HOLDS, FAULTS, NOTHING = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry of the console script."""
    asked = _parser().parse_args(arguments)
    try:
        report = verify(asked.export, asked.heads, read_trusted(asked.trust))
    except (Unreadable, OSError, ValueError) as error:
        sys.stderr.write(f"ptsp-verify: {error}\n")
        sys.exit(NOTHING)
    if asked.json:
        sys.stdout.write(
            json.dumps({"holds": not report.faults, **_plain(report)}, ensure_ascii=False) + "\n"
        )
    else:
        sys.stdout.write(written(report, asked.lang))
    sys.exit(FAULTS if report.faults else HOLDS)


def verify(export: Path, folder: Path | None, trusted: Sequence[Certificate]) -> Report:
    """Check an export against itself, against whom the auditor trusts, and against a second holder's folder.

    Raises Unreadable.
    """
    report = Report()
    archive = Archive(export, report)
    try:
        report.tenant, report.exported_at = archive.about["tenant"], archive.about["exported_at"]
        heads = read_heads(archive, report)
        seen = check_roots(archive, heads, report)
        check_chains(archive, seen, report)
        check_signatures(archive, heads, trusted, report)
    finally:
        archive.close()
    stamped = check_stamps(heads, trusted, report)
    held: list[str] = []
    if folder is None:
        report.unchecked("no_holder")
    else:
        held = check_copies(folder, report.tenant, heads, seen.leaves, report)
    _note_window(heads, stamped, held, report)
    return report


def _note_window(heads: Sequence[Head], stamped: Sequence[str], held: Sequence[str], report: Report) -> None:
    until = moment(report.exported_at)
    if until is None or (heads and until < heads[-1].made_at):
        report.fault("exported_at", report.exported_at)
        return
    if not heads:
        report.unchecked("no_heads")
    made = {head.day for head in heads}
    missing = [day for day in _days(heads) if day not in made]
    if missing:
        report.unchecked("no_day", days(missing))
    window = report.window
    window.since_head_s = _since(until, [head.made_at for head in heads])
    window.since_stamp_s = _since(until, [head.made_at for head in heads if head.day in stamped])
    window.since_held_s = _since(until, [head.made_at for head in heads if head.day in held])


def _days(heads: Sequence[Head]) -> Iterator[str]:
    """Every day from the first head to the last."""
    day = date.fromisoformat(heads[0].day) if heads else date.max
    while heads and day.isoformat() <= heads[-1].day:
        yield day.isoformat()
        day += timedelta(days=1)


def _since(until: datetime, moments: Sequence[datetime]) -> float | None:
    return (until - moments[-1]).total_seconds() if moments else None


def _plain(report: Report) -> dict[str, object]:
    return {**asdict(report), "authorities": sorted(report.authorities)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ptsp-verify", description="Check an exported ledger without believing the platform."
    )
    parser.add_argument("export", type=Path, help="what `ptsp ledger export` has written")
    parser.add_argument(
        "--heads", type=Path, help="the second holder's folder: its files, or mails saved as .eml"
    )
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        help="certificates (PEM) of the office's authority and of the time-stamp authority; may be given again",
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


if __name__ == "__main__":
    main()

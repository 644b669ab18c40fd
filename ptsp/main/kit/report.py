"""What the kit found, as one object for machines and one page for people."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import yaml

from ptsp.main.kit.checks import CHECKS
from ptsp.main.kit.findings import Check, Found, State
from ptsp.main.kit.trial import Trial

HERE = Path(__file__).parent


def tried(trial: Trial, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run every check that is about this style. `ready`: nothing failed that must hold, and a question was taken."""
    words = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    checks = list(_run(trial, words, tell))
    failed = [one for one in checks if one["state"] == State.FAILED]
    open_ones = [one["check"] for one in checks if one["must"] and one["state"] == State.NOT_CHECKED]
    parts = urlsplit(trial.settings.url)
    return {
        "system": f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}",
        "kind": trial.style.value,
        "ready": not any(one["must"] for one in failed),
        "checks": len(checks),
        "passed": sum(one["state"] == State.PASSED for one in checks),
        "musts_failed": [one["check"] for one in failed if one["must"]],
        "shoulds_failed": [one["check"] for one in failed if not one["must"]],
        "musts_not_checked": open_ones,
        "results": checks,
    }


def page(found: dict[str, Any], *, on: str) -> str:
    """The report as one self-contained page that prints well."""
    source = (HERE / "report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source).render(found=found, on=on, marks=MARKS)


MARKS = {
    State.PASSED: ("✓", "lulus", "passed"),
    State.FAILED: ("✗", "gagal", "failed"),
    State.NOT_CHECKED: ("–", "tidak diperiksa", "not checked"),
}


def _run(trial: Trial, words: dict[str, Any], tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    for check in CHECKS:
        if trial.style in check.styles:
            found = check.run(trial)
            tell(f"{MARKS[found.state][0]} {words[check.code]['en'][0]}: {found.seen}")
            yield _row(check, found, words[check.code])


def _row(check: Check, found: Found, words: dict[str, list[str]]) -> dict[str, Any]:
    advice = {language: said[1] for language, said in words.items()} if found.state is State.FAILED else None
    return {
        "check": check.code,
        "must": check.must,
        "state": found.state.value,
        "title": {language: said[0] for language, said in words.items()},
        "sent": found.sent,
        "seen": found.seen,
        "change": advice,
    }

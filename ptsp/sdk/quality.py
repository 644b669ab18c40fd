"""The rungs a connector climbs: bronze to run at all, silver for production, gold for money."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ptsp.sdk.manifest import ASKED, Manifest, Style

RUNGS: Mapping[str, tuple[str, ...]] = {
    "bronze": ("one_effect_per_key", "errors_translated", "bounded_calls", "fake_agency", "readme"),
    "silver": (
        "options_documented",
        "replies_verified",
        "secrets_hidden",
        "state_readable",
        "identical_retry",
    ),
    "gold": ("tried_with_the_real_agency", "key_rotation", "batch_questions", "daily_reconciliation"),
}
ONLY_IF_IT_FINDS = (
    "asks_before_resending"  # bronze, for agencies that are asked what they have before we send again
)
IF_IT_LISTS = "daily_reconciliation"  # tried by the contract where the manifest says `lists: true`
STATES = ("done", "todo", "exempt")
TRIED_BY_TESTS = frozenset(
    {"one_effect_per_key", "errors_translated", "bounded_calls", "replies_verified", "secrets_hidden"}
    | {"state_readable", "identical_retry", ONLY_IF_IT_FINDS}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector as it lies in its folder."""

    folder: Path
    manifest: Manifest

    def holds(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def quality_faults(subject: Subject, quality: object) -> list[str]:
    """What is not honest in a `quality.yaml`: {rung: done | {todo: reason} | {exempt: reason}}.

    A rung that is `done` has a machine behind it: a check here, or a contract test. What no machine can
    see needs `{done: where it can be seen}`.
    """
    if not isinstance(quality, Mapping):
        return ["quality.yaml: must be a mapping from rung to state"]
    known = [rung for rungs in RUNGS.values() for rung in rungs]
    known += [ONLY_IF_IT_FINDS] if subject.manifest.finds and subject.manifest.style in ASKED else []
    faults = [f"{rung}: is no rung; rungs are {', '.join(known)}" for rung in quality if rung not in known]
    faults += [f"{rung}: is missing" for rung in known if rung not in quality]
    judged = (_judge(rung, quality[rung], subject) for rung in known if rung in quality)
    return faults + [fault for fault in judged if fault]


def level(quality: Mapping[str, object]) -> str:
    """The highest level whose rungs, and those below, are all done or exempt; empty if there is none."""
    reached = ""
    for name, rungs in RUNGS.items():
        if any(_state(quality.get(rung))[0] not in ("done", "exempt") for rung in rungs):
            break
        reached = name
    return reached


def _judge(rung: str, given: object, subject: Subject) -> str:
    state, reason = _state(given)
    if state not in STATES:
        return f"{rung}: must be done, {{todo: reason}} or {{exempt: reason}}"
    if state != "done":
        return "" if reason else f"{rung}: {state} needs a reason"
    if rung in CHECKS:
        return "" if CHECKS[rung](subject) else f"{rung}: is said to be done and is not"
    if rung in TRIED_BY_TESTS or reason or (rung == IF_IT_LISTS and subject.manifest.lists):
        return ""
    return f"{rung}: done needs to say where it can be seen, since no test can"


def _state(given: object) -> tuple[str, str]:
    if isinstance(given, str):
        return given, ""
    if isinstance(given, Mapping) and len(given) == 1:
        ((state, reason),) = given.items()
        return str(state), str(reason or "").strip()
    return "", ""


def _has_fake_agency(subject: Subject) -> bool:
    return "class FakeAgency" in subject.holds("fake_agency.py")


def _has_readme(subject: Subject) -> bool:
    return len(subject.holds("README.md").split()) >= 80


def _names_options(subject: Subject) -> bool:
    readme = subject.holds("README.md")
    properties = subject.manifest.options.get("properties", {})
    names = properties if isinstance(properties, Mapping) else {}
    return all(f"`{name}`" in readme for name in names)


def _verifies_replies(subject: Subject) -> bool:
    verified = {
        Style.WEBHOOK: r"webhooks\.verify\(",
        Style.BROKER: r"queues\.opened\(",
        Style.PAYMENT: r"snap\.holds\(",
    }
    wanted = verified.get(subject.manifest.style)
    return wanted is None or bool(re.search(wanted, subject.holds("connector.py")))


CHECKS: Mapping[str, Callable[[Subject], bool]] = {
    "fake_agency": _has_fake_agency,
    "readme": _has_readme,
    "options_documented": _names_options,
    "replies_verified": _verifies_replies,
}

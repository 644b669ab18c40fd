"""The contract of connectors that list cases (`lists: true`): all that was asked for is listed, and nothing else.

Used as `ptsp.sdk.testing` is, with the fixture `bench`.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ptsp.sdk import webhooks
from ptsp.sdk.contract import Listed, Verdict
from ptsp.sdk.errors import Misconfigured, TryLater
from ptsp.sdk.simulator import Case, Script
from ptsp.sdk.workbench import AGENCY, MASTER, PATIENCE_S, TENANT, Workbench

WIB = timezone(timedelta(hours=7))
ENDLESS_S = 3_600.0
PAGE = 2
MOST_PAGES = 20


class ListingContract:
    """For agencies of every line: HTTP, SOAP, a folder."""

    def test_a_window_lists_what_was_opened_in_it_and_leaves_its_end_out(self, bench: Workbench) -> None:
        cases = _opened(bench, 5)
        connector, (first, second, third, fourth, fifth) = bench.connector(), [case.opened for case in cases]
        _wait(bench, connector, lambda found: len(found) == 5)
        windows = [
            (first, fourth, cases[:3]),
            (second, third, cases[1:2]),
            (third, fifth + timedelta(microseconds=1), cases[2:]),
            (first - timedelta(seconds=1), first, []),
        ]
        for since, until, wanted in windows:
            found = _every(connector, since, until)
            assert [(one.key, one.number) for one in found] == [_known(case) for case in wanted]
            assert [datetime.fromisoformat(one.opened_at) for one in found] == [
                case.opened for case in wanted
            ]

    def test_pages_are_whole_and_repeat_nothing(self, bench: Workbench) -> None:
        _follow(bench, page=PAGE)
        cases = _opened(bench, 5)
        connector = bench.connector()
        _wait(bench, connector, lambda found: len(found) == 5)
        since, until = cases[0].opened, cases[-1].opened + timedelta(seconds=1)
        for _ in range(2):  # the same order again
            assert [(one.key, one.number) for one in _every(connector, since, until)] == list(
                map(_known, cases)
            )

    def test_a_verdict_is_shown_once_there_is_one(self, bench: Workbench) -> None:
        _follow(bench, delay_s=ENDLESS_S)
        connector = bench.connector()
        _opened(bench, 1)
        _opened(bench, 1, bench.kind.rejected, before=1)
        assert _verdicts(_wait(bench, connector, lambda found: len(found) == 2)) == [None, None]
        _follow(bench, delay_s=0.0)
        decided = _wait(bench, connector, lambda found: all(_verdicts(found)))
        assert _verdicts(decided) == [Verdict.APPROVED, Verdict.REJECTED]

    def test_cases_of_another_tenant_or_agency_are_never_listed(self, bench: Workbench) -> None:
        own, foreign, other = bench.connector(), _at(bench, "bontang", AGENCY), _at(bench, TENANT, "trade")
        keys = []
        for count, connector in enumerate((own, foreign, other), 1):
            question = bench.question()
            connector.ask(question)
            keys.append(question.key)
            bench.effects(count)
        for connector, key in zip((own, foreign, other), keys, strict=True):
            assert [one.key for one in _wait(bench, connector, lambda found: len(found) == 1)] == [key]

    def test_listing_changes_nothing_at_the_agency(self, bench: Workbench) -> None:
        _opened(bench, 2)
        books, connector = bench.agency.desk.books, bench.connector()
        before = books.effects(), len(books.letters())
        for _ in range(3):
            _wait(bench, connector, lambda found: len(found) == 2)
        assert (books.effects(), len(books.letters())) == before
        assert books.doubled() == []

    @pytest.mark.parametrize("fault", ["forgets", "lists_twice", "lists_unasked", "other_verdict"])
    def test_what_is_wrong_in_a_list_is_passed_on(self, bench: Workbench, fault: str) -> None:
        """It is not for a connector to find it: whoever compares has to see what the agency said."""
        _follow(bench, {"do": fault}, delay_s=0.0)
        first, second = _opened(bench, 2)
        wanted = {
            "forgets": ([second.key], 1, Verdict.APPROVED),
            "lists_twice": ([first.key, first.key, second.key], 3, Verdict.APPROVED),
            "lists_unasked": (["", first.key, second.key], 3, Verdict.APPROVED),
            "other_verdict": ([first.key, second.key], 2, Verdict.REJECTED),
        }
        keys, count, verdict = wanted[fault]
        found = _wait(bench, bench.connector(), lambda found: len(found) == count and all(_verdicts(found)))
        known = {first.key, second.key}
        assert Counter(one.key if one.key in known else "" for one in found) == Counter(keys)
        assert len({one.number for one in found}) == count
        assert found[0].verdict is verdict

    @pytest.mark.parametrize(
        ("since", "until"),
        [
            ("2026-11-23T00:00:00", "2026-11-24T00:00:00+07:00"),
            ("2026-11-23", "2026-11-24"),
            ("2026-11-24T00:00:00+07:00", "2026-11-23T00:00:00+07:00"),
        ],
    )
    def test_a_window_has_an_offset_and_an_end(self, bench: Workbench, since: str, until: str) -> None:
        with pytest.raises(ValueError, match=r"offset|ends"):
            bench.connector().list_cases(since, until)
        assert bench.agency.desk.books.requests() == []


class CalledListingContract(ListingContract):
    """What holds besides where the list is asked for over HTTP."""

    @pytest.mark.parametrize(
        "fault",
        [
            "html",
            "empty",
            "nan",
            "duplicate_keys",
            "deep",
            "wrong_schema",
            "huge",
            "short",
            "compressed",
            "500",
        ],
    )
    def test_garbage_is_no_list(self, bench: Workbench, fault: str) -> None:
        _opened(bench, 1)
        bench.follow({"do": fault, "on": "list", "first": 1})
        with pytest.raises(TryLater, match="agency"):
            _every(bench.connector(), *_lately())
        assert len(_every(bench.connector(), *_lately())) == 1

    def test_a_page_is_as_large_as_the_agency_makes_it(self, bench: Workbench) -> None:
        _follow(bench, page=PAGE)
        _opened(bench, PAGE + 1)
        window = [_written(at) for at in _lately()]
        first = bench.connector().list_cases(*window)
        last = bench.connector().list_cases(*window, first.after)
        assert (len(first.cases), len(last.cases), last.after) == (PAGE, 1, None)
        assert first.after

    def test_a_busy_agency_is_asked_later(self, bench: Workbench) -> None:
        bench.follow({"do": "429", "on": "list", "retry_after": "7"})
        with pytest.raises(TryLater) as caught:
            _every(bench.connector(), *_lately())
        assert (caught.value.after, caught.value.unknown) == (7.0, False)

    def test_a_stranger_is_shown_nothing(self, bench: Workbench) -> None:
        _opened(bench, 1)
        for secret in (b"x" * 32, webhooks.derive_secret(MASTER, "bontang", AGENCY)):
            with pytest.raises(Misconfigured):
                _every(bench.connector(secret=secret), *_lately())


def _follow(bench: Workbench, *rules: object, delay_s: float = 0.05, page: int = 500) -> None:
    raw = {"delay_s": delay_s, "page": page, "rules": list(rules)}
    bench.agency.desk.faults.follow(Script.read(raw))


def _opened(bench: Workbench, count: int, payload: Any = None, *, before: int = 0) -> list[Case]:
    """New cases, one after the other, as they stand in the agency's books."""
    connector = bench.connector()
    for at in range(count):
        connector.ask(bench.question(payload))
        bench.effects(before + at + 1)
    return bench.agency.desk.books.effects()[before:]


def _at(bench: Workbench, tenant: str, agency: str) -> Any:
    settings = bench.settings(tenant=tenant, secret=webhooks.derive_secret(MASTER, tenant, agency))
    return bench.make(replace(settings, url=bench.agency.url(tenant, agency)))


def _lately() -> tuple[datetime, datetime]:
    now = datetime.fromtimestamp(time.time(), UTC)
    return now - timedelta(minutes=1), now + timedelta(seconds=1)


def _every(connector: Any, since: datetime, until: datetime) -> list[Listed]:
    """All pages of a window, in the zone of western Indonesia, as an office asks."""
    found: list[Listed] = []
    after = None
    for _ in range(MOST_PAGES):
        page = connector.list_cases(_written(since), _written(until), after)
        found += page.cases
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages have no end")


def _written(at: datetime) -> str:
    return at.astimezone(WIB).isoformat()


def _wait(bench: Workbench, connector: Any, is_so: Callable[[list[Listed]], bool]) -> list[Listed]:
    """The list of the last minute, as soon as it says so: a folder's list is left a little later."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = _every(connector, *_lately())
        except TryLater:
            found = []
        if is_so(found):
            return found
        assert time.monotonic() < ends, f"the list stays as it is: {found}"
        time.sleep(0.02)


def _known(case: Case) -> tuple[str, str]:
    return case.key, case.number


def _verdicts(found: list[Listed]) -> list[Verdict | None]:
    return [one.verdict for one in found]

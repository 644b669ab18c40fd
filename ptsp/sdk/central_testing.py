"""The contract tests of central systems: their author writes none. Tests subclass `CentralContract`.

Besides `approved`, a payload that it takes, its `FakeAgency` names the kind of a telling by `told`.
"""

import logging
import time
import traceback
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.sdk.central import Filing, Keeping, Telling
from ptsp.sdk.contract import Call, Receipt
from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.testing import BROKEN, CLOSED_PORT, GARBAGE, HonestFolder, _hides, fuzzed
from ptsp.sdk.workbench import AGENCY, TENANT, Letterbox, Workbench

AT = "2026-03-02T10:00:00+07:00"
STRANGERS: tuple[dict[str, str], ...] = (
    {},
    {"Token": "0" * 40},
    {"Authorization": "Basic eDp5"},
    {"Authorization": "Bearer x"},
)


@dataclass
class MemoryCounter:
    """A counter that keeps what it is given, once."""

    filings: list[Filing] = field(default_factory=list)

    def keep(self, filing: Filing) -> Keeping:
        if filing in self.filings:
            return Keeping.KEPT_BEFORE
        self.filings.append(filing)
        return Keeping.KEPT


def telling(bench: Workbench, *, at: str = AT, **changed: object) -> Telling:
    """A telling that the system takes, or one with other content."""
    kind: Any = bench.kind
    payload = {**bench.kind.approved, **changed}
    return Telling(str(uuid.uuid4()), TENANT, AGENCY, str(kind.told), at, payload)


class CentralContract(HonestFolder):
    """For systems of style `central`."""

    def test_the_settings_work_and_a_wrong_secret_does_not(self, bench: Workbench) -> None:
        connector: Any = bench.connector()
        connector.check()
        for secret in (b"x" * 32, b""):
            stranger: Any = bench.connector(secret=secret)
            with pytest.raises(Misconfigured):
                _check_then_tell(stranger, telling(bench))

    @pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "http://", "http://u:p@h/", "http://h:99999"])
    def test_an_unusable_address_is_misconfigured(self, bench: Workbench, url: str) -> None:
        with pytest.raises(Misconfigured):
            bench.make(bench.settings(url=url or " "))

    def test_what_is_told_is_told_once_and_found(self, bench: Workbench) -> None:
        connector: Any = bench.connector()
        one = telling(bench)
        if bench.manifest.finds:
            assert connector.find(one) is None
        receipt = connector.tell(one)
        assert receipt.agency_ref
        assert receipt.verdict is None
        assert len(bench.agency.desk.books.effects()) == 1
        if bench.manifest.finds:
            assert connector.find(one).agency_ref == receipt.agency_ref
        assert bench.agency.desk.books.doubled() == []

    def test_a_retry_is_identical_to_the_byte(self, bench: Workbench) -> None:
        one = telling(bench)
        turned = dict(reversed(list(one.payload.items())))
        again = Telling(one.key, one.tenant, one.agency, one.kind, one.at, turned)
        with Letterbox(answers=(503,)).open() as away:
            for same in (one, again):
                with pytest.raises(TryLater):
                    _of(bench, away.url).tell(same)
            first, second = away.arrivals
        assert (first.method, first.path, first.body) == (second.method, second.path, second.body)

    def test_away_means_try_later_and_nothing_arrived(self, bench: Workbench) -> None:
        with pytest.raises(TryLater) as caught:
            _of(bench, CLOSED_PORT).tell(telling(bench))
        assert not caught.value.unknown

    @pytest.mark.parametrize("fault", [*GARBAGE, *BROKEN])
    def test_what_may_have_arrived_is_looked_for_and_not_told_twice(
        self, bench: Workbench, fault: str
    ) -> None:
        connector: Any = bench.connector()
        one = telling(bench)
        bench.follow({"do": fault, "first": 1})
        with pytest.raises(TryLater) as caught:
            connector.tell(one)
        assert caught.value.unknown
        if bench.manifest.finds:
            receipt: Receipt = connector.find(one) or connector.tell(one)
            assert receipt.agency_ref
        assert len(bench.agency.desk.books.effects()) <= 1
        assert bench.agency.desk.books.doubled() == []

    @pytest.mark.parametrize(("wish", "after"), [("7", 7.0), ("999999999999", 86_400.0), ("soon", None)])
    def test_too_many_requests_keeps_its_wish(self, bench: Workbench, wish: str, after: float | None) -> None:
        bench.follow({"do": "429", "retry_after": wish})
        with pytest.raises(TryLater) as caught:
            _of(bench).tell(telling(bench))
        assert (caught.value.after, caught.value.unknown) == (after, False)

    @pytest.mark.parametrize(("fault", "error"), [("422", RefusedByAgency), ("401", Misconfigured)])
    def test_a_refusal_is_no_try_later(
        self, bench: Workbench, fault: str, error: type[ConnectorError]
    ) -> None:
        bench.follow({"do": fault})
        with pytest.raises(error):
            _of(bench).tell(telling(bench))
        assert len(bench.agency.desk.books.requests()) == 1

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_redirects_are_not_followed(self, bench: Workbench, status: int) -> None:
        with Letterbox().open() as elsewhere:
            there = {"Location": f"{elsewhere.url}/internal"}
            away = Letterbox(answers=(status,), answer_headers=there)
            with away.open(), pytest.raises(Misconfigured):
                _of(bench, away.url).tell(telling(bench))
            assert elsewhere.arrivals == []

    @pytest.mark.parametrize("fault", ["timeout", "trickle"])
    def test_a_slow_system_hits_the_time_out(self, bench: Workbench, fault: str) -> None:
        bench.follow({"do": fault, "seconds": 5})
        started = time.monotonic()
        with pytest.raises(TryLater) as caught:
            _of(bench).tell(telling(bench))
        assert caught.value.unknown
        assert time.monotonic() - started < 2.5

    def test_neither_secret_nor_person_reaches_logs_or_errors(
        self, bench: Workbench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        bench.follow(*({"do": fault, "every": at} for at, fault in enumerate(("html", "500", "422"), 2)))
        said = []
        for _ in range(6):
            try:
                _of(bench).tell(telling(bench))
            except ConnectorError as error:
                said.append("".join(traceback.format_exception(error)))
        assert said
        _hides(bench, caplog.text + "".join(said) + repr(telling(bench)))

    @pytest.mark.parametrize("headers", STRANGERS, ids=str)
    def test_a_stranger_is_refused_and_nothing_kept(self, bench: Workbench, headers: dict[str, str]) -> None:
        counter = MemoryCounter()
        answer = _of(bench).answer(Call("POST", "/oss/receiveNIB", headers, b"{}"), counter)
        assert 400 <= answer.status < 500
        assert counter.filings == []

    @fuzzed
    @given(
        path=st.text(max_size=20),
        headers=st.dictionaries(st.sampled_from(["Token", "Authorization"]), st.text(max_size=60)),
        body=st.binary(max_size=200),
    )
    def test_nonsense_is_refused_and_raises_nothing(
        self, bench: Workbench, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        counter = MemoryCounter()
        for where in (path, "/oss/receiveNIB"):
            answer = _of(bench).answer(Call("POST", where, headers, body), counter)
            assert 400 <= answer.status < 500
        assert counter.filings == []


def _of(bench: Workbench, url: str = "") -> Any:
    return bench.connector(url=url)


def _check_then_tell(connector: Any, one: Telling) -> None:
    connector.check()
    connector.tell(one)

"""SOAP with a system that knows no keys: nothing is filed twice, and no answer costs more than its bytes."""

import re
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from ptsp.domain import routes
from ptsp.infra.gateway import Registry
from ptsp.jobs.ask_agency import ask_agency
from ptsp.kernel.specs import StepKind
from ptsp.sdk.contract import Settings, Verdict
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import Limits, session
from ptsp.sdk.soap import SoapClient, checked
from ptsp.sdk.workbench import AGENCY, THIS_MACHINE, Letterbox, Workbench
from tests.connectors.trial import of

ROOT = Path(__file__).resolve().parents[2]
WSDL = ROOT / "connectors" / "soap" / "perizinan.wsdl"
ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
STATUS = '<StatusPermohonanResponse xmlns="urn:perizinan:v1">{}</StatusPermohonanResponse>'
GIGABYTE = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
)


class Office:
    """What a worker has of an office, with one agency: asks as the platform does."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._partners: Any = SimpleNamespace(
            connector=lambda tenant, agency: bench.connector(),
            manifest=lambda tenant, agency: bench.manifest,
            disclosed=lambda tenant, question: question,
        )
        self.question = replace(bench.question(), key=str(uuid4()))
        self.task = routes.Claimed(
            UUID(self.question.key), uuid4(), 0, "technical", StepKind.ASK, AGENCY, uuid4(), 1, 0, None
        )

    def ask(self) -> routes.Result:
        """One try; the task goes on as its result says."""
        questions, tenant = {self.task.id: self.question}, SimpleNamespace(code="sidoarjo")
        (result,) = ask_agency(self._partners, tenant, questions, [self.task], time.monotonic() + 10)  # type: ignore[arg-type]
        ref = result.agency_ref or self.task.agency_ref
        self.task = replace(self.task, was=result.state, agency_ref=ref, attempts=self.task.attempts + 1)
        return result


@of("soap")
@pytest.mark.parametrize(
    "fault", ["cut_after_effect", "500_after_effect", "soap_server", "slow", "html", "entities"]
)
def test_what_may_have_arrived_is_looked_for_before_it_is_filed_again(bench: Workbench, fault: str) -> None:
    office = Office(bench)
    bench.follow({"do": fault, "first": 1, "seconds": 5})
    assert office.ask().state is routes.TaskState.UNKNOWN
    asked = office.ask()
    assert asked.state in (routes.TaskState.ASKED, routes.TaskState.APPROVED)
    assert asked.agency_ref == "PRK-000001"
    assert [case.key for case in bench.effects(1)] == [office.question.key]
    assert bench.agency.desk.books.doubled() == []


@of("soap")
@pytest.mark.parametrize("fault", ["timeout", "503", "outage"])
def test_what_did_not_arrive_is_filed_once_it_can_be(bench: Workbench, fault: str) -> None:
    office = Office(bench)
    bench.follow({"do": fault, "first": 1, "seconds": 5, "lasts": 0.3})
    assert office.ask().state is routes.TaskState.UNKNOWN
    time.sleep(0.35) if fault == "outage" else None
    assert office.ask().state is routes.TaskState.ASKED
    assert bench.agency.desk.books.doubled() == []
    bench.effects(1)


@of("soap")
def test_its_books_show_a_double_when_nobody_looks_first(bench: Workbench) -> None:
    """The second witness works: filed blindly, there are two cases; the older one is taken, and its verdict."""
    connector, question = bench.connector(), bench.question()
    first, second = connector.ask(question), connector.ask(question)
    assert first.agency_ref != second.agency_ref
    ((agency, _, reference, _),) = bench.agency.desk.books.doubled()
    assert (agency, reference) == (f"sidoarjo/{AGENCY}", question.reference)
    assert connector.find(question).agency_ref == first.agency_ref


@of("soap")
def test_faults_are_told_apart_and_their_words_are_not_kept(bench: Workbench) -> None:
    bench.follow({"do": "soap_client"})
    with pytest.raises(RefusedByAgency, match="fault Client") as refused:
        bench.connector().ask(bench.question())
    assert "lengkap" not in str(refused.value)
    bench.follow({"do": "soap_server"})
    with pytest.raises(TryLater) as later:
        bench.connector().ask(bench.question())
    assert (later.value.unknown, later.value.why) == (True, Why.LINE)


@of("soap")
def test_an_answer_about_another_case_is_no_verdict(bench: Workbench) -> None:
    connector, question = bench.connector(), bench.question()
    opened = connector.ask(question)
    bench.follow({"do": "wrong_case", "on": "look"})
    with pytest.raises(TryLater) as caught:
        connector.look(question, opened.agency_ref)
    assert caught.value.why is Why.NONSENSE or caught.value.unknown


@of("soap")
def test_names_are_written_as_they_are(bench: Workbench) -> None:
    bench.connector().ask(bench.question())
    (case,) = bench.effects(1)
    assert "applicant.name=Pemohon <Contoh> & Co" in case.body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f'<?xml version="1.0"?>{GIGABYTE}]>{ENVELOPE.format("&j;")}', id="a gigabyte of entities"
        ),
        pytest.param(ENVELOPE.format("<a>" * 50_000 + "</a>" * 50_000), id="deep"),
        pytest.param(
            f'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">{ENVELOPE.format("")}', id="a type elsewhere"
        ),
        pytest.param(f'<?xml version="1.0" encoding="utf-7"?>{ENVELOPE.format("")}', id="an odd encoding"),
        pytest.param(
            ENVELOPE.format(STATUS.format("<Jumlah>0</Jumlah><Lain>1</Lain>")), id="an unknown element"
        ),
        pytest.param(ENVELOPE.format(STATUS.format("<Jumlah>7</Jumlah>")), id="a wrong count"),
        pytest.param(ENVELOPE.format(STATUS.format("<Jumlah>x</Jumlah>")), id="no number"),
        pytest.param(ENVELOPE.format("<x/>"), id="another answer"),
        pytest.param("<x/>", id="no envelope"),
        pytest.param("<html>", id="a page"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_answer_costs_little_and_says_nothing(registry: Registry, body: str) -> None:
    box = Letterbox(body=body.encode())
    with box.open():
        connector = registry.build_any("soap", Settings(box.url, b"s" * 32, "", {"total_s": 2}))
        connector._client._read()  # the interface itself is not what is measured
        tracemalloc.start()
        started = time.monotonic()
        with pytest.raises(TryLater) as caught:
            connector.check()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert caught.value.unknown
        assert peak < 30 * 1024 * 1024
        assert time.monotonic() - started < 5
        assert len(box.arrivals) == 1


def test_utf_16_is_not_read(registry: Registry) -> None:
    box = Letterbox(body=ENVELOPE.format(STATUS.format("<Jumlah>0</Jumlah>")).encode("utf-16"))
    with box.open(), pytest.raises(TryLater):
        registry.build_any("soap", Settings(box.url, b"s" * 32)).check()


@of("soap")
def test_the_agency_s_own_interface_is_read_once(registry: Registry, bench: Workbench) -> None:
    there = bench.settings()
    options = {**there.options, "wsdl_url": f"{there.url}/perizinan.wsdl"}
    connector = registry.build_any("soap", replace(there, options=options))
    for _ in range(2):
        connector.check()
    methods = [request.method for request in bench.agency.desk.books.requests()]
    assert methods == ["GET", "POST", "POST"]
    elsewhere = replace(there, options={**there.options, "wsdl_url": "http://127.0.0.1:9/x.wsdl"})
    with pytest.raises(Misconfigured, match="wsdl_url"):
        registry.build_any("soap", elsewhere)


@pytest.mark.parametrize(
    "spoilt",
    [
        ("<types>", '<import namespace="urn:x" location="{canary}/x.wsdl"/><types>'),
        (
            '<xs:complexType name="Isian">',
            '<xs:include schemaLocation="{canary}/x.xsd"/><xs:complexType name="Isian">',
        ),
        ("<definitions ", '<!DOCTYPE d [<!ENTITY x SYSTEM "{canary}/x">]><definitions '),
        ("PerizinanBinding", "Lain"),
    ],
)
def test_an_interface_that_names_others_is_refused(tmp_path: Path, spoilt: tuple[str, str]) -> None:
    with Letterbox().open() as canary:
        written = re.sub(re.escape(spoilt[0]), spoilt[1].format(canary=canary.url), WSDL.read_text())
        (tmp_path / "x.wsdl").write_text(written)
        http: requests.Session = session(THIS_MACHINE)
        client = SoapClient(
            http,
            wsdl=str(tmp_path / "x.wsdl"),
            binding="{urn:perizinan:v1}PerizinanBinding",
            url=canary.url,
            headers={},
            limits=Limits(),
        )
        with pytest.raises((Misconfigured, TryLater)):
            client.call("StatusPermohonan", {"NomorRujukan": "x"})
        http.close()
        assert canary.arrivals == []


@of("soap")
@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({"height": "45"}, Verdict.APPROVED),
        ({"height": "46"}, Verdict.REJECTED),
        ({"imb": {"roof": "x"}}, Verdict.APPROVED),
    ],
)
def test_it_rejects_by_the_data(bench: Workbench, answers: dict[str, object], verdict: Verdict) -> None:
    question = bench.question({**bench.kind.approved, "answers": answers})
    assert bench.verdict(bench.connector(), question).verdict is verdict


@pytest.mark.parametrize(
    "body", [f"{GIGABYTE}]><x/>", "<x/><!ENTITY a 'b'>", "<!doctype html><p/>", "<html/>\x00", "{}"]
)
def test_no_parser_sees_what_could_grow_or_is_no_xml(body: str) -> None:
    with pytest.raises(TryLater) as caught:
        checked(body.encode())
    assert (caught.value.unknown, caught.value.why) == (True, Why.NONSENSE)
    assert checked(b'<?xml version="1.0" encoding="UTF-8"?><x/>')

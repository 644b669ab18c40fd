"""OSS and LAPOR in particular: codes inside answers, envelopes of any name, what is measured before it is sent."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ptsp.sdk.central import Unreadable
from ptsp.sdk.central_testing import MemoryCounter, telling
from ptsp.sdk.contract import Call
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.workbench import Letterbox
from tests.connectors.trial import of

NIB, LICENCE = "9120000000001", "I-202600000000000000001"


def reading(bench, body):
    """OSS as a letter box that answers this, and the connector before it."""
    box = Letterbox(body=body if isinstance(body, bytes) else json.dumps(body).encode())
    return box, lambda: bench.connector(url=box.url)


@of("oss")
@pytest.mark.parametrize(
    ("body", "error", "is_unknown"),
    [
        ({"responreceiveLicenseStatus": {"kode": 200, "dataNIB": {}}}, None, None),
        ({"responReceiveStatusLicense": {"KODE": "200"}}, None, None),
        ({"kode": " 200 "}, None, None),
        ({"data": [{"respon": {"kode": 200}}]}, None, None),
        ({"r": {"kode": 400}}, RefusedByAgency, None),
        ({"r": {"kode": "404"}}, RefusedByAgency, None),
        ({"r": {"kode": 405}}, RefusedByAgency, None),
        ({"r": {"kode": 401}}, Misconfigured, None),
        ({"r": {"kode": 403}}, Misconfigured, None),
        ({"r": {"kode": 429}}, TryLater, False),
        ({"r": {"kode": 500}}, TryLater, True),
        ({"r": {"kode": "504"}}, TryLater, True),
        ({"r": {"kode": 299}}, Unreadable, True),
        ({"r": {"kode": True}}, Unreadable, True),
        ({"r": {}}, Unreadable, True),
        (b"<html>", Unreadable, True),
    ],
    ids=str,
)
def test_codes_stand_in_the_answer(bench, body, error, is_unknown):
    box, connector = reading(bench, body)
    with box.open():
        if error is None:
            assert connector().tell(telling(bench)).agency_ref == LICENCE
            return
        with pytest.raises(error) as caught:
            connector().tell(telling(bench))
    if is_unknown is not None:
        assert caught.value.unknown is is_unknown
    if error is Unreadable:
        assert caught.value.raw == box.body
        assert "html" not in str(caught.value)


@of("oss")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nib": "12"}, "IZINSTATUS.nib"),
        ({"id_izin": "I" * 26}, "IZINSTATUS.id_izin"),
        ({"kd_izin": ""}, "IZINSTATUS.kd_izin"),
    ],
)
def test_a_field_that_oss_would_refuse_is_not_sent(bench, change, field):
    answers = {**bench.kind.approved["answers"], **change}
    with pytest.raises(RefusedByAgency) as caught:
        bench.connector().tell(telling(bench, answers=answers))
    assert str(caught.value).startswith(field)
    assert not any(value and value in str(caught.value) for value in change.values())
    assert bench.agency.desk.books.requests() == []


@of("oss")
def test_a_licence_says_what_was_issued_and_by_which_law(bench):
    decision = {"kind": "permit", "number": "503/1/UJI/2026", "code": "abc", "valid_until": "2031-03-02"}
    made = bench.make(
        replace(
            bench.settings(),
            options={**bench.settings().options, "file_url": "https://izin.example/verify/{code}"},
        )
    )
    for is_deemed, status in ((False, "50"), (True, "57")):
        one = replace(telling(bench, decision=decision, is_deemed=is_deemed), kind="decision.issued:permit")
        assert made.find(one) is None
        assert made.tell(one).findings == {"nomor_izin": decision["number"]}
        assert made.find(one) is not None
        sent = json.loads(bench.agency.desk.books.effects()[-1].body)
        assert (sent["status_izin"], sent["file_izin"]) == (status, "https://izin.example/verify/abc")
        assert sent["tgl_terbit_izin"] == "2026-03-02"
        decision = {**decision, "number": "503/2/UJI/2026"}
    with pytest.raises(RefusedByAgency, match=r"IZINFINAL\.nomor_izin"):
        made.tell(replace(telling(bench), kind="decision.issued:permit"))
    with pytest.raises(Misconfigured, match=r"task\.put_off"):
        made.tell(replace(telling(bench), kind="task.put_off"))


@of("oss")
def test_a_bill_goes_with_the_fee(bench):
    bill = {"number": "SKRD/1", "customer_no": "2600000001", "total": 187_625, "due_on": "2026-04-01"}
    bench.connector().tell(replace(telling(bench, bill=bill), kind="fee.charged:assessment"))
    sent = json.loads(bench.agency.desk.books.effects()[-1].body)
    assert sent["kd_status"] == "30"
    assert sent["data_pnbp"]["nominal"] == "187625"


@of("oss")
def test_what_oss_has_moved_on_is_not_turned_back(bench):
    connector = bench.connector()
    older, newer = telling(bench), telling(bench, at="2026-03-03T10:00:00+07:00")
    connector.tell(newer)
    with pytest.raises(RefusedByAgency, match="later status"):
        connector.find(older)


@of("oss")
@pytest.mark.parametrize(
    ("code", "meaning", "event"),
    [("41", "clarification: the clock stands", "clock.stopped"), ("58", "", ""), ("91", "", "")],
)
def test_a_status_is_shown_and_an_unknown_one_never_guessed(bench, code, meaning, event):
    box, connector = reading(bench, {"responcheckStatusLicense": {"kode": 200, "data": {"kd_status": code}}})
    with box.open():
        assert connector().status(NIB, LICENCE) == {"kd_status": code, "meaning": meaning, "event": event}


@of("oss")
def test_a_nib_is_asked_about(bench):
    connector = bench.connector()
    assert connector.inquire(NIB)["nama_perseroan"] == "CV CONTOH"
    for wrong in ("12", "9120000000009"):
        with pytest.raises(RefusedByAgency):
            connector.inquire(wrong)


@of("oss")
def test_a_version_nobody_knows_is_named(bench):
    made = bench.settings()
    for version in ("4.3.15", "4.3.22"):
        bench.make(replace(made, options={**made.options, "contract": version})).check()
    with pytest.raises(Misconfigured, match=r"4\.3\.15.*4\.3\.22"):
        bench.make(replace(made, options={**made.options, "contract": "3.0"}))


@of("oss")
def test_a_business_without_a_login_is_none(bench):
    counter = MemoryCounter()
    call = Call("GET", "/oss/receiveNIB", {}, b"{}")
    assert bench.connector().answer(call, counter).status == 401
    assert counter.filings == []


# ----------------------------------------------------------------------------------------------- LAPOR


def handed_over(bench, **changed):
    bench.connector().tell(telling(bench, **changed))
    return bench.agency.desk.books.effects()[-1].body


@of("lapor")
def test_secret_and_anonymous_are_two_flags(bench):
    seen = set()
    for is_secret in (True, False):
        for is_anonymous in (True, False):
            text = f"Keluhan {is_secret} {is_anonymous}"
            body = handed_over(bench, text=text, is_secret=is_secret, is_anonymous=is_anonymous)
            root = ElementTree.fromstring(body)
            complaint = root.find("laporan")
            assert (complaint.get("rahasia"), complaint.get("anonim")) == (
                str(int(is_secret)),
                str(int(is_anonymous)),
            )
            assert (root.find("pelapor") is None) is is_anonymous
            assert ("Pelapor" in body) is not is_anonymous
            seen.add((complaint.get("rahasia"), complaint.get("anonim")))
    assert len(seen) == 4


@of("lapor")
def test_what_is_not_said_is_secret_and_anonymous(bench):
    body = handed_over(bench, is_secret=None, is_anonymous=None)
    assert 'rahasia="1" anonim="1"' in body
    assert "pelapor>" not in body


@of("lapor")
def test_texts_are_escaped_and_arrive_as_written(bench):
    text = "<isi>&amp; \"'</isi> ]]> \u2028 é"
    body = handed_over(bench, text=f"{text}\x0b\ufffe")
    assert ElementTree.fromstring(body).findtext("laporan/isi") == text
    person = {"name": "A<b> C & D", "email": "a@example.org", "phone": "1"}
    root = ElementTree.fromstring(handed_over(bench, applicant=person))
    assert (root.findtext("pelapor/namadepan"), root.findtext("pelapor/namabelakang")) == ("A<b>", "C & D")


@of("lapor")
@pytest.mark.parametrize("changed", [{"text": " "}, {"text": "x" * 10_001}, {"applicant": None}])
def test_a_complaint_that_says_nothing_is_not_sent(bench, changed):
    with pytest.raises(RefusedByAgency):
        handed_over(bench, **changed)
    assert bench.agency.desk.books.requests() == []


@of("lapor")
@pytest.mark.parametrize(
    ("answer", "number", "findings"),
    [
        (b"<r><trackingid>12</trackingid><transaksiid>A-1</transaksiid></r>", "12", {"transaksiid": "A-1"}),
        (b"<r><TrackingId>\n <![CDATA[12]]> </TrackingId></r>", "12", {}),
        (b"\xff<trackingid>12</trackingid>", "12", {}),
        (b"<trackingid></trackingid>", None, None),
        (b"<trackingid>1</trackingid><trackingid>2</trackingid>", None, None),
        (b"<trackingid><b>1</b></trackingid>", None, None),
        (b"ok", None, None),
    ],
)
def test_its_numbers_are_found_by_their_names(bench, answer, number, findings):
    box = Letterbox(body=answer)
    with box.open():
        connector = bench.connector(url=box.url)
        if number is None:
            with pytest.raises(Unreadable) as caught:
                connector.tell(telling(bench))
            assert caught.value.raw == answer
        else:
            receipt = connector.tell(telling(bench))
            assert (receipt.agency_ref, receipt.findings) == (number, findings)


@of("lapor")
def test_lapor_is_told_of_complaints_alone(bench):
    with pytest.raises(Misconfigured):
        bench.connector().tell(replace(telling(bench), kind="application.ended:approved"))

"""The pages for corrections, withdrawals and objections on the real platform, from the address an applicant keeps."""

import io
import re

from ptsp.domain.corrections import Ask
from ptsp.flows.ask_correction import ask_correction
from tests.flows.acts import SIUP, approve_desks, lodge, view, work_on
from tests.unit.files.makers import pdf

OWN = {"Origin": "http://localhost"}


def link(page: str, words: str) -> str:
    """The address behind a link with these words."""
    found = re.search(rf'href="([^"]+)"[^>]*>{words}', page)
    assert found, words
    return found[1].replace("&amp;", "&")


def action(page: str) -> str:
    (found,) = re.findall(r'<form method="post"[^>]*action="([^"]+)"', page)
    return str(found).replace("&amp;", "&")


def test_a_correction_is_answered_on_the_page(office, client):
    accepted = lodge(office, SIUP)
    office.drain()
    ((task,),) = office.rows("SELECT id FROM app.task WHERE code = 'file_check'")
    with office.work("desk") as work:
        what = Ask(("0.capital",), ("0.place_proof",), "Modal tidak cocok.")
        ask_correction(work, office.tools.book, "front_office", task, what)
    track = f"/sidoarjo/bundles/{accepted.reference}?key={accepted.key}"
    page = client.get(track).text
    form = client.get(link(page, "Perbaiki sekarang")).text
    assert 'value="150.000.000"' in form
    wrong = client.post(action(form), data={"answer.0.capital": "-1"}, headers=OWN)
    assert wrong.status_code == 422
    assert wrong.text.count('class="fault"') == 2
    sent = {"answer.0.capital": "90.000.000", "document.0.place_proof": (io.BytesIO(pdf()), "bukti.pdf")}
    done = client.post(action(form), data=sent, headers=OWN)
    assert done.status_code == 303
    assert "Perbaikan Anda diterima." in client.get(done.headers["Location"]).text
    approve_desks(office)
    work_on(office)
    assert view(office, accepted).outcome == "approved"


def test_a_bundle_is_withdrawn_on_the_page(office, client):
    accepted = lodge(office, SIUP)
    track = f"/sidoarjo/bundles/{accepted.reference}?key={accepted.key}"
    page = client.get(link(client.get(track).text, "Tarik kembali permohonan")).text
    assert "Ya, tarik kembali" not in page
    shown = client.get(
        f"/sidoarjo/bundles/{accepted.reference}/withdrawal?key={accepted.key}&services=siup"
    ).text
    done = client.post(action(shown), data={"services": "siup", "reason": "Batal."}, headers=OWN)
    page = client.get(done.headers["Location"]).text
    assert "Semua permohonan ditarik kembali." in page
    assert "Tarik kembali permohonan" not in page
    assert view(office, accepted).outcome == "withdrawn"


def test_an_objection_is_lodged_on_the_page(office, client):
    office.agencies.reject("business_check", "Modal belum disetor.")
    accepted = lodge(office, SIUP)
    work_on(office)
    track = f"/sidoarjo/bundles/{accepted.reference}?key={accepted.key}"
    form = client.get(link(client.get(track).text, "Ajukan keberatan")).text
    done = client.post(action(form), data={"grounds": "Sudah disetor."}, headers=OWN)
    page = client.get(done.headers["Location"]).text
    assert "Keberatan sedang diperiksa." in page
    assert "Ajukan keberatan" not in page

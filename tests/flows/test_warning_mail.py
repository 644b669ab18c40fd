"""What a warning says, and that it arrives: by a real mail server, at whoever the standard names."""

from dataclasses import replace

import pytest

from ptsp.domain import messages
from ptsp.domain.messages import MessageState
from ptsp.flows.refold import recompute
from ptsp.jobs.warn_of_deadlines import warn_of_deadlines
from ptsp.kernel.specs import Contact
from tests.flows.acts import SIUP, apply, as_admin, lodge, now_in_force
from tests.flows.letters import APPLICANT, with_mail
from tests.flows.warned import URL, finish, lodged, warned
from tests.post.rooms import MailRoom


@pytest.fixture(autouse=True)
def _refolded(office):
    """Whatever a test did, the ledger alone still gives every date."""
    yield
    with office.work() as work:
        assert recompute(work.connection, office.tenant).differences == ()


@pytest.fixture
def room():
    with MailRoom().open() as made:
        yield made


def with_contact(office, code, email):
    pack = office.tenant.pack
    agency = replace(pack.agencies[code], contact=Contact(email=email))
    apply(office, replace(pack, agencies={**pack.agencies, code: agency}, digest=f"contact {code}"))
    return now_in_force(office)


def test_the_mail_says_what_and_until_when_and_nothing_of_the_applicant(office, room):
    office = with_mail(with_contact(office, "front_office", "loket@sidoarjo.example"), room)
    accepted = lodged(office, email=APPLICANT)
    assert len(warned(office, 3)) == 3
    office.drain()
    mails = {mail.recipients[0]: mail.message for mail in room.mails}
    assert set(mails) == {"loket@sidoarjo.example", "pengawas@sidoarjo.example"}
    text = mails["pengawas@sidoarjo.example"].get_content()
    for words in (
        f"Nomor berkas: {accepted.reference}",
        "Yang dihitung: Pemeriksaan kelengkapan berkas",
        "Batas waktu: Selasa, 3 Maret 2026",
        "Keadaan: lewat 2 hari kerja",
        "Deadline: Tuesday, 3 March 2026",
        "State: 2 working days over",
    ):
        assert words in text
    subject = str(mails["pengawas@sidoarjo.example"]["Subject"])
    assert subject.startswith(f"Batas waktu {accepted.reference}: lewat 2 hari kerja")
    whole = " ".join(str(row) for row in office.rows("SELECT to_jsonb(m)::text FROM app.message m")) + text
    for secret in (APPLICANT, "Pemohon Contoh", accepted.key, URL):
        assert secret not in whole


def test_the_applicant_is_told_where_to_look_without_the_key(office, room):
    office = with_mail(office, room)
    accepted = lodged(office, email=APPLICANT)
    finish(office, "file_check", 0)
    warned(office, 10)
    office.drain()
    (mail,) = [mail for mail in room.mails if mail.recipients == (APPLICANT,)]
    text = mail.message.get_content()
    assert f"{URL}/sidoarjo/bundles/{accepted.reference}" in text
    assert "waktu layanan" in text
    assert accepted.key not in text


def test_a_recipient_without_an_address_is_seen_with_the_reason(office, room):
    office = with_mail(office, room)
    lodged(office, email="")
    finish(office, "file_check", 0)
    warned(office, 10)
    office.drain()
    with office.work() as work:
        stuck = messages.in_states(work.connection, [MessageState.FAILED, MessageState.DROPPED])
    told = {row.recipient: row.last_error for row in stuck}
    assert told["applicant"] == "the applicant gave no e-mail address"
    assert told["agency:trade"] == "the pack names no e-mail address of agency:trade"


def test_the_workers_round_warns_by_the_clock_of_the_database(office, room):
    office = with_mail(office, room)
    lodge(office, SIUP)
    office.drain()
    assert warn_of_deadlines(office.tools, office.tenant) == 0
    as_admin(office, "UPDATE app.task SET warn_at = clock_timestamp() WHERE warn_at IS NOT NULL")
    assert warn_of_deadlines(office.tools, office.tenant) == 1
    assert warn_of_deadlines(office.tools, office.tenant) == 0
    assert office.rows("SELECT 1 FROM app.message") == [], "nothing was due yet, so nobody is warned"

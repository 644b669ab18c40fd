"""What the pages say of outages and of approvals by silence."""

from dataclasses import replace
from datetime import date

import pytest

from ptsp.flows.deemed_evidence import DeemedApproval
from ptsp.flows.show_outages import CENTRAL_NAME, OutageView
from tests.web.bundles import BUNDLES, LODGED
from tests.web.fakes import KEY, FakeOffice, make_app, permit
from tests.web.packs import two

NOTE = "Jaringan <b>putus</b>."
CENTRAL = OutageView("", CENTRAL_NAME, NOTE, LODGED)
TRACK = f"/sidoarjo/bundles/SDA-2026-000001?key={KEY}"


def at(agency: str) -> OutageView:
    return OutageView(agency, two("Dinas Contoh", "Example agency"), NOTE, LODGED)


def page(path: str, *down: OutageView, lang: str = "id") -> str:
    office = FakeOffice()
    office.down = list(down)
    sign = "&" if "?" in path else "?"
    return make_app(office).test_client().get(f"{path}{sign}lang={lang}").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/sidoarjo/", TRACK])
@pytest.mark.parametrize(
    ("lang", "words"), [("id", "Gangguan: Sistem pusat."), ("en", "Outage: A central system.")]
)
def test_an_open_outage_is_told_in_plain_words_and_escaped(path, lang, words):
    shown = page(path, CENTRAL, lang=lang)
    assert words in shown
    assert "Jaringan &lt;b&gt;putus&lt;/b&gt;." in shown
    assert words not in page(path, lang=lang)


def test_a_bundle_hears_only_of_what_it_waits_for():
    bundle = BUNDLES["SDA-2026-000001"]
    needed = next(task.agency for task in bundle.tasks if task.state == "asked")
    assert "Dinas Contoh" in page(TRACK, at(needed))
    assert "Dinas Contoh" not in page(TRACK, at("nobody"))
    done = f"/sidoarjo/bundles/SDA-2026-000002?key={KEY}"
    assert "Sistem pusat" not in page(done, CENTRAL)


@pytest.mark.parametrize(
    ("lang", "words"),
    [("id", "Disetujui karena hukum (fiktif positif)"), ("en", "Approved by law (silence as approval)")],
)
def test_whoever_verifies_a_permit_learns_that_the_law_approved_it(monkeypatch, lang, words):
    by_law = DeemedApproval(LODGED, date(2026, 11, 2), date(2026, 11, 6), "UU 30/2014", "Singkat.")
    office = FakeOffice()
    client = make_app(office).test_client()
    before = client.get(f"/verify/sidoarjo.imb-7QF2?lang={lang}").get_data(as_text=True)
    monkeypatch.setattr(office, "verify_code", lambda code: replace(permit("valid"), deemed=by_law))
    after = client.get(f"/verify/sidoarjo.imb-7QF2?lang={lang}").get_data(as_text=True)
    assert words not in before
    for said in (words, "UU 30/2014", "Singkat."):
        assert said in after

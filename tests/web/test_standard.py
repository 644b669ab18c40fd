"""The page of a standard says all that the standard says of time, and only that."""

import re
from html import unescape

import pytest

from tests.web.fakes import FakeOffice, make_app

TOLD = {  # of the service that says everything of time
    "id": (
        "15 hari kerja",
        "Dihitung sejak selesainya langkah: Pemeriksaan kelengkapan berkas.",
        "dihentikan sementara selama: pembayaran oleh pemohon, gangguan sistem.",
        "hitungan waktu dimulai dari awal",
        "diperpanjang seluruhnya paling lama 5 hari kerja. Perda contoh 1/2020",
        "paling banyak 1 kali; pemohon menjawab dalam 8 jam kerja (hari pertama dihitung). Tanpa jawaban",
        "dianggap dikabulkan. Perda contoh 2/2020",
        "kepada kepala dinas dalam 1 bulan dan diputuskan dalam 10 hari kerja. UU 30/2014",
    ),
    "en": (
        "15 working days",
        "Counted from the end of this step: Completeness check.",
        "The clock may stand during: payment by the applicant, a system failure.",
        "the clock begins again",
        "extended by 5 working days in all. Perda contoh 1/2020",
        "at most 1 time; the applicant answers within 8 working hours (the first day counts). Without an answer",
        "counts as approved. Perda contoh 2/2020",
        "before the head of the office within 1 month; the decision takes 10 working days. UU 30/2014",
    ),
}
SILENT = {  # of a service whose standard says nothing of its own
    "id": ("Setelah perbaikan diajukan", "Dapat diperpanjang", "dianggap dikabulkan", "Keberatan atas"),
    "en": ("the clock begins again", "May be extended", "counts as approved", "objected to"),
}


def _words(service: str, lang: str) -> str:
    client = make_app(FakeOffice()).test_client()
    client.set_cookie("ptsp_lang", lang)
    answer = client.get(f"/sidoarjo/services/{service}")
    assert answer.status_code == 200
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_page_says_how_the_clock_runs(lang: str) -> None:
    words = _words("imb", lang)
    assert [one for one in TOLD[lang] if one not in words] == [], words


@pytest.mark.parametrize("lang", ["id", "en"])
def test_what_the_standard_does_not_say_is_not_on_the_page(lang: str) -> None:
    words = _words("siup", lang)
    assert [one for one in SILENT[lang] if one in words] == []
    assert {"id": "Dihitung sejak permohonan diajukan.", "en": "Counted from the day of lodging."}[
        lang
    ] in words

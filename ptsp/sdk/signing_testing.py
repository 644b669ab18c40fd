"""The contract tests of signing services: their author writes none. Tests subclass `SigningContract`.

The NIKs and passphrases of the fake service are those of `connectors/bsre/README.md`.
"""

import logging
import traceback
from dataclasses import replace
from typing import Any

import pytest

from ptsp.sdk.errors import ConnectorError, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.signing import Look, NotSigned, Phrase, Refusal, Signed, SignerState, flaw, is_signable
from ptsp.sdk.testing import BROKEN, CLOSED_PORT, GARBAGE, HonestFolder, _hides
from ptsp.sdk.workbench import Letterbox, Workbench

SIGNER, SUSPENDED, EXPIRED = (f"351512150280{serial}" for serial in ("9990", "9997", "9998"))
NOBODY = "3515121502800001"
PATIENT_S = 15.0
CANARY = "kenari-Rahasia-8842"


def pdf(written: str) -> bytes:
    """One empty page, with a title."""
    parts = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>",
        f"<</Title({written})>>",
    )
    body, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(f"{len(body):010d} 00000 n \n")
        body += f"{number} 0 obj\n{part}\nendobj\n".encode()
    table = f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{''.join(places)}"
    trailer = f"trailer\n<</Size {len(parts) + 1}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + table.encode() + trailer.encode()


DOCUMENT, OTHER = pdf("Izin Contoh"), pdf("Izin Lain")


class SigningContract(HonestFolder):
    """For services of style `signing`."""

    def test_the_settings_work_and_a_wrong_or_published_secret_does_not(self, bench: Workbench) -> None:
        _of(bench).check()
        for secret in (b"x" * 32, b"", b"qwerty", b"Password"):
            with pytest.raises(Misconfigured):
                _of(bench, secret=secret).check()

    @pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "http://", "http://u:p@h/", "http://h:99999"])
    def test_an_unusable_address_is_misconfigured(self, bench: Workbench, url: str) -> None:
        with pytest.raises(Misconfigured):
            bench.make(bench.settings(url=url or " "))

    @pytest.mark.parametrize("look", [Look(), Look("https://ptsp.example/v/1", 1, 20, 20, 80, 80)])
    def test_what_is_signed_is_our_document_extended_and_kept(self, bench: Workbench, look: Look) -> None:
        signed = _signed(bench, look=look)
        assert signed.document.startswith(DOCUMENT)
        assert flaw(DOCUMENT, signed.document) == ""
        assert signed.ref
        assert _of(bench).download(signed.ref) == signed.document
        assert len(bench.agency.desk.books.effects()) == 1

    def test_an_unknown_number_is_no_document(self, bench: Workbench) -> None:
        with pytest.raises(RefusedByAgency):
            _of(bench).download("none")

    def test_only_a_plain_pdf_is_sent(self, bench: Workbench) -> None:
        signed = _signed(bench).document
        seen = len(bench.agency.desk.books.requests())
        for odd in (signed, b"", b"%PDF-1.7 broken", b"words"):
            assert not is_signable(odd)
            with pytest.raises(NotSigned) as caught:
                _of(bench).sign(odd, nik=SIGNER, passphrase=Phrase(CANARY))
            assert caught.value.refusal is Refusal.DOCUMENT
        assert len(bench.agency.desk.books.requests()) == seen

    @pytest.mark.parametrize(
        ("nik", "passphrase", "refusal", "state"),
        [
            (SIGNER, f"salah {CANARY}", Refusal.PASSPHRASE, SignerState.ACTIVE),
            (EXPIRED, CANARY, Refusal.EXPIRED, SignerState.EXPIRED),
            (SUSPENDED, CANARY, Refusal.UNUSABLE, SignerState.UNUSABLE),
            (NOBODY, CANARY, Refusal.UNKNOWN, SignerState.UNKNOWN),
        ],
    )
    def test_why_nothing_was_signed_is_told_apart(
        self, bench: Workbench, nik: str, passphrase: str, refusal: Refusal, state: SignerState
    ) -> None:
        assert _of(bench).state(nik) is state
        with pytest.raises(NotSigned) as caught:
            _of(bench).sign(DOCUMENT, nik=nik, passphrase=Phrase(passphrase))
        assert caught.value.refusal is refusal
        assert bench.agency.desk.books.effects() == []

    def test_away_means_try_later_and_nothing_was_signed(self, bench: Workbench) -> None:
        for act in (_sign, _state):
            with pytest.raises(TryLater) as caught:
                act(_of(bench, url=CLOSED_PORT))
            assert not caught.value.unknown

    @pytest.mark.parametrize("fault", [*GARBAGE, *BROKEN, "timeout"])
    def test_what_is_not_known_to_be_signed_counts_for_nothing(self, bench: Workbench, fault: str) -> None:
        bench.follow({"do": fault, "first": 1, "seconds": 20})
        with pytest.raises(TryLater) as caught:
            _sign(bench.connector() if fault == "timeout" else _of(bench))
        assert caught.value.unknown
        assert _signed(bench).document.startswith(DOCUMENT)  # again, from the unsigned document

    @pytest.mark.parametrize("made", ["other", "unsigned", "extended", "twice", "changed"])
    def test_anything_but_our_document_signed_counts_for_nothing(self, bench: Workbench, made: str) -> None:
        right = _signed(bench).document
        other = _of(bench).sign(OTHER, nik=SIGNER, passphrase=Phrase(CANARY)).document
        at = len(DOCUMENT) - 20
        returned = {
            "other": other,
            "unsigned": DOCUMENT,
            "extended": right + b"\n%more",
            "twice": right + right,
            "changed": right[:-30] + bytes([right[-30] ^ 1]) + right[-29:],
        }
        assert flaw(DOCUMENT, right[:at] + b"!" + right[at + 1 :])
        with Letterbox(body=returned[made]).open() as away, pytest.raises(TryLater) as caught:
            _sign(_of(bench, url=away.url))
        assert caught.value.unknown

    def test_a_spoilt_answer_is_fetched_by_its_number(self, bench: Workbench) -> None:
        right = _signed(bench).document
        with _Library(right).open() as away:
            assert _sign(_of(bench, url=away.url)).document == right

    @pytest.mark.parametrize(("wish", "after"), [("7", 7.0), ("soon", None)])
    def test_too_many_requests_keeps_its_wish(self, bench: Workbench, wish: str, after: float | None) -> None:
        bench.follow({"do": "429", "retry_after": wish, "on": "any"})
        with pytest.raises(TryLater) as caught:
            _sign(_of(bench))
        assert (caught.value.after, caught.value.unknown) == (after, False)

    @pytest.mark.parametrize(
        ("fault", "error"), [("422", NotSigned), ("401", Misconfigured), ("redirect", Misconfigured)]
    )
    def test_a_refusal_is_no_try_later(
        self, bench: Workbench, fault: str, error: type[ConnectorError]
    ) -> None:
        bench.follow({"do": fault})
        with pytest.raises(error):
            _sign(_of(bench))

    def test_a_retry_is_identical_to_the_byte(self, bench: Workbench) -> None:
        with Letterbox(answers=(503,)).open() as away:
            for _ in range(2):
                with pytest.raises(TryLater):
                    _sign(_of(bench, url=away.url))
            first, second = away.arrivals
        assert (first.path, first.body) == (second.path, second.body)
        assert SIGNER not in first.path

    def test_no_passphrase_secret_or_person_is_written_down(
        self, bench: Workbench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="ptsp")
        said = [repr(Phrase(CANARY)), str(Phrase(CANARY)), repr(_signed(bench))]
        faults = ("html", "500", "422", "cut_after_effect", "wrong_schema")
        bench.follow(*({"do": fault, "every": at, "on": "any"} for at, fault in enumerate(faults, 2)))
        for at in range(24):
            act: Any = (_sign, _state, _wrong)[at % 3]
            try:
                act(_of(bench, url=CLOSED_PORT if at % 4 == 3 else ""))
            except ConnectorError as error:
                said.append("".join(traceback.format_exception(error)))
        assert len(said) > 3
        written = caplog.text + "".join(said)
        _hides(bench, written)
        assert CANARY not in written
        assert SIGNER not in written
        with pytest.raises(TypeError):
            Phrase(CANARY).__reduce__()
        books = bench.agency.desk.books
        assert CANARY not in repr((books.effects(), books.requests()))


class _Library(Letterbox):
    """Gives a document's number with a page, and the document under it."""

    def __init__(self, document: bytes) -> None:
        super().__init__(answer_headers={"id_dokumen": "A-1"}, body=b"<html></html>")
        self._document = document

    def __getattribute__(self, name: str) -> Any:
        if name == "body" and len(self.arrivals) > 1:
            return self._document
        return super().__getattribute__(name)


def _of(bench: Workbench, *, url: str = "", secret: bytes | None = None) -> Any:
    """With more patience than other connectors get on the bench: signing is work."""
    made = bench.settings(url=url, secret=secret)
    longer = {name: PATIENT_S for name in ("read_s", "total_s") if name in made.options}
    return bench.make(replace(made, options={**made.options, **longer}))


def _signed(bench: Workbench, *, look: Look | None = None) -> Signed:
    signed: Signed = _of(bench).sign(DOCUMENT, nik=SIGNER, passphrase=Phrase(CANARY), look=look or Look())
    return signed


def _sign(connector: Any) -> Signed:
    signed: Signed = connector.sign(DOCUMENT, nik=SIGNER, passphrase=Phrase(CANARY))
    return signed


def _wrong(connector: Any) -> None:
    connector.sign(DOCUMENT, nik=SIGNER, passphrase=Phrase(f"salah {CANARY}"))


def _state(connector: Any) -> None:
    connector.state(SIGNER)

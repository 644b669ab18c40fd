"""Letters by e-mail, on a real mail server: what arrives, what is tried again, and what is not."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ptsp.infra.post import Away, Refused, SmtpPost, TryLater
from tests.post.conftest import LETTER, letter
from tests.post.rooms import SENDER, MailRoom, only

QUICK_S = 0.5


def post(room: MailRoom, *, rest_s: float = 0.0) -> SmtpPost:
    return SmtpPost(room.url, SENDER, timeout_s=QUICK_S, rest_s=rest_s)


def test_a_letter_arrives_once_and_whole(room: MailRoom) -> None:
    post(room).send(LETTER)
    (mail,) = room.mails
    assert (mail.sender, mail.recipients) == (SENDER, (LETTER.to,))
    message = mail.message
    assert message["Subject"] == LETTER.subject
    assert message.get_content().replace("\r\n", "\n") == LETTER.body
    assert message["From"].addresses[0].display_name == LETTER.office_name
    assert message["From"].addresses[0].addr_spec == SENDER
    assert message["To"] == LETTER.to
    assert message["Message-ID"] == f"<{LETTER.id}@sidoarjo.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]) == LETTER.written_at
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"


def test_what_goes_over_the_wire_is_plain_ascii_in_short_lines(room: MailRoom) -> None:
    post(room).send(letter(body="Ketentuan – " * 200))
    content = room.mails[0].content
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 78
    assert room.mails[0].message.get_content().strip() == ("Ketentuan – " * 200).strip()


def test_a_second_try_is_the_same_mail_to_the_byte(room: MailRoom) -> None:
    way = post(room)
    way.send(LETTER)
    way.send(LETTER)
    first, second = room.mails
    assert first.content == second.content


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example\r\nRCPT TO:<c@d.example>",
        "a@b.example\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "Siti <a@b.example>",
        "a@b.example>",
        '"a b"@c.example',
        "sité@b.example",
        "a@b..example",
        "a@",
        "@b.example",
        "",
        f"{'a' * 250}@b.example",
    ],
)
def test_an_address_that_is_none_or_two_is_refused_before_the_server_hears_of_it(
    room: MailRoom, to: str
) -> None:
    with pytest.raises(Refused):
        post(room).send(letter(to=to))
    assert room.tried == 0


@pytest.mark.parametrize("field", ["subject", "office_name"])
def test_no_second_header_comes_in_by_a_line_break(room: MailRoom, field: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|cr or lf"):
        post(room).send(letter(**{field: "Uji\r\nBcc: c@d.example"}))
    assert room.tried == 0


@pytest.mark.parametrize(
    ("verb", "answer", "error", "number"),
    [
        ("RCPT", "450 4.2.1 <kepala@sidoarjo.example> is busy", TryLater, "450 4.2.1"),
        ("RCPT", "550 5.1.1 <kepala@sidoarjo.example> unknown", Refused, "550 5.1.1"),
        ("RCPT", "421 closing", TryLater, "421"),
        ("DATA", "451 4.7.1 kepala@sidoarjo.example: greylisted", TryLater, "451 4.7.1"),
        ("DATA", "554 5.7.1 kepala@sidoarjo.example: spam", Refused, "554 5.7.1"),
        ("MAIL", "550 5.7.0 who is ptsp@sidoarjo.example", Away, "550 5.7.0"),
        ("MAIL", "451 4.3.0 later", Away, "451 4.3.0"),
    ],
)
def test_a_refusal_says_what_comes_next_and_no_address(
    room: MailRoom, verb: str, answer: str, error: type[Exception], number: str
) -> None:
    room.answers[verb] = [answer]
    with pytest.raises(error) as caught:
        post(room).send(LETTER)
    assert f"({number})" in str(caught.value)
    assert "@" not in str(caught.value)
    assert room.mails == []
    post(room).send(LETTER)
    assert len(room.mails) == 1


def test_a_server_that_is_not_there_is_away_and_left_alone_for_a_while() -> None:
    room = MailRoom()
    with room.open():
        way = post(room, rest_s=60)
    with pytest.raises(Away, match="cannot be reached"):
        way.send(LETTER)
    with room.open():
        with pytest.raises(Away, match="cannot be reached"):
            way.send(LETTER)
        assert room.tried == 0
        post(room).send(LETTER)
    assert len(room.mails) == 1


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with silent(b"") as port:
        began = time.monotonic()
        with pytest.raises(Away):
            SmtpPost(f"smtp://127.0.0.1:{port}", SENDER, timeout_s=QUICK_S).send(LETTER)
        assert time.monotonic() - began < 4 * QUICK_S


def test_a_server_that_takes_nobody_is_away() -> None:
    with (
        silent(b"554 no service here\r\n") as port,
        pytest.raises(Away, match=r"takes no mail from us \(554\)"),
    ):
        SmtpPost(f"smtp://127.0.0.1:{port}", SENDER, timeout_s=QUICK_S).send(LETTER)


def test_a_line_that_breaks_after_the_letter_was_taken_is_tried_again() -> None:
    room = MailRoom(hold_s=2 * QUICK_S)
    with room.open(), pytest.raises(TryLater, match="broke"):
        post(room).send(LETTER)
    assert len(room.mails) == 1, "it was taken, and will be sent again: at least once"


def test_a_log_in_that_is_refused_is_nobodys_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = _certified(tmp_path, monkeypatch)
    with MailRoom().open(
        authenticator=only({"ptsp": "right word"}), auth_required=True, tls_context=context
    ) as room:
        with pytest.raises(Away, match=r"log-in \(535"):
            SmtpPost(f"smtp://ptsp:wrong@localhost:{room.port}", SENDER).send(LETTER)
        SmtpPost(f"smtp://ptsp:right%20word@localhost:{room.port}", SENDER).send(LETTER)
        (mail,) = room.mails
        assert (mail.user, mail.is_encrypted) == ("ptsp", True)


def test_encryption_is_used_when_offered_and_asked_for_when_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MailRoom().open() as room:
        with pytest.raises(Away, match="no secure line"):
            SmtpPost(f"{room.url}?starttls=required", SENDER).send(LETTER)
        SmtpPost(room.url, SENDER).send(LETTER)
        assert [mail.is_encrypted for mail in room.mails] == [False]
    with MailRoom().open(tls_context=_certified(tmp_path, monkeypatch)) as room:
        for query in ("", "?starttls=required", "?starttls=never"):
            SmtpPost(f"smtp://localhost:{room.port}{query}", SENDER).send(LETTER)
        assert [mail.is_encrypted for mail in room.mails] == [True, True, False]


def test_a_certificate_of_a_stranger_makes_no_secure_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _certified(tmp_path, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    with MailRoom().open(tls_context=context) as room:
        with pytest.raises(Away, match="no secure line"):
            SmtpPost(f"smtp://localhost:{room.port}", SENDER).send(LETTER)
        assert room.mails == []


def test_a_line_can_be_encrypted_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MailRoom().open(ssl_context=_certified(tmp_path, monkeypatch)) as room:
        SmtpPost(f"smtps://localhost:{room.port}", SENDER).send(LETTER)
        assert len(room.mails) == 1


def test_a_post_that_cannot_work_is_not_built() -> None:
    with pytest.raises(ValueError, match="sender"):
        SmtpPost("smtp://mail.example", "nobody")
    with pytest.raises(ValueError, match="smtp://"):
        SmtpPost("http://mail.example", SENDER)


@contextmanager
def silent(greeting: bytes) -> Iterator[int]:
    """A server that greets with these bytes and then says nothing more; gives its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def run() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            lines.append(line)
            line.sendall(greeting)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for line in lines:
            line.close()


def _certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS with a certificate for `localhost` that this process trusts as long as the test runs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "server.pem").write_bytes(secret + pem)
    (tmp_path / "trusted.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context

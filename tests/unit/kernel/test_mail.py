"""Addresses and mail servers, read narrowly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.kernel.mail import MailServer, is_address, mail_server


@pytest.mark.parametrize(
    "written", ["a@b", "kepala.dinas+ptsp@sub.sidoarjo.example", "o'hara@x-y.example", "1@2.3"]
)
def test_an_address_is_one(written: str) -> None:
    assert is_address(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b c",
        ".a@b",
        "a.@b",
        "a@-b",
        "a@b-",
        "a@b.",
        "a@b\n",
        "<a@b>",
        "é@b",
    ],
)
def test_what_is_no_address_is_none(written: str) -> None:
    assert not is_address(written)


@given(st.text(max_size=60))
def test_nothing_that_passes_could_end_a_header_or_be_two_addresses(written: str) -> None:
    if is_address(written):
        assert written.isascii()
        assert written.count("@") == 1
        assert not set(written) & set(' \t\r\n<>,;:"\\()[]')


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail", MailServer("smtp", "mail", 25, "", "", "offered")),
        ("smtp://mail:2525/", MailServer("smtp", "mail", 2525, "", "", "offered")),
        ("smtp://mail?starttls=never", MailServer("smtp", "mail", 25, "", "", "never")),
        ("smtp://u:p%40@mail:587", MailServer("smtp", "mail", 587, "u", "p@", "required")),
        ("smtp://u:p@127.0.0.1", MailServer("smtp", "127.0.0.1", 25, "u", "p", "offered")),
        ("smtps://u:p@mail", MailServer("smtps", "mail", 465, "u", "p", "required")),
        ("smtps://mail?starttls=never", MailServer("smtps", "mail", 465, "", "", "never")),
    ],
)
def test_a_url_names_a_server(url: str, read: MailServer) -> None:
    assert mail_server(url) == read


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mail:25", "smtp://host"),
        ("smtp://", "smtp://host"),
        ("http://mail", "smtp://host"),
        ("smtp://mail/inbox", "no path"),
        ("smtp://mail#x", "no fragment"),
        ("smtp://mail:x", "Port"),
        ("smtp://mail?tls=1", "starttls="),
        ("smtp://mail?starttls=yes", "starttls="),
        ("smtp://u:p@mail?starttls=offered", "unencrypted"),
        ("smtp://u:p@mail?starttls=never", "unencrypted"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        mail_server(url)


def test_a_password_does_not_show() -> None:
    assert "secret" not in repr(mail_server("smtps://u:secret@mail"))

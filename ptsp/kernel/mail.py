"""E-mail addresses, and the URL that names a mail server: read narrowly, and judged without asking anybody."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

PORTS: Final = {"smtp": 25, "smtps": 465}
STARTTLS: Final = ("offered", "required", "never")
LONGEST_ADDRESS: Final = 254

# Narrower than RFC 5322: one plain ASCII address, which cannot be read as two or end a header.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*{_LABEL}")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, as its URL says: `smtp://user:password@host:587?starttls=required`."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    starttls: str


def is_address(written: str) -> bool:
    """Is this one e-mail address that can stand in a header and an envelope as it is?"""
    return len(written) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(written) is not None


def mail_server(url: str) -> MailServer:
    """Read a URL. ValueError says what is wrong with it.

    With a password TLS is required, unless the server is on this machine; without one it is used when offered.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("must be smtp://host:port or smtps://host:port")
    if parts.path not in ("", "/") or parts.fragment:
        raise ValueError("has no path and no fragment")
    asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    is_secret = bool(parts.password) and not _is_here(parts.hostname)
    starttls = asked.pop("starttls", ["required" if is_secret else "offered"])[-1]
    if asked or starttls not in STARTTLS:
        raise ValueError(
            f"takes nothing but starttls= and one of {', '.join(STARTTLS)} after the question mark"
        )
    if is_secret and parts.scheme == "smtp" and starttls != "required":
        raise ValueError("would send the password unencrypted: take starttls=required, or smtps://")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=starttls,
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name, not a number
        return host == "localhost"

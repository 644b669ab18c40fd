"""A real mail server in this process, which keeps what it takes and answers as it is told."""

import asyncio
import email.policy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from ptsp.main.demo.platform import free_port

SENDER = "ptsp@sidoarjo.example"


@dataclass(frozen=True)
class Mail:
    """One mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    is_encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        read = BytesParser(policy=email.policy.default).parsebytes(self.content)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class MailRoom:
    """`answers`: by SMTP verb (MAIL, RCPT, DATA) what is said instead of yes, in order; then it is yes.

    `hold_s` is how long the answer takes after a mail was kept.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    tried: int = 0
    hold_s: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @contextmanager
    def open(self, **behaviour: Any) -> Iterator["MailRoom"]:
        """Open on a free port, or again on the port it had."""
        self.port = self.port or free_port(0)
        server = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.example", **behaviour
        )
        server.start()
        try:
            yield self
        finally:
            server.stop()

    def _said(self, verb: str) -> str | None:
        waiting = self.answers.get(verb, [])
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := self._said("MAIL"):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.tried += 1
        if said := self._said("RCPT"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if said := self._said("DATA"):
            return said
        assert isinstance(envelope.content, bytes)
        user = session.auth_data.login.decode() if session.auth_data else ""
        self.mails.append(
            Mail(
                str(envelope.mail_from),
                tuple(envelope.rcpt_tos),
                envelope.content,
                session.ssl is not None,
                user,
            )
        )
        await asyncio.sleep(self.hold_s)
        return "250 OK"


def only(users: Mapping[str, str]) -> Any:
    """An authenticator that knows these users and their passwords."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        is_known = users.get(given.login.decode()) == given.password.decode()
        return AuthResult(success=is_known, handled=False, auth_data=given if is_known else None)

    return check

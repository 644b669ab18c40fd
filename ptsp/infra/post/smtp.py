"""Letters as e-mail, handed to one mail server.

What a server says counts as RFC 5321 has it: 4yz is for later, 5yz for good. Before the recipient is named a refusal
is no letter's fault (greeting, TLS, log-in, our own address), so there it means that the server is away for us.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from time import monotonic

from ptsp.infra.post.letter import Away, Letter, Refused, TryLater
from ptsp.kernel.mail import is_address, mail_server

TIMEOUT_S = 5.0  # to connect, and for every answer
REST_S = 30.0  # so long a server that was away is left alone: a dead one must not cost workers their time
LARGEST_CODE = 599

_ENHANCED = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")  # RFC 3463


class LineBroke(TryLater):
    """In the middle of a letter, which may have been taken. Whether letter or server is to blame is not known."""


class SmtpPost:
    """Hands each letter to the mail server on a line of its own. `sender` is the address that bounces go to."""

    def __init__(
        self, url: str, sender: str, *, timeout_s: float = TIMEOUT_S, rest_s: float = REST_S
    ) -> None:
        """Raises ValueError for a URL or a sender that cannot work."""
        if not is_address(sender):
            raise ValueError("the sender is no e-mail address")
        self._server = mail_server(url)
        self._sender = sender
        self._timeout_s = timeout_s
        self._rest_s = rest_s
        self._rests_until, self._why = 0.0, ""

    def send(self, letter: Letter) -> None:
        """Raises TryLater, Away or Refused; see `ptsp.infra.post.letter`."""
        if not is_address(letter.to):
            raise Refused("the recipient's e-mail address is none")
        mail = written(letter, self._sender)
        if monotonic() < self._rests_until:
            raise Away(self._why)
        with self._resting():
            line = self._line()
            try:
                with _answers():
                    line.send_message(mail, self._sender, [letter.to])
            finally:
                _hang_up(line)

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """A server that is away, or whose line broke, is not tried again at once."""
        try:
            yield
        except (Away, LineBroke) as error:
            self._rests_until, self._why = monotonic() + self._rest_s, str(error)
            raise

    def _line(self) -> smtplib.SMTP:
        """An open line, encrypted and logged in as the URL asks. Raises Away."""
        server, line = self._server, None
        try:
            line = self._opened()
            line.ehlo_or_helo_if_needed()
            if server.scheme == "smtp" and server.starttls != "never":
                _secure(line, is_required=server.starttls == "required")
            if server.user:
                line.login(server.user, server.password)
        except (OSError, ValueError) as error:  # every SMTPException is an OSError; a log-in may not be ASCII
            if line is not None:
                line.close()
            raise Away(_why_away(error)) from error
        return line

    def _opened(self) -> smtplib.SMTP:
        server, name = self._server, self._sender.rpartition("@")[2]
        if server.scheme == "smtps":
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                name,
                timeout=self._timeout_s,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(server.host, server.port, name, timeout=self._timeout_s)


def written(letter: Letter, sender: str) -> EmailMessage:
    """The mail. The same letter gives the same mail at every try, so that a second one can be told by its id."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(letter.office_name, addr_spec=sender)
    mail["To"] = Address(addr_spec=letter.to)
    mail["Subject"] = letter.subject
    mail["Date"] = letter.written_at
    mail["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office notes, please
    mail["Content-Language"] = "id"
    mail.set_content(letter.body, cte="quoted-printable")  # passes servers that know only 7 bits
    return mail


def _secure(line: smtplib.SMTP, *, is_required: bool) -> None:
    if line.has_extn("starttls"):
        line.starttls(context=ssl.create_default_context())
        line.ehlo()
    elif is_required:
        raise smtplib.SMTPNotSupportedError("STARTTLS")


@contextmanager
def _answers() -> Iterator[None]:
    """What the server says to one letter, as what we do next."""
    try:
        yield
    except smtplib.SMTPSenderRefused as error:
        raise Away(f"the mail server takes nothing from our address ({_number(error)})") from error
    except smtplib.SMTPRecipientsRefused as error:
        ((code, said),) = error.recipients.values()
        raise _by_code(smtplib.SMTPResponseException(code, said), "the recipient") from error
    except smtplib.SMTPResponseException as error:
        raise _by_code(error, "the mail") from error
    except OSError as error:  # SMTPException is one, too
        raise LineBroke(f"the line to the mail server broke ({type(error).__name__})") from error


def _by_code(error: smtplib.SMTPResponseException, what: str) -> Exception:
    reason = f"the mail server refused {what} ({_number(error)})"
    is_final = 500 <= error.smtp_code <= LARGEST_CODE
    return Refused(reason) if is_final else TryLater(reason)


def _number(error: smtplib.SMTPResponseException) -> str:
    """The code and, where given, the enhanced one. What stands behind them repeats addresses."""
    said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
    enhanced = _ENHANCED.match(said)
    return f"{error.smtp_code} {enhanced[0].decode()}" if enhanced else str(error.smtp_code)


def _why_away(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refused our log-in ({_number(error)})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server takes no mail from us ({_number(error)})"
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return f"no secure line to the mail server ({type(error).__name__})"
    return f"the mail server cannot be reached ({type(error).__name__})"


def _hang_up(line: smtplib.SMTP) -> None:
    """Politely, if it still listens: the letter's fate is known, so whatever goes wrong here changes nothing."""
    with suppress(OSError):
        line.quit()
    line.close()

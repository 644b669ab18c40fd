"""Letters as signed messages to a messaging gateway, which passes them on by whatever people read."""

from collections.abc import Callable

from ptsp.infra.post.letter import Letter, Refused, TryLater
from ptsp.sdk import errors, http, strict_json, webhooks
from ptsp.sdk.addresses import PUBLIC, Reach

MISCONFIGURED_WAIT_S = 300.0


class WebhookPost:
    """Posts each letter as JSON, signed by the Standard Webhooks rules; the id is the message's, at every try.

    `now` gives Unix time, which stands in the signature; `reach` says which addresses a gateway may have.
    """

    def __init__(
        self,
        secret: bytes,
        *,
        now: Callable[[], float],
        limits: http.Limits | None = None,
        reach: Reach = PUBLIC,
    ) -> None:
        if len(secret) < webhooks.SHORTEST_SECRET:
            raise ValueError(f"a webhook secret has at least {webhooks.SHORTEST_SECRET} bytes")
        self._secret = secret
        self._now = now
        self._limits = limits
        self._reach = reach

    def send(self, letter: Letter) -> None:
        """Any 2xx takes the letter. Raises TryLater or Refused; a gateway of one role is never Away for all."""
        body = content(letter)
        signed = webhooks.sign(self._secret, str(letter.id), body, now=self._now())
        headers = {"Content-Type": "application/json", **signed}
        try:
            url = http.address(letter.to)
            with http.session(self._reach, pool=1) as line:
                http.call(line, "POST", url, body=body, headers=headers, limits=self._limits)
        except errors.RefusedByAgency as error:
            raise Refused(_said(error)) from error
        except errors.TryLater as error:
            raise TryLater(_said(error), after=error.after) from error
        except errors.ConnectorError as error:
            raise TryLater(_said(error), after=MISCONFIGURED_WAIT_S) from error


def content(letter: Letter) -> bytes:
    """What the gateway gets: type, timestamp and data, as Standard Webhooks have it."""
    return strict_json.dumps(
        {
            "type": f"message.{letter.kind}",
            "timestamp": letter.written_at.isoformat(),
            "data": {
                "id": str(letter.id),
                "office": letter.office,
                "office_name": letter.office_name,
                "recipient": letter.recipient,
                "subject": letter.subject,
                "text": letter.body,
            },
        }
    )


def _said(error: Exception) -> str:
    return str(error).replace("the agency", "the gateway")

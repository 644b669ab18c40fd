"""The way out for messages: a mail server, or the webhook of a messaging gateway."""

from ptsp.infra.post.letter import Away, Letter, NotTaken, Post, Refused, TryLater
from ptsp.infra.post.smtp import SmtpPost
from ptsp.infra.post.webhook import WebhookPost

__all__ = [
    "Away",
    "Letter",
    "NotTaken",
    "Post",
    "Refused",
    "SmtpPost",
    "TryLater",
    "WebhookPost",
]

"""Hands a question over to the agency's desk in our own pages. Nothing leaves this platform."""

from collections.abc import Mapping

import requests

from ptsp.sdk.contract import Question, Receipt, Reply, Settings
from ptsp.sdk.errors import Forged, Misconfigured

A_DAY_S = 86_400.0


class Desk:
    def __init__(self, settings: Settings, http: requests.Session) -> None:
        if settings.url:
            raise Misconfigured("url: a desk has none; its officers answer in our pages")

    def check(self) -> None:
        """Nothing can be wrong: there is no line."""

    def ask(self, question: Question) -> Receipt:
        """Handed over; the platform puts it into the queue of the desk and looks at it once a day."""
        return Receipt(look_again_s=A_DAY_S)

    def look(self, question: Question, agency_ref: str) -> Receipt:
        return Receipt(look_again_s=A_DAY_S)

    def read_reply(self, headers: Mapping[str, str], body: bytes) -> Reply:
        raise Forged("officers answer in our pages, not by a callback")

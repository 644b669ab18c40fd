"""What an answer says once chance and time are taken out, and whether two say the same."""

import io
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

# What is made anew for each call. Longer first: a token may hold an id.
CHANCE = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"  # moments
    r"|\b\d{8}T\d{6}Z?"
    r"|[A-Za-z]{3}, \d\d [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT"
    r"|[A-Za-z0-9_-]{16,}={0,2}"  # ids, keys, nonces
    r"|\b[A-Z]{2,5}-[0-9A-Z]{4}-[0-9A-Z]{4}(?:-[0-9A-Z]+)*\b"  # references
    r"|\b\d\d[.:]\d\d(?:[.:]\d\d)?\b"  # clocks
)
LEFT_OUT = {"date", "content-length"}  # the length is that of the body, which is compared itself


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_success(self) -> bool:
        return self.status < 400

    @property
    def leads_to(self) -> str:
        """The path of where it sends one on; empty if nowhere."""
        return urlsplit(dict(self.headers).get("location", "")).path

    def plainly(self, known: Collection[str]) -> tuple[object, ...]:
        """Comparable; words in `known` (what office B has) stay as they are, wherever they stand."""

        def mask(found: re.Match[str]) -> str:
            return found[0] if found[0] in known else f"<{len(found[0])}>"

        headers = tuple((name, CHANCE.sub(mask, value)) for name, value in self.headers)
        return self.status, headers, CHANCE.sub(mask, _unpacked(self.body))


def answer_of(response: TestResponse) -> Answer:
    headers = sorted((name.lower(), value) for name, value in response.headers)
    kept = tuple((name, value) for name, value in headers if name not in LEFT_OUT)
    return Answer(response.status_code, kept, response.get_data())


def _unpacked(body: bytes) -> str:
    """A sheet is an archive, which holds the moment it was made."""
    if not body.startswith(b"PK\x03\x04"):
        return body.decode("latin-1")
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return "\n".join(f"{name} {file.read(name).decode('latin-1')}" for name in sorted(file.namelist()))

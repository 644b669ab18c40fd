"""Callbacks of a fake agency: owed in its books, signed at each try, repeated until somebody says 2xx."""

import http.client
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from ptsp.sdk import webhooks
from ptsp.sdk.simulator.books import Books, Letter

TIMEOUT_S = 10.0
LONGEST_PAUSE_S = 5.0
GONE = 410


class Callbacks:
    """A thread that sends what is owed. A restart goes on where the books stand."""

    def __init__(
        self, books: Books, secret_for: Callable[[str, str], bytes], clock: Callable[[], float]
    ) -> None:
        self._books = books
        self._secret_for = secret_for
        self._clock = clock
        self._news = threading.Event()
        self._ended = threading.Event()
        self._courier: Callable[[Letter], int | None] | None = None
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def carried_by(self, courier: Callable[[Letter], int | None]) -> None:
        """Letters go by another way than a signed webhook: `courier` tries once, as `send_now` does."""
        self._courier = courier

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._news.set()
        self._thread.join(TIMEOUT_S + 1)

    def ring(self) -> None:
        """Something new is owed."""
        self._news.set()

    def send_now(self, letter: Letter) -> int | None:
        """Send a letter that is not in the books, once. The status, or None when nobody answered."""
        return self._courier(letter) if self._courier else self._send(letter)

    def _run(self) -> None:
        with ThreadPoolExecutor(8, thread_name_prefix="callback") as pool:
            while not self._ended.is_set():
                due = self._books.due_letters(self._clock())
                list(pool.map(self._deliver, due))
                if not due:
                    self._news.wait(self._pause())
                    self._news.clear()

    def _pause(self) -> float:
        at = self._books.next_letter_at()
        return 0.5 if at is None else min(max(at - self._clock(), 0.005), 0.5)

    def _deliver(self, letter: Letter) -> None:
        if self._ended.is_set():
            return
        status = self.send_now(letter)
        now = self._clock()
        taken = status is not None and (200 <= status < 300 or status == GONE or bool(letter.trouble))
        pause = min(0.1 * 2**letter.tries, LONGEST_PAUSE_S)
        done_at = now if taken else None
        self._books.letter_sent(letter, status=status, done_at=done_at, next_at=now + pause)

    def _send(self, letter: Letter) -> int | None:
        tenant, _, agency = letter.agency.partition("/")
        secret = self._secret_for(tenant, agency)
        if letter.trouble == "wrong_signature":
            secret = bytes(reversed(secret))
        headers = webhooks.sign(secret, letter.message_id, letter.body, now=self._clock())
        try:
            return _post(letter.url, letter.body, {"Content-Type": "application/json", **headers})
        except (OSError, ValueError, http.client.HTTPException):  # nobody there: it stays owed
            return None


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    address = urlsplit(url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    line = kind(address.hostname or "", address.port, timeout=TIMEOUT_S)
    try:
        line.request("POST", address.path + (f"?{address.query}" if address.query else ""), body, headers)
        return line.getresponse().status
    finally:
        line.close()

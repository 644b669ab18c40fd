"""How a scripted fault looks on the wire."""

import gzip
import socket
import struct
from collections.abc import Mapping

from ptsp.sdk.simulator.desk import Answer
from ptsp.sdk.simulator.script import Rule

_PAGE = b"<!doctype html><html><title>502</title><body>Bad gateway</body></html>"


def answer(rule: Rule, true_answer: Answer | None) -> Answer | None:
    """What goes out instead of the true answer; None means the line is cut."""
    if rule.do in _FIXED:
        return _FIXED[rule.do]
    if rule.do in ("503", "429"):
        wish = {"Retry-After": rule.retry_after} if rule.retry_after else {}
        return Answer(int(rule.do), b"{}", headers=wish)
    if rule.do == "compressed" and true_answer:
        body = gzip.compress(true_answer.body)
        return Answer(true_answer.status, body, true_answer.media_type, {"Content-Encoding": "gzip"})
    return true_answer if rule.do in ("slow", "trickle", "short") else None


def cut(line: socket.socket) -> None:
    """End a line at once, with a reset, whatever was still to be said."""
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was quicker
        return


_FIXED: Mapping[str, Answer] = {
    "500": Answer(500, b"{}"),
    "500_after_effect": Answer(500, b"{}"),
    "401": Answer(401, b"{}"),
    "422": Answer(422, b'{"error": "refused"}'),
    "redirect": Answer(302, b"", headers={"Location": "/_health"}),
    "html": Answer(200, _PAGE, "text/html"),
    "empty": Answer(200),
    "nan": Answer(200, b'{"number": NaN}'),
    "duplicate_keys": Answer(200, b'{"number": "A-1", "number": "A-2"}'),
    "deep": Answer(200, b"[" * 100_000),
    "wrong_schema": Answer(200, b'{"unexpected": true}'),
    "huge": Answer(200, b'{"number": "' + b"9" * 3 * 1024 * 1024 + b'"}'),
}

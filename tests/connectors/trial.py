"""What the trials of the fake agencies share."""

import http.client
import json
import socket
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PERSON = {"nik": "3515121502809990", "name": "Pemohon Contoh", "birth_on": "1980-02-15", "gender": "male"}


def of(code: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", [code], indirect=True, ids=[code])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def send(
    port: int, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, object]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def eventually(what: object, *, within_s: float = 8) -> None:
    ends = time.monotonic() + within_s
    while not what():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)

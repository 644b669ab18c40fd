"""Clients that post bundles: `python -m ptsp.main.bench.clients URL START BUNDLES CLIENTS PAUSE_S`.

Prints when each was posted (Unix time), by its reference. Ends with a traceback where one is not accepted.
"""

import http.client
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from urllib.parse import urlsplit

from ptsp.main.bench.own_side import order

TIMEOUT_S = 60.0


def main(url: str, start: int, bundles: int, clients: int, pause_s: float) -> None:
    shares = [range(start + first, start + bundles, clients) for first in range(clients)]
    posted: dict[str, float] = {}
    with ThreadPoolExecutor(max_workers=clients) as pool:
        for of_one in pool.map(lambda share: _post(url, share, pause_s), shares):
            posted |= of_one
    json.dump(posted, sys.stdout)


def _post(url: str, numbers: Sequence[int], pause_s: float) -> dict[str, float]:
    """One client on one kept-alive line."""
    address = urlsplit(url)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)
    posted = {}
    for number in numbers:
        body, headers = (
            _body(number),
            {"Content-Type": "application/json", "Idempotency-Key": f"http-{number}"},
        )
        at = time.time()
        line.request("POST", address.path, body, headers)
        answer = line.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"POST {url}: {answer.status} {said[:500]!r}")
        posted[json.loads(said)["reference"]] = at
        time.sleep(pause_s)
    return posted


def _body(number: int) -> bytes:
    lodged = order(number)
    applications = [
        {"service": one.service, "answers": dict(one.answers), "documents": {}} for one in lodged.applications
    ]
    who = {name: str(value) for name, value in asdict(lodged.applicant).items() if value}
    return json.dumps({"applicant": who, "applications": applications}).encode()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))

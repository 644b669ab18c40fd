"""The platform's API as a client far away would use it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from ptsp.kernel.errors import PtspError

TIMEOUT_S = 30
CUSTOMER_DIGITS = 10  # of a virtual account's number; the bank's own prefix stands before them


class CallFailed(PtspError):
    """The platform refused what the demonstration asked; the message holds its answer."""

    code = "demo_call_failed"


@dataclass(frozen=True, slots=True)
class Lodged:
    """A bundle as its applicant holds it."""

    reference: str
    key: str
    track_url: str


@dataclass(frozen=True)
class Client:
    """One office's API. `base` is the platform's address."""

    base: str
    tenant: str
    http: requests.Session = field(default_factory=requests.Session)

    def upload(self, service: str, requirement: str, name: str, data: bytes) -> str:
        answer = self.http.post(
            self._at("documents"),
            params={"service": service, "requirement": requirement},
            files={"file": (name, data)},
            timeout=TIMEOUT_S,
        )
        return str(_read(answer)["id"])

    def lodge(self, order: Mapping[str, object]) -> Lodged:
        answer = self.http.post(
            self._at("bundles"), json=order, headers={"Idempotency-Key": uuid.uuid4().hex}, timeout=TIMEOUT_S
        )
        accepted = _read(answer)
        return Lodged(accepted["reference"], accepted["key"], accepted["track_url"])

    def track(self, bundle: Lodged) -> dict[str, Any]:
        return _read(self.http.get(self._of(bundle), headers=bearer(bundle.key), timeout=TIMEOUT_S))

    def decision(self, bundle: Lodged, number: str) -> bytes:
        url = f"{self._of(bundle)}/decisions/{number}"
        answer = self.http.get(url, headers=bearer(bundle.key), timeout=TIMEOUT_S)
        if answer.status_code != 200:
            raise CallFailed(f"GET {url}: {answer.status_code} {answer.text[:300]}")
        return answer.content

    def verify(self, code: str, pdf: bytes) -> bool:
        """Both ways: the register knows the code, and the file is the one that was issued."""
        by_code = self.http.get(f"{self.base}/api/v1/permits/{code}", timeout=TIMEOUT_S)
        by_file = self.http.post(
            f"{self.base}/api/v1/permits/verify",
            data=pdf,
            headers={"Content-Type": "application/pdf"},
            timeout=TIMEOUT_S,
        )
        checked = _read(by_file)
        return by_code.status_code == 200 and bool(checked["valid"]) and checked["document"]["code"] == code

    def desk_tasks(self, token: str) -> list[dict[str, Any]]:
        answer = self.http.get(self._at("desk/tasks"), headers=bearer(token), timeout=TIMEOUT_S)
        return list(_read(answer)["tasks"])

    def approve(self, token: str, task: str) -> None:
        _read(
            self.http.post(
                self._at(f"desk/tasks/{task}"),
                json={"verdict": "approved"},
                headers=bearer(token),
                timeout=TIMEOUT_S,
            )
        )

    def pay(self, bank: str, account: str, key: str) -> None:
        """At the bank's counter, by the virtual account's number; the bank asks what is due, and tells us."""
        order = {
            "tenant": self.tenant,
            "prefix": account[:-CUSTOMER_DIGITS],
            "customer_no": account[-CUSTOMER_DIGITS:],
            "url": self.base,
        }
        headers = {"Idempotency-Key": key}
        _read(self.http.post(f"{bank}/tellers/pay", json=order, headers=headers, timeout=TIMEOUT_S))

    def _at(self, path: str) -> str:
        return f"{self.base}/api/v1/offices/{self.tenant}/{path}"

    def _of(self, bundle: Lodged) -> str:
        return self._at(f"bundles/{bundle.reference}")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _read(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code >= 300:
        raise CallFailed(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")
    read: dict[str, Any] = answer.json()
    return read

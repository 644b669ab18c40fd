"""SOAP by zeep over our own bounded line: no entities, no other hosts, every fault said in our words.

What comes back is looked at before any parser sees it: UTF-8, no document type, no more bytes than `Limits` allow. The
interface (WSDL) is a file beside the connector, or the address of one at the agency, read once.
"""

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree  # type: ignore[import-untyped]
from zeep.helpers import serialize_object

from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater, Why
from ptsp.sdk.http import Answer, Limits, call, refusal

FAULT_STATUS = 500  # what SOAP 1.1 answers a fault with
_SETTINGS = zeep.Settings(
    strict=True, xml_huge_tree=False, forbid_dtd=True, forbid_entities=True, forbid_external=True
)
_DECLARED = re.compile(r"""\A<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_XML = re.compile(r"\A\s*<(?!!doctype|html)", re.IGNORECASE)
_OTHERS_FAULT = frozenset({"Server", "Receiver"})
_OUR_SETTINGS = frozenset({"VersionMismatch", "MustUnderstand", "DataEncodingUnknown"})


class SoapClient:
    """One agency's service. `wsdl` is a file's path or an http address; `binding` its name in braces, as zeep wants it.

    Safe over threads. Nothing is read before the first call.
    """

    def __init__(
        self,
        http: requests.Session,
        *,
        wsdl: str,
        binding: str,
        url: str,
        headers: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self._transport = _Reader(http, wsdl=wsdl, headers=headers, limits=limits)
        self._http = http
        self._wsdl = wsdl
        self._binding = binding
        self._url = url
        self._headers = dict(headers)
        self._limits = limits
        self._lock = threading.Lock()
        self._client: Any = None

    def call(
        self, operation: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> dict[str, object]:
        """The answer's fields, by name; one that has but one field is given under "".

        Raises what `http.call` raises, and by the SOAP fault: for Client RefusedByAgency, for Server TryLater with
        an unknown outcome; the same for what is no SOAP.
        """
        client = self._read()
        binding = client.wsdl.bindings[self._binding]
        sent = {
            **(headers or {}),
            **self._headers,
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{binding.get(operation).soapaction}"',
        }
        body = self._written(client, operation, fields)
        answer = call(
            self._http,
            "POST",
            self._url,
            body=body,
            headers=sent,
            limits=self._limits,
            accept=(FAULT_STATUS,),
        )
        try:
            said = binding.process_reply(client, binding.get(operation), _response(answer))
        except zeep.exceptions.Fault as fault:
            raise _translated(fault) from None  # what it says may hold a person's data
        except (zeep.exceptions.Error, etree.LxmlError, ValueError, TypeError, AttributeError, LookupError):
            raise nonsense() from None
        read = serialize_object(said, dict)  # type: ignore[no-untyped-call]
        return read if isinstance(read, dict) else {"": read}

    def _written(self, client: Any, operation: str, fields: Mapping[str, object]) -> bytes:
        service = client.create_service(self._binding, self._url)
        try:
            envelope = client.create_message(service, operation, **fields)
        except (zeep.exceptions.Error, ValueError, TypeError):
            raise RefusedByAgency("the question does not fit the agency's interface") from None
        written: bytes = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        return written

    def _read(self) -> Any:
        with self._lock:
            if self._client is None:
                try:
                    self._client = zeep.Client(  # type: ignore[no-untyped-call]
                        self._wsdl, transport=self._transport, settings=_SETTINGS
                    )
                    self._client.wsdl.bindings[self._binding]
                except (zeep.exceptions.Error, etree.LxmlError, ValueError, OSError, LookupError) as error:
                    self._client = None
                    told = f"the interface (WSDL) cannot be read ({type(error).__name__})"
                    raise Misconfigured(told) from error
            return self._client


class _Reader(zeep.Transport):
    """Reads the interface itself, and nothing it may name."""

    def __init__(
        self, http: requests.Session, *, wsdl: str, headers: Mapping[str, str], limits: Limits
    ) -> None:
        self._http = http
        self._wsdl = wsdl
        self._headers = dict(headers)
        self._limits = limits
        self._close_session = False  # the session is not ours

    def load(self, url: str) -> bytes:
        if url != self._wsdl:
            raise Misconfigured("the interface (WSDL) names other documents, which are not read")
        if urlsplit(url).scheme in ("http", "https"):
            return checked(call(self._http, "GET", url, headers=self._headers, limits=self._limits).body)
        with open(url, "rb") as file:
            return checked(file.read(self._limits.max_bytes + 1))


def checked(body: bytes) -> bytes:
    """Bytes that may be given to an XML parser. TryLater, outcome unknown, for anything else."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise nonsense() from None
    declared = _DECLARED.match(text.lstrip())
    if declared and declared[1].lower() not in ("utf-8", "us-ascii"):
        raise nonsense()
    if not _XML.match(text) or "<!DOCTYPE" in text or "<!ENTITY" in text or "\x00" in text:
        raise nonsense()
    return body


def nonsense() -> TryLater:
    return TryLater("the agency's answer is no SOAP that was agreed on", unknown=True, why=Why.NONSENSE)


def _response(answer: Answer) -> requests.Response:
    """The answer as zeep reads it. A 500 that is no SOAP is an ordinary one."""
    try:
        body = checked(answer.body)
    except TryLater:
        raise (refusal(answer) if answer.status == FAULT_STATUS else nonsense()) from None
    made = requests.Response()
    made.status_code = answer.status
    made._content = body
    made.headers["Content-Type"] = "text/xml; charset=utf-8"
    made.encoding = "utf-8"
    return made


def _translated(fault: zeep.exceptions.Fault) -> Exception:
    code = str(fault.code or "").rpartition(":")[2].partition(".")[0]
    if code in _OTHERS_FAULT:
        return TryLater("the agency answered with the SOAP fault Server", unknown=True)
    if not re.fullmatch("[A-Za-z]{1,40}", code):
        return nonsense()
    told = f"the agency answered with the SOAP fault {code}"
    return Misconfigured(told) if code in _OUR_SETTINGS else RefusedByAgency(told)

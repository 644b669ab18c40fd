"""Time-stamps of an authority outside (RFC 3161): that something existed at a moment, by the word of a third party."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from asn1crypto import algos, cms, tsp
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from ptsp.sdk import errors, http
from ptsp.sdk.addresses import PUBLIC, Reach

REST_S = 300.0  # so long an authority that failed is left alone; what is owed waits
MOST_BYTES = 100_000
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class NotStamped(Exception):
    """No time-stamp could be had; in our words."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token (DER of a ContentInfo), and the moment that it tells."""

    token: bytes
    at: datetime


class TimeStamps:
    """Asks one authority by HTTP. `reach` has to permit its address."""

    def __init__(
        self, url: str, *, reach: Reach = PUBLIC, limits: http.Limits | None = None, rest_s: float = REST_S
    ) -> None:
        self._url = url
        self._reach = reach
        self._limits = limits or http.Limits(max_bytes=MOST_BYTES)
        self._rest_s = rest_s
        self._rests_until, self._why = 0.0, ""

    def stamp(self, content: bytes) -> Stamp:
        """A time-stamp over the SHA-256 of `content`, checked except for whom the authority is.

        Raises NotStamped, and does so at once for a while after it could not be had.
        """
        if monotonic() < self._rests_until:
            raise NotStamped(self._why)
        try:
            return self._asked(content)
        except NotStamped as error:
            self._rests_until, self._why = monotonic() + self._rest_s, str(error)
            raise

    def _asked(self, content: bytes) -> Stamp:
        nonce = secrets.randbits(63)
        imprint = hashlib.sha256(content).digest()
        request = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": imprint,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        try:
            with http.session(self._reach, pool=1) as line:
                url = http.address(self._url)
                answer = http.call(
                    line, "POST", url, body=request.dump(), headers=HEADERS, limits=self._limits
                )
        except errors.ConnectorError as error:
            raise NotStamped(str(error).replace("the agency", "the authority")) from error
        return _read(answer.body, imprint, nonce)


def _read(body: bytes, imprint: bytes, nonce: int) -> Stamp:
    """Raises NotStamped for anything but a granted, intact token over what was asked."""
    try:
        response = tsp.TimeStampResp.load(body, strict=True)
        status = response["status"]["status"].native
        if status != "granted":
            raise NotStamped(f"the authority said {status}")
        token: cms.ContentInfo = response["time_stamp_token"]
        signed = token["content"]
        content = signed["encap_content_info"]["content"]
        said: tsp.TSTInfo = content.parsed
        told = (said["message_imprint"]["hashed_message"].native, said["nonce"].native)
        is_intact = told == (imprint, nonce) and _is_signed(signed, bytes(content))
        at: datetime = said["gen_time"].native
    except NotStamped:
        raise
    except Exception as error:  # whatever the answer makes the parser raise, it is no time-stamp
        raise NotStamped(f"the authority's answer cannot be read ({type(error).__name__})") from error
    if not is_intact:
        raise NotStamped("the authority stamped something else, or its signature does not hold")
    return Stamp(token.dump(), at)


def _is_signed(signed: cms.SignedData, content: bytes) -> bool:
    info = extract_signer_info(signed)
    certificate = extract_certificate_info(signed).signer_cert
    digest = hashlib.new(info["digest_algorithm"]["algorithm"].native, content).digest()
    return all(validate_sig_integrity(info, certificate, "tst_info", digest))

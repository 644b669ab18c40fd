"""The operator hands over what a partner issued to be known by: a user_key, a password, a salt. Or takes it back."""

from ptsp.infra import agency_secrets
from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid, NotFound
from ptsp.sdk.webhooks import secret_from_text

LONGEST = 16_384
BASE64 = "whsec_"  # before bytes that are no text


def set_agency_secret(work: Work, agency: str, secret: bytes) -> None:
    """In force for every process within moments. `work` belongs to the owner's role: pages set no secrets.

    Raises NotFound for an agency that nobody is asked at.
    """
    _require(work, agency)
    agency_secrets.put(work.connection, work.tenant.id, work.tenant.vault, agency, secret, by=work.actor)


def remove_agency_secret(work: Work, agency: str) -> None:
    """The derived secret is in force again. Raises NotFound where it is already."""
    if not agency_secrets.remove(work.connection, work.tenant.id, agency, by=work.actor):
        raise NotFound(f"{work.tenant.code} was given no secret for {agency!r}")


def secret_as_given(written: bytes) -> bytes:
    """The secret that a partner handed over as a text: itself, JSON whole, or bytes after `whsec_` as base64.

    The end of its line does not belong to it. Raises Invalid, which never shows any of it.
    """
    try:
        text = written.decode("ascii").removesuffix("\n").removesuffix("\r")
        secret = secret_from_text(text) if text.startswith(BASE64) else text.encode()
    except UnicodeDecodeError:
        raise _wrong("holds signs that are not ASCII; give bytes as base64 after whsec_") from None
    except ValueError:
        raise _wrong("is not base64 after whsec_") from None
    if not secret:
        raise _wrong("is empty")
    if len(secret) > LONGEST:
        raise _wrong(f"is longer than {LONGEST} bytes")
    is_word = not text.startswith((BASE64, "{"))
    if is_word and (not text.isprintable() or text != text.strip()):
        raise _wrong("is more than one line, or has a blank at an end")
    return secret


def _require(work: Work, agency: str) -> None:
    spec = work.tenant.pack.agencies.get(agency)
    if spec is None or spec.connector is None:
        known = ", ".join(code for code, one in sorted(work.tenant.pack.agencies.items()) if one.connector)
        raise NotFound(f"{work.tenant.code} has no agency {agency!r} with a connector; there are {known}")


def _wrong(told: str) -> Invalid:
    return Invalid([Fault("secret", told)])

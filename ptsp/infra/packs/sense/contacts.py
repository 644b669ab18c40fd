"""Whether messages to the roles of an office could arrive."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from ptsp.infra.packs.layers import Layers
from ptsp.kernel.errors import Fault

Found = tuple[str, str]  # path inside the part, and the reason

NEVER_MAIL = ("invalid", "localhost")  # lead nowhere (RFC 2606); `example` stands for "not known yet"


def contact_faults(layers: Layers) -> Iterator[Fault]:
    """Every address at which nothing could arrive, of the office's roles and of its agencies."""
    if layers.tenant is not None:
        for role, contact in layers.tenant.raw.get("contacts", {}).items():
            yield from layers.tenant.faults(_contact(f".contacts.{role}", contact))
    for part in (layers.agencies or {}).values():
        if "contacts" in part.raw:
            yield from part.faults(_contact(".contacts", part.raw["contacts"]))


def _contact(path: str, contact: Mapping[str, str]) -> Iterator[Found]:
    if "email" in contact and contact["email"].rpartition(".")[2].lower() in NEVER_MAIL:
        yield f"{path}.email", f"no mail can reach `{contact['email']}`"
    if "webhook" in contact and not _is_safe(contact["webhook"]):
        yield f"{path}.webhook", "must be an https address; without encryption only to this very machine"


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.port != 0 and (parts.scheme == "https" or host == "localhost" or _is_loopback(host))
    except ValueError:  # a port that is none
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name, not a number
        return False

"""Whether the addresses of a pack may be called at all: those of agencies and of gateways for messages."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ptsp.infra.packs.layers import Layers
from ptsp.kernel.errors import Fault
from ptsp.sdk.addresses import BadAddress, Reach, check_url
from ptsp.sdk.folders import check_folder

Found = tuple[str, str]  # path inside the part, and the reason

SIMULATOR = "simulator:"
FOLDERS = ("file:", "sftp:")


def address_faults(layers: Layers, reach: Reach) -> Iterator[Fault]:
    """Every address that leads to where this installation must not call, as far as it can be seen in writing."""
    if layers.tenant is not None:
        for role, contact in layers.tenant.raw.get("contacts", {}).items():
            yield from layers.tenant.faults(
                _judged(f".contacts.{role}.webhook", contact.get("webhook"), reach)
            )
    for part in (layers.agencies or {}).values():
        yield from part.faults(_agency(part.raw, reach))


def _agency(raw: Mapping[str, Any], reach: Reach) -> Iterator[Found]:
    yield from _judged(".contacts.webhook", raw.get("contacts", {}).get("webhook"), reach)
    for name, value in raw.get("options", {}).items():
        if name == "url" or name.endswith("_url"):
            is_folder = name == "url" and str(value).startswith(FOLDERS)
            yield from _judged(f".options.{name}", value, reach, check_folder if is_folder else check_url)
    if "ca" in raw:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=raw["ca"])
        except (ssl.SSLError, ValueError):
            yield ".ca", "holds no certificates that can be read"


def _judged(
    path: str, url: object, reach: Reach, check: Callable[[str, Reach], object] = check_url
) -> Iterator[Found]:
    if not isinstance(url, str) or url.startswith(SIMULATOR):
        return
    try:
        check(url, reach)
    except BadAddress as error:
        yield path, str(error)

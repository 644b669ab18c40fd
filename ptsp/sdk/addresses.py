"""Where the platform may call: public addresses, and beyond them only what the installation names.

An address that somebody writes into a pack must not become a way into our own network. So it is judged twice: as
it is written, when a pack is saved, and as the number a name leads to, on the very line that is then used. Sources:
IANA's special-purpose address registries (2025), OWASP's sheet on server-side request forgery.
"""

import re
import socket
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from time import monotonic
from urllib.parse import unquote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

PORTS = frozenset({80, 443, 4443, 7443, 9443, 10443, *range(8000, 9000)})
LONGEST = 2_000  # characters of an address

# Nobody may allow these as a network: this machine, its own link, the clouds' keys, and whatever is no address at all.
NEVER = tuple(
    ip_network(written)
    for written in (
        *(
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.0/24",
        ),
        *("224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "fe80::/10", "fec0::/10"),
        *("ff00::/8", "fd00:ec2::254/128", "2001::/32", "2002::/16"),
    )
)
_NOT_PUBLIC = NEVER + tuple(
    ip_network(written)
    for written in (
        *("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001::/23", "2001:db8::/32", "3fff::/20"),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset(
    {0x00005EFE, 0x02005EFE}
)  # the upper half of an interface's id; the lower one is an IPv4 address
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\.?")
_TEXT = re.compile(r"[!-~]+")  # ASCII that is seen, and nothing else


class BadAddress(ValueError):
    """An address that must not be called. The reason holds no part of it that could be a secret."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be called besides public addresses: `networks`, and `services` (host, port) exactly as written.

    A service may be on this very machine and on any port; a network cannot (`NEVER`), and keeps to `PORTS`. `folders`
    are the paths below which agencies may share a folder with us.
    """

    networks: tuple[Network, ...] = ()
    services: frozenset[tuple[str, int]] = frozenset()
    folders: tuple[str, ...] = ()

    def names(self, host: str, port: int) -> bool:
        """Whether this service is named exactly."""
        return (host.lower(), port) in self.services

    def permits(self, number: Address) -> bool:
        """Whether a line to this number may be opened."""
        inner = _inner(number)
        return is_public(inner) or (not _in(inner, NEVER) and _in(inner, self.networks))

    def with_services(self, urls: Sequence[str]) -> "Reach":
        """The same with the services behind these addresses; one that is no address adds nothing."""
        folders = tuple(path for path in map(_folder, urls) if path)
        services = self.services | {found for found in map(_service, urls) if found}
        return Reach(self.networks, services, self.folders + folders)


PUBLIC = Reach()


def read_reach(written: str) -> Reach:
    """From a list with commas: networks (`10.20.0.0/16`), services (`gateway:9000`), folders (`file:///srv/drop`).

    BadAddress names the entry.
    """
    networks: list[Network] = []
    services: set[tuple[str, int]] = set()
    folders: list[str] = []
    for entry in filter(None, (part.strip() for part in written.split(","))):
        if folder := _folder(entry):
            folders.append(folder)
        elif "/" in entry:
            networks.append(_network(entry))
        else:
            found = _service(f"http://{entry}")
            if found is None or not re.search(r":[0-9]+\Z", entry):
                raise BadAddress(
                    f"{entry!r} is neither a network, such as 10.20.0.0/16, nor a service, such as gateway:9000"
                )
            services.add(found)
    return Reach(tuple(networks), frozenset(services), tuple(folders))


def check_url(url: str, reach: Reach = PUBLIC) -> None:
    """Judge an address as it is written, without asking anybody. Raises BadAddress; names are judged at the line."""
    if not is_plain(url):
        raise BadAddress(
            "holds a blank, a backslash, a control character or a letter that is not ASCII, or is too long"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadAddress("has a host or a port that is none") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise BadAddress("must be an http or https address with a host")
    if "@" in parts.netloc or "%" in parts.netloc or "#" in url:
        raise BadAddress("must not hold a user, a fragment or a zone")
    check_host(host, port or (443 if parts.scheme == "https" else 80), reach)


def is_plain(url: str) -> bool:
    """Whether an address has only letters that every reader of addresses reads alike."""
    return len(url) <= LONGEST and bool(_TEXT.fullmatch(url)) and "\\" not in url


def check_host(host: str, port: int, reach: Reach = PUBLIC, *, ports: Container[int] = PORTS) -> None:
    """Judge a host and a port as they are written. Raises BadAddress."""
    if reach.names(host, port):
        return
    if port not in ports:
        raise BadAddress(f"port {port} is not one at which agencies are called")
    number = as_number(host)
    if number is not None:
        _judge(number, reach)
    elif not _NAME.fullmatch(host.lower()):
        raise BadAddress("the host is neither a name in ASCII nor a plain address")
    elif _NUMBER.fullmatch(host.lower().rstrip(".").rpartition(".")[2]):
        raise BadAddress("the host is a number in an odd spelling; four plain numbers are wanted")
    elif host.lower().rstrip(".").rpartition(".")[2] == "localhost":
        raise BadAddress("the host is this very machine")


def as_number(host: str) -> Address | None:
    """The host as the address it is written as; None for a name. BadAddress for one with a zone."""
    try:
        number = ip_address(host)
    except (AddressValueError, ValueError):
        return None
    if isinstance(number, IPv6Address) and number.scope_id:
        raise BadAddress("the address has a zone")
    return number


def connect(
    host: str,
    port: int,
    reach: Reach,
    *,
    timeout_s: float | None,
    options: Sequence[tuple[int, int, int | bytes]] = (),
    resolve: Resolver | None = None,
    ports: Container[int] = PORTS,
) -> socket.socket:
    """A line to `host`: asked for once, every number judged, and one of those very numbers called.

    Raises BadAddress when any of them is not permitted (a name that leads both in and out is a trap), OSError when
    nobody answers within `timeout_s` in all.
    """
    check_host(host, port, reach, ports=ports)
    found = [ip_address(number) for number in (resolve or resolved)(host, port)]
    if not reach.names(host, port):
        for number in found:
            _judge(number, reach)
    ends = None if timeout_s is None else monotonic() + timeout_s
    trouble: OSError = socket.gaierror(socket.EAI_NONAME, "the name leads nowhere")
    for number in found:
        try:
            return _line(number, port, None if ends is None else ends - monotonic(), options)
        except OSError as error:
            trouble = error
    raise trouble


def resolved(host: str, port: int) -> list[str]:
    """Every number of a host, in the order in which they are to be tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(number: Address) -> bool:
    """Whether the number is one that the whole world may call. Stricter than `ipaddress.is_global`."""
    if isinstance(number, IPv6Address):
        is_isatap = (int(number) >> 32) & 0xFFFFFFFF in _ISATAP
        return number in _PUBLIC_V6 and not is_isatap and not _in(number, _NOT_PUBLIC)
    return not _in(number, _NOT_PUBLIC)


def _judge(number: Address, reach: Reach) -> None:
    if not reach.permits(number):
        raise BadAddress("the address is not public, and not one that this installation permits")


def _inner(number: Address) -> Address:
    """The IPv4 address inside a mapped or a translated one; other ways of hiding one are never permitted."""
    if isinstance(number, IPv6Address) and (number in _MAPPED or number in _NAT64):
        return IPv4Address(int(number) & 0xFFFFFFFF)
    return number


def _in(number: Address, networks: Sequence[Network]) -> bool:
    return any(number.version == network.version and number in network for network in networks)


def _line(
    number: Address, port: int, left_s: float | None, options: Sequence[tuple[int, int, int | bytes]]
) -> socket.socket:
    if left_s is not None and left_s <= 0:
        raise TimeoutError("nobody answered in time")
    line = socket.socket(socket.AF_INET6 if number.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        for level, name, value in options:
            line.setsockopt(level, name, value)
        line.settimeout(left_s)
        line.connect((str(number), port))
    except BaseException:
        line.close()
        raise
    return line


def _network(entry: str) -> Network:
    try:
        network = ip_network(entry)
    except ValueError as error:
        raise BadAddress(f"{entry!r} is no network: {error}") from error
    if any(network.version == never.version and network.overlaps(never) for never in NEVER):
        raise BadAddress(
            f"{entry!r} holds addresses that are never called; name a service (host:port) or less"
        )
    return network


def _folder(url: str) -> str:
    """The path of `file:///...`, empty for anything else and for the root of all."""
    path = unquote(url.removeprefix("file://")).rstrip("/") if url.startswith("file:///") else ""
    return "" if ".." in path.split("/") or "\x00" in path else path


def _service(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port or (443 if parts.scheme == "https" else 80)) if host else None

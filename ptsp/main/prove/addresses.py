"""`ptsp prove addresses`: hostile addresses against a canary on this machine that counts who reaches it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from ptsp.main.prove.canary import Canary, canary
from ptsp.main.prove.hostile import HOSTS, NAMES, NEVER_PORTS, PARTNER, PARTNERS_NAME, TRICKS
from ptsp.sdk.addresses import BadAddress, Reach, check_url
from ptsp.sdk.errors import ConnectorError, Misconfigured
from ptsp.sdk.http import Limits, call, session

QUICK = Limits(connect_s=0.3, read_s=0.3, total_s=0.5)
REACH = Reach(networks=(ip_network("198.18.0.0/16"),))
MARK = "canary"

REDIRECTS = (301, 302, 303, 305, 307, 308)
SURROUNDINGS = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NETRC")


def addresses() -> dict[str, Any]:
    """Try all of them. `internal_hits` must be 0, `not_refused` empty; other figures say how many did what."""
    with canary() as bait, canary(status=302) as guide:
        at = f"127.0.0.1:{bait.port}"
        written = [f"http://{host}:{bait.port}/" for host in HOSTS] + [
            trick.format(at=at) for trick in TRICKS
        ]
        written += [f"http://{PARTNERS_NAME}:{port}/" for port in NEVER_PORTS]
        named = [f"http://{name}:{bait.port}/" for name in NAMES]
        at_save = {url for url in written if _is_refused_at_save(url)}
        at_line = {url for url in (*written, *named) if _is_refused_at_the_line(url)}
        redirects = sum(_redirect(guide, bait, status) for status in REDIRECTS)
        surroundings = _surroundings(guide, bait)
        missed = [url for url in written if url not in at_save] + [
            url for url in (*written, *named) if url not in at_line
        ]
        return {
            "addresses": len(written) + len(named) + len(REDIRECTS) + len(SURROUNDINGS),
            "internal_hits": len(bait.hits),
            "refused_at_save": len(at_save),
            "refused_at_connect": len(at_line),
            "redirects_not_followed": redirects,
            "surroundings_not_heard": surroundings,
            "not_refused": [ascii(url) for url in missed],
        }


def is_good(found: dict[str, Any]) -> bool:
    return (
        not found["internal_hits"]
        and not found["not_refused"]
        and found["redirects_not_followed"] == len(REDIRECTS)
        and found["surroundings_not_heard"] == len(SURROUNDINGS)
    )


def _is_refused_at_save(url: str) -> bool:
    try:
        check_url(url, REACH)
    except BadAddress:
        return True
    return False


def _is_refused_at_the_line(url: str) -> bool:
    """Two calls, as a task makes them that is tried again: both refused, or, where a name changes what it leads to,
    the first one left without an answer."""
    answers = {name: iter(numbers) for name, numbers in NAMES.items()}
    last: dict[str, Sequence[str]] = {}

    def resolve(host: str, port: int) -> Sequence[str]:
        known = [PARTNER] if host == PARTNERS_NAME else last.get(host, ["127.0.0.1"])
        last[host] = next(answers.get(host, iter(())), known)
        return last[host]

    expected = ConnectorError if "//rebinding" in url else Misconfigured
    refused = 0
    with session(REACH, resolve=resolve) as line:
        for _ in range(2):
            try:
                call(line, "GET", url, limits=QUICK)
            except expected:
                refused += 1
            except ConnectorError:
                continue
    return refused == 2


def _redirect(guide: Canary, bait: Canary, status: int) -> bool:
    """Whether a redirect of an agency that may be called is an error, and nobody goes where it leads."""
    guide.status, guide.headers = status, {"Location": f"http://127.0.0.1:{bait.port}/", "Refresh": "0;url=/"}
    with session(REACH.with_services([f"http://127.0.0.1:{guide.port}"])) as line:
        try:
            call(line, "POST", f"http://127.0.0.1:{guide.port}/", body=b"{}", limits=QUICK)
        except Misconfigured as error:
            return str(status) in str(error)  # and not the refusal of the address that it leads to
    return False


def _surroundings(guide: Canary, bait: Canary) -> int:
    """Calls under an environment that names the canary as a proxy, and a .netrc; how many of them heard neither."""
    guide.status, guide.headers = 200, {}
    unheard = 0
    with tempfile.TemporaryDirectory() as folder:
        netrc = Path(folder) / "netrc"
        netrc.write_text(f"machine 127.0.0.1 login {MARK} password {MARK}\n")
        netrc.chmod(0o600)
        for name in SURROUNDINGS:
            given = {name: str(netrc) if name == "NETRC" else f"http://127.0.0.1:{bait.port}"}
            guide.hits.clear()
            with (
                _environment(given),
                session(REACH.with_services([f"http://127.0.0.1:{guide.port}"])) as line,
            ):
                call(line, "GET", f"http://127.0.0.1:{guide.port}/", limits=QUICK)
            unheard += len(guide.hits) == 1 and "authorization" not in guide.hits[0]
    return unheard


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    """The process's environment with these, and without what keeps proxies away from this machine."""
    before = dict(os.environ)
    os.environ.update(given)
    for name in ("NO_PROXY", "no_proxy"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

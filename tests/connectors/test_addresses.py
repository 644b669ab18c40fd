"""Nothing that somebody writes as an address, and nothing a name leads to, opens a line into our own network."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from ptsp.infra.packs import check_packs
from ptsp.main.prove.addresses import addresses, is_good
from ptsp.main.prove.canary import canary
from ptsp.main.prove.hostile import HOSTS
from ptsp.sdk import _deadline
from ptsp.sdk.addresses import (
    NEVER,
    PORTS,
    PUBLIC,
    BadAddress,
    Reach,
    check_host,
    check_url,
    is_public,
    read_reach,
)
from ptsp.sdk.errors import ConnectorError, Misconfigured
from ptsp.sdk.http import Limits, call, session
from tests.tenants.planting import copied, is_named, plant, put

QUICK = Limits(connect_s=0.5, read_s=0.5, total_s=1.0)
NAME = "agency.example"
AGENCIES = "sidoarjo/agencies.yaml"


def test_no_hostile_address_reaches_the_canary(tell: Callable[[str], None]) -> None:
    found = addresses()
    tell(
        f"{found['addresses']} hostile addresses: {found['internal_hits']} reached the canary, "
        f"{found['refused_at_save']} refused at save, {found['refused_at_connect']} at the line"
    )
    assert is_good(found), found
    assert found["addresses"] >= 60


@pytest.mark.parametrize(
    "url",
    [
        "https://perizinan.agency.example/api/v2",
        "http://agency.example:8080",
        "https://agency.example:8443/a?b=c",
        "https://xn--bcher-kva.example/",
        "http://1.1.1.1/",
        "http://103.0.113.7:8000/",
        "https://[2606:4700::1111]/",
        "http://[::ffff:1.1.1.1]/",
        "http://[64:ff9b::1.1.1.1]/",
        "https://agency_1.example/",
        "https://agency.example./",
    ],
)
def test_a_public_address_is_fine(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "port", [22, 25, 53, 110, 3306, 5432, 5672, 6379, 9200, 11211, 15672, 65_535, 79, 444]
)
def test_other_ports_are_not_called(port: int) -> None:
    assert port not in PORTS
    with pytest.raises(BadAddress, match=f"port {port}"):
        check_host("agency.example", port)


@given(number=st.ip_addresses())
@example(number=ip_address("127.0.0.1"))
@example(number=ip_address("::ffff:127.0.0.1"))
@example(number=ip_address("2002:7f00:1::"))
def test_what_is_never_called_is_called_by_no_reach(number: object) -> None:
    """Our rule is never laxer than the library's, and a network that is permitted opens nothing beside itself."""
    wide = Reach(networks=read_reach("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/8").networks)
    assert not (is_public(number) and not number.is_global)
    if any(number.version == net.version and number in net for net in NEVER) and "ffff" not in str(number):
        mapped = getattr(number, "ipv4_mapped", None)
        assert mapped is not None or str(number).startswith("64:ff9b") or not wide.permits(number)


def test_a_private_partner_is_called_where_the_installation_says_so_and_nowhere_else() -> None:
    reach = read_reach("10.20.0.0/16, fd12:3456::/32, gateway:9000")
    for url in (
        "http://10.20.3.4/",
        "http://[::ffff:10.20.3.4]:8080/",
        "https://[fd12:3456::1]/",
        "http://gateway:9000/x",
    ):
        check_url(url, reach)
        with pytest.raises(BadAddress):
            check_url(url, PUBLIC)
    for url in (
        "http://10.21.0.1/",
        "http://10.20.3.4:5432/",
        "http://gateway:9001/",
        "http://127.0.0.1:9000/",
    ):
        with pytest.raises(BadAddress):
            check_url(url, reach)


@pytest.mark.parametrize(
    "written", ["127.0.0.0/8", "0.0.0.0/0", "::/0", "::1/128", "169.254.169.254/32", "224.0.0.0/8"]
)
def test_no_installation_can_permit_a_network_that_holds_itself(written: str) -> None:
    with pytest.raises(BadAddress, match="never called"):
        read_reach(written)


def test_a_pack_is_refused_at_save_naming_the_field(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    for at, url in enumerate(("http://127.0.0.1/", "http://2130706433/", "https://agency.example:5432/")):
        path = plant(root, AGENCIES, put("agencies", at, "options", value={"url": url}))
        faults = check_packs(root)
        assert is_named(faults, AGENCIES, f"{path}.url", ""), (url, faults)
    private = plant(root, AGENCIES, put("agencies", 0, "options", value={"url": "https://10.20.0.5/"}))
    assert is_named(check_packs(root), AGENCIES, f"{private}.url", "not public")
    inside = [
        fault
        for fault in check_packs(root, reach=read_reach("10.20.0.0/16"))
        if f"{private}.url" in str(fault)
    ]
    assert inside == []


def test_a_name_is_asked_for_once_for_each_line_and_its_host_stays_its_name() -> None:
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with canary() as box, session(Reach(services=frozenset({(NAME, box.port)})), resolve=resolve) as line:
        for _ in range(3):
            call(line, "GET", f"http://{NAME}:{box.port}/", limits=QUICK)
        assert [hit["host"] for hit in box.hits] == [f"{NAME}:{box.port}"] * 3
    assert asked == [NAME] * 3  # the canary closes each line; a kept one would not ask at all


def test_of_several_numbers_the_next_is_tried() -> None:
    with canary() as box:
        numbers = ["127.0.0.9", "127.0.0.1"]
        with session(Reach(services=frozenset({(NAME, box.port)})), resolve=lambda *_: numbers) as line:
            assert call(line, "GET", f"http://{NAME}:{box.port}/", limits=QUICK).status == 200


def test_a_kept_line_serves_only_its_own_host() -> None:
    """The same number under another name is another line, which is judged anew."""
    with canary() as box:
        reach = Reach(services=frozenset({(NAME, box.port)}))
        with session(reach, resolve=lambda *_: ["127.0.0.1"]) as line:
            call(line, "GET", f"http://{NAME}:{box.port}/", limits=QUICK)
            with pytest.raises(Misconfigured, match="not public"):
                call(line, "GET", f"http://other.example:{box.port}/", limits=QUICK)
        assert len(box.hits) == 1


@pytest.mark.parametrize("host", HOSTS[:12])
def test_saying_no_names_no_host(host: str) -> None:
    with pytest.raises(BadAddress) as caught:
        check_url(f"http://{host}:8080/secret-path")
    assert "secret" not in str(caught.value)


# ------------------------------------------------------------------------------------------ certificates


def issued(common: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None) -> tuple:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer[0].subject if signer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    )
    if signer:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(common)]), critical=False)
    return made.sign(signer[1] if signer else key, hashes.SHA256()), key


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class _Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Secure(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a caller that does not trust it


@contextmanager
def secure_server(tmp_path: Path, signer: tuple, names: list[str]) -> Iterator[int]:
    certificate, key = issued(NAME, signer)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(pem(certificate).encode() + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    context.sni_callback = lambda line, name, _: names.append(str(name))
    with _Secure(("127.0.0.1", 0), _Fine) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=partial(server.serve_forever, 0.02), daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def test_an_agency_is_known_by_its_own_certificates_and_not_also_by_the_world_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, own = issued("The world"), issued("The agency's own")
    (tmp_path / "world.pem").write_text(pem(world[0]))
    monkeypatch.setattr(_deadline, "where", lambda: str(tmp_path / "world.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "own.pem"))
    (tmp_path / "own.pem").write_text(pem(own[0]))
    _deadline._trust.cache_clear()
    for signer, trusted in ((world, ""), (own, pem(own[0]))):
        names: list[str] = []
        with secure_server(tmp_path, signer, names) as port:
            reach = Reach(services=frozenset({(NAME, port), ("other.example", port)}))
            for ca in ("", pem(own[0])):
                with session(reach, ca=ca, resolve=lambda *_: ["127.0.0.1"]) as line:
                    if ca == trusted:
                        assert call(line, "GET", f"https://{NAME}:{port}/", limits=QUICK).status == 204
                        with pytest.raises(
                            Misconfigured, match="secure"
                        ):  # the certificate is another host's
                            call(line, "GET", f"https://other.example:{port}/", limits=QUICK)
                    else:
                        with pytest.raises(Misconfigured, match="secure"):
                            call(line, "GET", f"https://{NAME}:{port}/", limits=QUICK)
        assert NAME in names
    _deadline._trust.cache_clear()


def test_certificates_that_are_none_are_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="ca:"):
        session(ca="-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----")


def test_where_a_name_leads_nowhere_nothing_arrived() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "nobody")

    with session(resolve=resolve) as line, pytest.raises(ConnectorError) as caught:
        call(line, "GET", f"http://{NAME}/", limits=QUICK)
    assert getattr(caught.value, "unknown", None) is False

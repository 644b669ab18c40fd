"""Archives of packs: the same bytes every time, nothing in them that is no pack, and only who is trusted signs."""

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from ptsp.infra.packs import read_pack
from ptsp.infra.packs.archive import MOST_FILES, SUFFIX, pack_archive, unpack
from ptsp.infra.packs.signed import read_signers, sign, signature_path, verify
from ptsp.kernel.errors import Forbidden, Invalid
from ptsp.main.packs_cli import packs
from tests.tenants.planting import TENANTS, copied, plant, put

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def content() -> bytes:
    return pack_archive(TENANTS, "bontang")


def test_the_same_pack_is_the_same_bytes_wherever_and_whenever_it_lies(
    tmp_path: Path, content: bytes
) -> None:
    root = copied(tmp_path, "bontang", "sidoarjo")
    for path in root.rglob("*.yaml"):
        path.touch()
    assert pack_archive(root, "bontang") == content
    plant(root, "bontang/tenant.yaml", put("prefix", value="BON"))
    assert pack_archive(root, "bontang") != content


def test_what_is_unpacked_is_the_pack(tmp_path: Path, content: bytes) -> None:
    assert unpack(content, tmp_path, name="x") == "bontang"
    assert read_pack(tmp_path, "bontang") == read_pack(TENANTS, "bontang")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"bontang", "_base", "_bylaws"}
    assert len(list((tmp_path / "_bylaws").iterdir())) < len(list((TENANTS / "_bylaws").iterdir()))


def _entry(name: str, **set_to: Any) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    for key, value in set_to.items():
        setattr(made, key, value)
    return made


LINK = {"external_attr": (stat.S_IFLNK | 0o777) << 16, "create_system": 3}
BAD_ENTRIES: dict[str, tuple[Callable[[zipfile.ZipFile], Any], str]] = {
    "a way up": (
        lambda z: z.writestr("../../etc/cron.yaml", "x"),
        "../../etc/cron.yaml: is not a path of a pack",
    ),
    "a way up inside": (lambda z: z.writestr("bontang/../x.yaml", "x"), "is not a path of a pack"),
    "the root": (lambda z: z.writestr("/etc/x.yaml", "x"), "/etc/x.yaml: is not a path of a pack"),
    "a drive": (lambda z: z.writestr("C:\\x.yaml", "x"), "is not a path of a pack"),
    "a hidden file": (lambda z: z.writestr("bontang/.x.yaml", "x"), "is not a path of a pack"),
    "a program": (lambda z: z.writestr("bontang/run.py", "x"), "is not a path of a pack"),
    "a zero in a name": (
        lambda z: z.writestr(_entry("a", filename="bontang/services/a.yaml\0.py"), "x"),
        "is not a path of a pack",
    ),
    "a link": (lambda z: z.writestr(_entry("bontang/services/a.yaml", **LINK), "/etc/passwd"), "is a link"),
    "a file twice": (lambda z: z.writestr("bontang/tenant.yaml", "x"), "bontang/tenant.yaml: is there twice"),
    "a bomb": (
        lambda z: z.writestr("bontang/services/a.yaml", b"0" * 300_000),
        "a file of a pack has at most",
    ),
    "a second tenant": (
        lambda z: z.writestr("sragen/tenant.yaml", "x"),
        "holds 2 tenants; an archive has one",
    ),
    "an odd compression": (
        lambda z: z.writestr("bontang/services/a.yaml", b"x", zipfile.ZIP_LZMA),
        "is compressed in a way that is not read",
    ),
    "too many files": (
        lambda z: [z.writestr(f"bontang/services/a{at}.yaml", "x") for at in range(MOST_FILES)],
        "files; an archive has at most",
    ),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_has_no_place_in_a_pack_is_refused_before_anything_is_read(
    tmp_path: Path, content: bytes, name: str
) -> None:
    add, says = BAD_ENTRIES[name]
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        add(archive)
    folder = tmp_path / "in" / "here"
    with pytest.raises(Invalid) as refused:
        unpack(made.getvalue(), folder, name="x.ptsp-pack")
    assert says in str(refused.value)
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_an_entry_that_lies_about_its_length_is_refused(tmp_path: Path, content: bytes) -> None:
    """The directory says ten bytes, and the entry would unfold to a megabyte."""
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bontang/services/a.yaml", b"0" * 1_000_000)
        archive.infolist()[-1].file_size = 10
    with pytest.raises(Invalid, match="a.yaml"):
        unpack(made.getvalue(), tmp_path / "out", name="x")


@pytest.mark.parametrize("junk", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_archive_is_refused(tmp_path: Path, junk: bytes) -> None:
    with pytest.raises(Invalid, match="x"):
        unpack(junk, tmp_path / "out", name="x")


# signatures


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _certificate(key: Ed25519PrivateKey, begins: datetime, ends: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Biro Hukum")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, None)
    )
    return made.public_bytes(Encoding.PEM)


def test_a_trusted_signature_is_known_by_its_key_or_its_certificate(
    tmp_path: Path, content: bytes, key: Ed25519PrivateKey
) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(_public(Ed25519PrivateKey.generate()) + _public(key))
    signed = sign(content, key)
    assert verify(content, signed, read_signers(trust), now=NOW, name="x").startswith("key ")
    trust.write_bytes(_certificate(key, NOW - timedelta(1), NOW + timedelta(1)))
    assert verify(content, signed, read_signers(trust), now=NOW, name="x") == "CN=Biro Hukum"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda c, s, k: (c + b"\0", s), "was altered", id="another archive"),
        pytest.param(
            lambda c, s, k: (c, sign(c, Ed25519PrivateKey.generate())), "is not trusted", id="a stranger"
        ),
        pytest.param(lambda c, s, k: (c, sign(c + b"\0", k)), "was altered", id="the signature of another"),
        pytest.param(lambda c, s, k: (c, b""), "cannot be read", id="an empty signature"),
        pytest.param(lambda c, s, k: (c, b'{"key": "x"}'), "cannot be read", id="half a signature"),
        pytest.param(lambda c, s, k: (c, b"[]"), "cannot be read", id="a list"),
        pytest.param(lambda c, s, k: (c, s * 100), "cannot be read", id="a long one"),
        pytest.param(
            lambda c, s, k: (c, s.replace(b'"signature": "', b'"signature": "AAAA')),
            "was altered",
            id="more bytes",
        ),
    ],
)
def test_what_is_not_signed_by_somebody_trusted_is_refused(
    tmp_path: Path,
    content: bytes,
    key: Ed25519PrivateKey,
    spoil: Callable[..., tuple[bytes, bytes]],
    says: str,
) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(_public(key))
    archive, signature = spoil(content, sign(content, key), key)
    with pytest.raises(Forbidden, match=says):
        verify(archive, signature, read_signers(trust), now=NOW, name="x")


@pytest.mark.parametrize("days", [(-2, -1), (1, 2)])
def test_a_certificate_is_good_only_in_its_time(
    tmp_path: Path, content: bytes, key: Ed25519PrivateKey, days: tuple[int, int]
) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(_certificate(key, *(NOW + timedelta(one) for one in days)))
    with pytest.raises(Forbidden, match="not valid now"):
        verify(content, sign(content, key), read_signers(trust), now=NOW, name="x")


@pytest.mark.parametrize("written", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_file_without_keys_trusts_nobody(tmp_path: Path, written: bytes) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(written)
    with pytest.raises(Invalid, match="signers"):
        read_signers(trust)


def test_pack_sign_and_verify_at_the_command_line(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    archive, trust, private = tmp_path / f"bontang{SUFFIX}", tmp_path / "trust.pem", tmp_path / "key.pem"
    trust.write_bytes(_public(key))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def run(*words: object) -> Any:
        return CliRunner().invoke(packs, [str(word) for word in words])

    assert run("pack", "bontang", "-o", archive, "--dir", TENANTS).exit_code == 0
    assert "is not signed" in str(run("verify", archive, "--trust", trust).exception)
    assert run("sign", archive, "--key", private).exit_code == 0
    assert "signed by key" in run("verify", archive, "--trust", trust).output
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert "was altered" in str(run("verify", archive, "--trust", trust).exception)
    assert signature_path(archive).exists()
    assert "must end in .ptsp-pack" in str(run("pack", "bontang", "-o", tmp_path / "x.zip").exception)

"""What the service bus seals opens whole or not at all; sealed here by other means than those that are tried."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from ptsp.sdk import splp
from ptsp.sdk.errors import Misconfigured

ROWS = [{"no_permohonan": "SC/1", "status": "Selesai", "nama": "Contoh é"}, {"no_permohonan": "SC/2"}]
IV = bytes(range(12))
FORMS = [{"items": ROWS}, {"data": ROWS}, ROWS]


def sealed_elsewhere(value: object, salt: str, iv: bytes = IV) -> str:
    """AES in counter mode with its tag, from the primitives."""
    key = hashlib.sha256(salt.encode()).digest()
    sealing = Cipher(algorithms.AES256(key), modes.GCM(iv)).encryptor()
    body = sealing.update(json.dumps(value).encode()) + sealing.finalize()
    return (iv + body + sealing.tag).hex()


def opened_elsewhere(sealed: str, salt: str) -> object:
    raw = bytes.fromhex(sealed)
    key = hashlib.sha256(salt.encode()).digest()
    opening = Cipher(algorithms.AES256(key), modes.GCM(raw[:12], raw[-16:])).decryptor()
    return json.loads(opening.update(raw[12:-16]) + opening.finalize())


@pytest.mark.parametrize("form", FORMS, ids=["items", "data", "list"])
def test_both_ways_agree_with_another_way(form: object) -> None:
    assert splp.unseal(sealed_elsewhere(form, "garam"), "garam") == ROWS
    assert splp.unseal(sealed_elsewhere(form, "garam").upper(), "garam") == ROWS
    assert opened_elsewhere(splp.seal(form, "garam", iv=IV), "garam") == form


def test_a_known_reply_opens() -> None:
    """Sealed by Node's crypto and written down, so that both sides cannot change together."""
    known = "000102030405060708090a0b3cdefe5e4ac277506196ae39140cf6e01235395ce900d71cecdbc0892615e36cf32aaafff3025f71"
    assert splp.unseal(known, "garam") == [{"no": "1"}]


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_changed_bit_gives_nothing(at: int, bit: int) -> None:
    raw = bytearray(bytes.fromhex(sealed_elsewhere({"items": ROWS}, "garam")))
    raw[at % len(raw)] ^= 1 << bit
    with pytest.raises(splp.WrongSalt) as caught:
        splp.unseal(raw.hex(), "garam")
    assert "SC/1" not in repr(caught.value) + repr(caught.value.__context__)


@given(salt=st.text(max_size=20).filter(lambda one: one != "garam"))
def test_another_salt_gives_nothing(salt: str) -> None:
    with pytest.raises(splp.WrongSalt):
        splp.unseal(sealed_elsewhere({"items": ROWS}, "garam"), salt)


@given(keep=st.integers(0, 10_000))
def test_a_reply_cut_short_gives_nothing(keep: int) -> None:
    whole = sealed_elsewhere({"items": ROWS}, "garam")
    with pytest.raises((splp.Unsealed, splp.WrongSalt)):
        splp.unseal(whole[: keep % len(whole)], "garam")


@pytest.mark.parametrize(
    "odd", ["", "0", "zz" * 40, "00" * 28, " " + "00" * 40, "0x" + "00" * 40, "00" * 40 + "\n"]
)
def test_what_is_no_sealed_reply_is_told(odd: str) -> None:
    with pytest.raises(splp.Unsealed):
        splp.unseal(odd, "garam")


@pytest.mark.parametrize(
    "inside", [{}, {"items": {}}, {"items": ["a"]}, {"data": None}, "words", 7, {"items": [[]]}]
)
def test_anything_but_rows_is_told(inside: object) -> None:
    with pytest.raises(splp.strict_json.Malformed):
        splp.unseal(sealed_elsewhere(inside, "garam"), "garam")


def test_paths_and_keys() -> None:
    assert splp.path("api/sicantik", "1") == "/api/sicantik/1"
    assert splp.path("master_data_wilayah_provinsi", "2.0", domain="jatimprov.go.id") == (
        "/t/jatimprov.go.id/master_data_wilayah_provinsi/2.0"
    )
    for api in ("", "/x", "a/../b", "a b", "a?b"):
        with pytest.raises(Misconfigured):
            splp.path(api, "1")
    keys = splp.Keys.read(b'{"apikey":"a-1","token":"t-2","salt":"s-3"}')
    assert keys == splp.Keys("a-1", "t-2", "s-3")
    assert keys.headers("auth") == {"apikey": "a-1", "auth": "Bearer t-2"}
    assert not {"a-1", "t-2", "s-3"} & set(repr(keys).replace("'", " ").split())
    assert splp.Keys.read(b"word").salt == "word"
    with pytest.raises(Misconfigured) as caught:
        splp.Keys.read(b'{"apikey":"a-1"}')
    assert "a-1" not in str(caught.value)

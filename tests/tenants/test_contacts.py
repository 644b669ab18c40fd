"""Where messages to roles go: written in packs, kept in the database, and absent from what was stored before."""

from pathlib import Path

import pytest

from ptsp.infra.packs import check_packs, pack_from_json, pack_to_json, read_pack
from ptsp.kernel.mail import is_address
from ptsp.kernel.specs import Contact
from ptsp.sdk.addresses import read_reach
from tests.tenants.planting import TENANTS, copied, is_named, plant, put

OFFICES = sorted(one.name for one in TENANTS.iterdir() if (one / "tenant.yaml").is_file())
AGENCIES = "sidoarjo/agencies.yaml"

HERE = read_reach("127.0.0.1:9000,localhost:80")


@pytest.mark.parametrize("code", OFFICES)
def test_every_office_says_where_its_head_and_its_supervisor_are_reached(code: str) -> None:
    contacts = read_pack(TENANTS, code).contacts
    host = code.replace("_", "-")  # which a host's name cannot have
    assert contacts == {
        "head": Contact(email=f"kepala@{host}.example"),
        "supervisor": Contact(email=f"pengawas@{host}.example"),
    }
    assert all(is_address(str(one.email)) for one in contacts.values())


def test_contacts_of_agencies_and_gateways_are_read_and_come_back_from_the_database(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    contact = {"email": "pupr@sidoarjo.example", "webhook": "https://gateway.example/pupr"}
    plant(root, AGENCIES, put("agencies", 0, "contacts", value=contact))
    pack = read_pack(root, "sidoarjo")
    assert pack.agencies["public_works"].contact == Contact(**contact)
    assert pack.agencies["land"].contact is None
    assert pack_from_json(pack_to_json(pack)) == pack


def test_a_pack_that_was_stored_before_there_were_contacts_is_still_read() -> None:
    stored = pack_to_json(read_pack(TENANTS, "sidoarjo"))
    del stored["contacts"]
    for agency in stored["agencies"].values():
        del agency["contact"]
    pack = pack_from_json(stored)
    assert pack.contacts == {}
    assert all(agency.contact is None for agency in pack.agencies.values())
    del stored["prefix"]
    with pytest.raises(KeyError, match="prefix"):
        pack_from_json(stored)


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://gateway.example", True),
        ("https://gateway.example:8443/ptsp/hook", True),
        ("http://127.0.0.1:9000/hook", True),
        ("http://localhost/hook", True),
        ("http://gateway.example/hook", False),
        ("http://127.0.0.1.gateway.example/hook", False),
        ("https://gateway.example:port/", False),
        ("https://user:word@gateway.example/", False),
        ("https://gateway.example/?key=word", False),
        ("ftp://gateway.example/", False),
        ("https://", False),
    ],
)
def test_a_gateway_is_reached_by_https_and_its_address_holds_no_secret(
    tmp_path: Path, url: str, *, is_right: bool
) -> None:
    root = copied(tmp_path, "sidoarjo")
    path = plant(root, AGENCIES, put("agencies", 0, "contacts", value={"webhook": url}))
    faults = check_packs(root, reach=HERE)
    assert is_right == (faults == [])
    assert is_right or is_named(faults, AGENCIES, f"{path}.webhook", "")

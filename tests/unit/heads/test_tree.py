"""The root of a ledger: two trees that were written apart, and RFC 6962's own words, come to the same."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.domain.heads import Tree
from ptsp.verifier.heads import root_of

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# Inputs and roots that Certificate Transparency's programs are tested with.
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def streamed(leaves: list[bytes]) -> bytes:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def by_levels(leaves: list[bytes]) -> bytes:
    return root_of([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves])


def as_written(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + as_written(leaves[:split]) + as_written(leaves[split:])).digest()


def test_no_leaf_at_all() -> None:
    assert streamed([]).hex() == by_levels([]).hex() == EMPTY


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size: int) -> None:
    assert streamed(INPUTS[:size]).hex() == by_levels(INPUTS[:size]).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_all_three_agree(leaves: list[bytes]) -> None:
    assert streamed(leaves) == by_levels(leaves) == as_written(leaves)

"""Fault scripts: the same seed, the same faults; a script that cannot be followed says why."""

import pytest

from ptsp.sdk.simulator import BadScript, Faults, Rule, Script, asks_for_rejection


def drawn(script: object, times: int, *, agency: str = "a/b", method: str = "POST") -> list[bool]:
    faults = Faults(Script.read(script))
    return [
        faults.draw(agency=agency, kind="look" if method == "GET" else "ask") is not None
        for _ in range(times)
    ]


def test_every_third_request_is_struck() -> None:
    assert drawn({"do": "500", "every": 3}, 6) == [False, False, True, False, False, True]


def test_the_first_two_are_struck() -> None:
    assert drawn([{"do": "html", "first": 2}], 4) == [True, True, False, False]


def test_a_rule_without_a_choice_strikes_always() -> None:
    assert drawn({"do": "500"}, 2) == [True, True]


def test_a_share_is_the_same_for_the_same_seed() -> None:
    script = {"seed": 7, "rules": [{"do": "500", "share": 0.5}]}
    assert drawn(script, 50) == drawn(script, 50)
    assert drawn(script, 50) != drawn({**script, "seed": 8}, 50)
    assert 10 < sum(drawn(script, 50)) < 40


def test_a_rule_keeps_to_its_agency_and_its_kind_of_request() -> None:
    only = {"do": "500", "agency": "a/b", "on": "look"}
    assert drawn(only, 1, method="GET") == [True]
    assert drawn(only, 1, method="POST") == [False]
    assert drawn(only, 1, method="GET", agency="a/c") == [False]


def test_an_outage_goes_by_the_clock() -> None:
    now = [100.0]
    faults = Faults(Script.read({"do": "outage", "at": 2, "lasts": 1, "again": 10}), lambda: now[0])
    struck = []
    for second in range(24):
        now[0] = 100.0 + second
        struck.append(faults.draw(agency="a/b", kind="ask") is not None)
    assert [second for second, one in enumerate(struck) if one] == [2, 12, 22]


def test_a_time_out_lasts_half_a_minute_unless_told() -> None:
    assert Script.read({"do": "timeout"}).rules == (Rule("timeout", every=1, seconds=30.0),)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ("500", "a script is"),
        ({"do": "explode"}, "rules[0].do"),
        ([{"do": "500"}, {"do": "500", "ever": 7}], "rules[1].ever"),
        ({"do": "500", "every": -1}, "rules[0].every"),
        ({"do": "500", "every": True}, "rules[0].every"),
        ({"do": "500", "on": "monday"}, "rules[0].on"),
        ({"rules": {}}, "rules"),
        ({"rules": ["500"]}, "rules[0]"),
        ({"speed": 1}, "script.speed"),
        ({"delay_s": "soon"}, "script.delay_s"),
    ],
)
def test_a_script_that_cannot_be_followed_names_the_field(raw: object, named: str) -> None:
    with pytest.raises(BadScript) as caught:
        Script.read(raw)
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    ("address", "rejects"),
    [
        ("Jl. Contoh 1", False),
        ("Jl. Contoh 1 uji:tolak", True),
        ("Jl. Contoh 1 uji:tolak:public_works", True),
        ("Jl. Contoh 1 uji:tolak:environment", False),
        ("Jl. Contoh 1 uji:tolakan", False),
    ],
)
def test_a_marker_in_the_address_decides(address: str, rejects: bool) -> None:  # noqa: FBT001
    assert asks_for_rejection(address, agency="public_works") is rejects

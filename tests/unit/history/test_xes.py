"""Event logs: what is read of a sound one, and how a broken one is refused."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ptsp.infra.xes import PIECE, LoggedEvent, read_cases
from ptsp.kernel.errors import Invalid
from tests.unit.history.logs import (
    HEAD,
    attribute,
    case,
    event,
    log,
    permit,
    read,
    taken_before_a_fault,
    written,
)

MIDNIGHT = "2012-04-01T00:00:00+02:00"
BOMB = '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE_ENTITY = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def test_a_case_with_its_events(tmp_path: Path) -> None:
    more = (
        attribute("string", "lifecycle:transition", "complete"),
        attribute("string", "org:resource", "560872"),
        attribute("string", "question", "EMPTY"),
    )
    (one,) = read(
        tmp_path, log(case("case-1", attribute("float", "fee", "12.50"), event("a", MIDNIGHT, *more)))
    )
    assert (one.case_id, one.attributes, one.dates) == ("case-1", {"fee": 12.5}, {})
    at = datetime(2012, 3, 31, 22, tzinfo=UTC)
    assert one.events == (LoggedEvent(1, "a", "complete", "560872", at, {"question": "EMPTY"}),)


@pytest.mark.parametrize(
    ("written_at", "utc"),
    [
        ("2012-01-15T00:00:00+01:00", datetime(2012, 1, 14, 23, tzinfo=UTC)),
        ("2012-07-15T00:00:00+02:00", datetime(2012, 7, 14, 22, tzinfo=UTC)),
        ("2012-07-15T10:00:00.123456Z", datetime(2012, 7, 15, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2012-12-16T19:33:10", datetime(2012, 12, 16, 19, 33, 10, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_by_its_offset(tmp_path: Path, written_at: str, utc: datetime) -> None:
    (one,) = read(tmp_path, log(case("1", event("a", written_at))))
    assert one.events[0].at == utc


def test_the_order_of_the_file_is_the_order(tmp_path: Path) -> None:
    names = ["z", "a", "m", "a"]
    (one,) = read(tmp_path, log(case("1", *(event(name, MIDNIGHT) for name in names))))
    assert [(event.position, event.name) for event in one.events] == list(enumerate(names, 1))


def test_words_for_nothing_are_words(tmp_path: Path) -> None:
    resource = attribute("string", "org:resource", "UNKNOWN")
    (one,) = read(
        tmp_path, log(case("NA", attribute("string", "group", "NA"), event("NA", MIDNIGHT, resource)))
    )
    assert (one.case_id, one.attributes) == ("NA", {"group": "NA"})
    assert (one.events[0].name, one.events[0].resource) == ("NA", "UNKNOWN")


@pytest.mark.parametrize(
    ("kind", "value", "comes_to"),
    [
        ("string", " <a> & 'b' ", " <a> & 'b' "),
        ("id", "0b4e", "0b4e"),
        ("date", MIDNIGHT, MIDNIGHT),
        ("int", "-7", -7),
        ("float", "2.3E2", 230.0),
        ("float", "NaN", "NaN"),
        ("float", "-INF", "-INF"),
        ("boolean", "TRUE", True),
        ("boolean", "0", False),
    ],
)
def test_a_value_keeps_its_kind(tmp_path: Path, kind: str, value: str, comes_to: object) -> None:
    (one,) = read(tmp_path, log(case("1", attribute(kind, "x", value))))
    assert one.attributes == {"x": comes_to}
    assert type(one.attributes["x"]) is type(comes_to)


def test_attributes_inside_attributes(tmp_path: Path) -> None:
    inner = attribute("int", "n", "1", attribute("boolean", "sure", "true"))
    entries = attribute("string", "part", "roof") + attribute("string", "part", "wall")
    many = f'<list key="parts"><values>{entries}</values></list><list key="none"/>'
    (one,) = read(tmp_path, log(case("1", attribute("string", "x", "y", inner), many)))
    assert one.attributes == {
        "x": {"value": "y", "attributes": {"n": {"value": 1, "attributes": {"sure": True}}}},
        "parts": {"attributes": [{"part": "roof"}, {"part": "wall"}]},
        "none": {"attributes": []},
    }


def test_what_lies_inside_a_field_is_kept(tmp_path: Path) -> None:
    resource = attribute("string", "org:resource", "R1", attribute("string", "role", "clerk"))
    (one,) = read(tmp_path, log(case("1", event("a", MIDNIGHT, resource))))
    assert one.events[0].resource == "R1"
    assert one.events[0].attributes == {"org:resource": {"value": "R1", "attributes": {"role": "clerk"}}}


CONTENT = log(permit("1"), permit("2"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.xes", CONTENT.encode()),
        ("zipped.xes.gz", CONTENT.encode()),
        ("marked.xes", b"\xef\xbb\xbf" + CONTENT.encode()),
        ("wide.xes", CONTENT.replace("UTF-8", "UTF-16").encode("utf-16")),
        ("bare.xes", log(permit("1"), permit("2"), namespace="").encode()),
        (
            "prefixed.xes",
            CONTENT.replace("xmlns=", "xmlns:x=").replace("</", "</x:").replace("<", "<x:").encode(),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_same_in_every_dress(tmp_path: Path, name: str, content: bytes) -> None:
    if name.startswith("prefixed"):
        content = content.replace(b"<x:/x:", b"</x:").replace(b"<x:?xml", b"<?xml")
    assert read(tmp_path, content, name) == read(tmp_path, CONTENT)
    assert len(read(tmp_path, CONTENT)) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            log(case("7", event("a", "yesterday"))),
            "b.xes, case 7, event 1, time:timestamp: 'yesterday' is no date",
        ),
        (log(permit("7"), case("8", "<event/>")), "b.xes, case 8, event 1, time:timestamp: is missing"),
        (
            log(case("8", f"<event>{attribute('date', 'time:timestamp', MIDNIGHT)}</event>")),
            "b.xes, case 8, event 1, concept:name: is missing",
        ),
        (
            log(case("8", f"<event>{attribute('string', 'time:timestamp', MIDNIGHT)}</event>")),
            "b.xes, case 8, event 1, time:timestamp: must be a date",
        ),
        (log(permit("7"), "<trace/>"), "b.xes, case no. 2, concept:name: is missing"),
        (log(case(" ")), "b.xes, case no. 1, concept:name: must have 1 to 200 characters"),
        (log(case("x" * 201)), "b.xes, case no. 1, concept:name: must have 1 to 200 characters"),
        (log(permit("7"), permit("7")), "b.xes, case no. 2, concept:name: there was a case '7' before"),
        (log(case("7", attribute("int", "n", "1_0"))), "b.xes, case 7, n: '1_0' is no int"),
        (log(case("7", attribute("float", "n", "1_0.5"))), "b.xes, case 7, n: '1_0.5' is no float"),
        (log(case("7", attribute("float", "n", "much"))), "b.xes, case 7, n: 'much' is no float"),
        (log(case("7", attribute("boolean", "n", "maybe"))), "b.xes, case 7, n: 'maybe' is no boolean"),
        (
            log(case("7", attribute("colour", "n", "red"))),
            "b.xes, case 7, n: 'colour' is no kind of attribute",
        ),
        (log(case("7", '<int value="1"/>')), "b.xes, case 7, int: has no key"),
        (log(case("7", '<int key="n"/>')), "b.xes, case 7, n: has no value"),
        (log(case("7", *[attribute("int", "n", "1")] * 2)), "b.xes, case 7, n: is there twice"),
        (
            log(case("7", event("a", MIDNIGHT, attribute("string", "concept:name", "b")))),
            "b.xes, case 7, event 1, concept:name: is there twice",
        ),
        (
            log(case("7", '<container key="c">' * 21 + "</container>" * 21)),
            "b.xes, case 7, c: lies more than 20 attributes deep",
        ),
        (f"{HEAD}<trace/>", "b.xes, trace: is not an event log: the first element must be `log`"),
        (f"{HEAD}<log><trace></log>", "b.xes, case no. 1: is not well-formed XML: mismatched tag"),
        (log(permit("7"))[:-9], "b.xes, case 7: is not well-formed XML: unclosed token"),
        ("", "b.xes: is not well-formed XML: no element found"),
        (log(permit("7"), head=HEAD + BOMB), "b.xes, DOCTYPE: a document type declaration is not taken"),
        (
            log(permit("7"), head=HEAD + FILE_ENTITY),
            "b.xes, DOCTYPE: a document type declaration is not taken",
        ),
        (
            log(case("&b;")).replace("&amp;", "&"),
            "b.xes, case no. 1: is not well-formed XML: undefined entity",
        ),
    ],
)
def test_a_broken_file_is_refused_by_its_place(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(tmp_path, content, "b.xes")
    (fault,) = refused.value.faults
    assert str(fault).startswith(f"{said} (line ")


def test_a_zipped_file_that_is_cut_off_gives_the_cases_before(tmp_path: Path) -> None:
    path = written(tmp_path / "b.xes.gz", log(*(permit(str(number)) for number in range(2000))))
    path.write_bytes(path.read_bytes()[:-2000])
    seen: list[str] = []
    with pytest.raises(Invalid, match="the compressed file is damaged or cut off"):
        taken_before_a_fault(read_cases(path), seen)
    assert seen == [str(number) for number in range(len(seen))]
    assert len(seen) > 100


def test_a_fault_comes_after_the_cases_before_it(tmp_path: Path) -> None:
    path = written(tmp_path / "b.xes", log(permit("1"), permit("2"), case("3", "<event/>"), permit("4")))
    seen: list[str] = []
    with pytest.raises(Invalid):
        taken_before_a_fault(read_cases(path), seen)
    assert seen == ["1", "2"]


def test_progress_ends_with_the_size_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "b.xes.gz", log(*(permit(str(number)) for number in range(500))))
    heard: list[int] = []
    assert len(list(read_cases(path, heard.append))) == 500
    assert heard == sorted(heard)
    assert heard[-1] == path.stat().st_size


def _peak(path: Path) -> int:
    tracemalloc.start()
    try:
        for _ in read_cases(path):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Only the ids of cases are kept: under 200 bytes each, where one as it is read takes some thousands."""
    few, many = (
        _peak(written(tmp_path / f"{count}.xes", log(*(permit(f"case {n}") for n in range(count)))))
        for count in (200, 4000)
    )
    tell(f"peak of 200 cases {few} bytes, of 4000 {many}; a piece is {PIECE}")
    assert many - few < 3800 * 200

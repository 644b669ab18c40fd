"""Lists of cases: every connector that offers one keeps its contract, and no page is believed before it was held."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.gateway import Registry
from ptsp.kernel.errors import Invalid
from ptsp.sdk import listings, strict_json
from ptsp.sdk.contract import Listed, Settings, Verdict
from ptsp.sdk.errors import Misconfigured, TryLater, Why
from ptsp.sdk.listing_testing import CalledListingContract, ListingContract
from ptsp.sdk.manifest import read_manifest
from ptsp.sdk.quality import Subject, quality_faults
from ptsp.sdk.simulator import BadScript, Faults, Script
from ptsp.sdk.workbench import Letterbox, Workbench, workbench

ROOT = Path(__file__).resolve().parents[2] / "connectors"
MANIFESTS = Registry(ROOT).manifests
FOLDERS = ["files"]
CALLED = sorted(code for code, manifest in MANIFESTS.items() if manifest.lists and code not in FOLDERS)
KEY = "11111111-1111-4111-8111-111111111111"
SINCE, UNTIL = "2026-11-23T00:00:00+07:00", "2026-11-24T00:00:00+07:00"
WINDOW = listings.Window.of(SINCE, UNTIL)
ROW = {"key": KEY, "number": "K-1", "opened_at": "2026-11-23T09:15:00+07:00", "state": "approved"}
FIRST = datetime.fromisoformat("2026-11-20T00:00:00")
STATES = {"approved": Verdict.APPROVED, "rejected": Verdict.REJECTED, "open": None}


@pytest.fixture
def bench(code: str, registry: Registry, tmp_path: Path) -> Iterator[Workbench]:
    with workbench(
        folder=ROOT / code,
        manifest=registry.manifest(code),
        kind=registry.fake_agency(code),
        make=lambda settings: registry.build_any(code, settings),
        books=tmp_path / "books.sqlite",
    ) as ready:
        yield ready


@pytest.mark.parametrize("code", CALLED)
class TestEveryListThatIsAskedFor(CalledListingContract):
    pass


@pytest.mark.parametrize("code", FOLDERS)
class TestEveryListInAFolder(ListingContract):
    pass


def test_those_that_list_are_those_that_say_so() -> None:
    assert {code for code, manifest in MANIFESTS.items() if manifest.lists} == {*CALLED, *FOLDERS}
    assert {"permits", "ho", "soap"} <= set(CALLED)


# ------------------------------------------------------------------------------------------ one page


def page(*rows: dict[str, object], was: str | None = None, after: object = None) -> tuple[Listed, ...]:
    return listings.page(
        listings.rows({"cases": list(rows)}, "cases"), STATES, WINDOW, was=was, after=after
    ).cases


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"opened_at": "2026-11-23T09:15:00"}, "cases[0].opened_at: must be a time with its offset"),
        ({"opened_at": "2026-02-30T09:15:00Z"}, "cases[0].opened_at: must be a time with its offset"),
        ({"opened_at": 1_790_000_000}, "cases[0].opened_at: must be a non-empty text"),
        ({"opened_at": UNTIL}, "cases[0].opened_at: lies outside of what was asked for"),
        (
            {"opened_at": "2026-11-22T16:59:59.999999Z"},
            "cases[0].opened_at: lies outside of what was asked for",
        ),
        ({"number": ""}, "cases[0].number: must be a non-empty text"),
        ({"number": "9" * 101}, "cases[0].number: longer than 100 characters"),
        ({"key": 7}, "cases[0].key: must be a non-empty text"),
        ({"key": "k" * 101}, "cases[0].key: longer than 100 characters"),
        ({"state": "maybe"}, "cases[0].state: must be one of approved, open, rejected"),
        ({"state": None}, "cases[0].state: must be a non-empty text"),
    ],
)
def test_a_row_that_cannot_be_believed_is_named_by_its_place(row: dict[str, object], said: str) -> None:
    with pytest.raises(TryLater) as caught, listings.readable():
        page({**ROW, **row})
    assert str(caught.value).startswith(f"the agency's list makes no sense: {said}")
    assert (caught.value.why, caught.value.unknown) == (Why.NONSENSE, False)


@pytest.mark.parametrize(
    ("rows", "was", "after", "said"),
    [
        ([ROW], "7", "7", "after: leads nowhere"),
        ([], None, "7", "after: leads nowhere"),
        ([ROW], None, 7, "after: must be a non-empty text"),
        ([ROW], None, "x" * 201, "after: longer than 200 characters"),
        ([ROW] * 501, None, None, "more than 500 cases"),
    ],
)
def test_a_page_without_end_or_measure_is_refused(
    rows: list[dict[str, object]], was: str | None, after: object, said: str
) -> None:
    with pytest.raises(strict_json.Malformed, match=said):
        page(*rows, was=was, after=after)


def test_what_contradicts_itself_is_passed_on() -> None:
    doubled = page(ROW, {**ROW, "number": "K-2", "state": "open"}, {**ROW, "key": ""}, {**ROW, "key": None})
    assert [(one.key, one.number, one.verdict) for one in doubled] == [
        (KEY, "K-1", Verdict.APPROVED),
        (KEY, "K-2", None),
        ("", "K-1", Verdict.APPROVED),
        ("", "K-1", Verdict.APPROVED),
    ]


@given(
    at=st.datetimes(FIRST, FIRST + timedelta(days=7)),
    zone=st.integers(-12 * 60, 14 * 60),
)
def test_a_case_is_in_a_window_by_its_moment_not_by_its_writing(at: datetime, zone: int) -> None:
    """Half-open: windows that follow each other hold each case once, whatever offset it was written with."""
    sign, minutes = "-" if zone < 0 else "+", abs(zone)
    written = f"{at.isoformat()}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    edges = [datetime.fromisoformat(f"2026-11-{day}T00:00:00+07:00") for day in range(17, 31)]
    windows = [listings.Window(*pair) for pair in zip(edges, edges[1:], strict=False)]
    moment = listings.moment(written)
    assert sum(moment in window for window in windows) == 1
    for window in windows:
        try:
            found = listings.page(
                [("x", {**ROW, "opened_at": written})], STATES, window, was=None, after=None
            )
            assert moment in window
            assert datetime.fromisoformat(found.cases[0].opened_at) == moment
        except strict_json.Malformed:
            assert moment not in window


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (SINCE, UNTIL, [23]),
        (SINCE, "2026-11-24T00:00:01+07:00", [23, 24]),
        ("2026-11-22T23:00:00+07:00", "2026-11-24T01:00:00+07:00", [22, 23, 24]),
        (SINCE, "2026-11-23T17:00:00Z", [23]),
    ],
)
def test_the_days_of_a_window_are_those_of_its_zone(since: str, until: str, days: list[int]) -> None:
    assert [day.day for day in listings.Window.of(since, until).days()] == days


# ------------------------------------------------------------------------------------------ odd agencies

TEXT = {"Content-Type": "text/plain"}
LINE = f"{KEY}|HO-1|2026-11-23T09:15:00+07:00|SETUJU"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LINE, "the last line"),
        (f"{LINE}\nHABIS|2", "the last line"),
        (f"{LINE}\nLANJUT|1", "the last line"),
        (f"{LINE}\nLANJUT|1|", "the last line"),
        (f"{LINE}|x\nHABIS|1", "line 1: must hold four words"),
        (f"{LINE}\n{LINE.replace('SETUJU', 'MUNGKIN')}\nHABIS|2", "line 2.keadaan: must be one of"),
        ("HABIS", "the last line"),
    ],
)
def test_lines_that_were_cut_short_are_no_list(registry: Registry, body: str, said: str) -> None:
    with Letterbox(body=body.encode(), answer_headers=TEXT).open() as box:
        connector: Any = registry.build("ho", Settings(box.url, b"s" * 32))
        with pytest.raises(TryLater, match=said):
            connector.list_cases(SINCE, UNTIL)


def test_lines_may_end_as_windows_ends_them_and_a_key_may_be_missing(registry: Registry) -> None:
    body = f"{LINE}\r\n{LINE.removeprefix(KEY)}\r\nLANJUT|2|9 a\r\n"
    with Letterbox(body=body.encode(), answer_headers=TEXT).open() as box:
        connector: Any = registry.build("ho", Settings(box.url, b"s" * 32))
        found = connector.list_cases(SINCE, UNTIL)
        assert [(one.key, one.number) for one in found.cases] == [(KEY, "HO-1"), ("", "HO-1")]
        with pytest.raises(TryLater, match="after: leads nowhere"):
            connector.list_cases(SINCE, UNTIL, found.after)
    assert "lanjut=9+a" in box.arrivals[1].path


def test_an_interface_of_the_agency_s_own_may_have_no_list(registry: Registry) -> None:
    wsdl = (ROOT / "soap" / "perizinan.wsdl").read_text()
    without = wsdl.replace('<operation name="DaftarPermohonan"', '<operation name="Lain"')
    with Letterbox(body=without.encode(), answer_headers={"Content-Type": "text/xml"}).open() as box:
        options = {"wsdl_url": f"{box.url}/perizinan.wsdl"}
        connector: Any = registry.build("soap", Settings(box.url, b"s" * 32, options=options))
        with pytest.raises(Misconfigured, match="DaftarPermohonan"):
            connector.list_cases(SINCE, UNTIL)


@pytest.mark.parametrize("code", ["soap"])
def test_what_was_filed_twice_is_listed_twice_under_one_key(bench: Workbench, code: str) -> None:
    connector, question = bench.connector(), bench.question()
    numbers = [connector.ask(question).agency_ref for _ in range(2)]
    since = bench.agency.desk.books.effects()[0].opened
    found = connector.list_cases(since.isoformat(), (since + timedelta(minutes=1)).isoformat())
    assert [(one.key, one.number) for one in found.cases] == [(question.key, number) for number in numbers]


# ------------------------------------------------------------------------------------------ a folder

HEAD = "kunci;nomor;dibuka;hasil"
CELLS = f"{KEY};B-1;2026-11-23T09:15:00+07:00;SETUJU"


class Folder:
    def __init__(self, registry: Registry, drop: Path, **options: object) -> None:
        self._place = drop / "in"
        self._place.mkdir(parents=True)
        self.connector: Any = registry.build("files", Settings(drop.as_uri(), b"s" * 32, "", options))

    def leave(self, *lines: str, end: str = "SELESAI", day: int = 23) -> None:
        (self._place / f"daftar-2026-11-{day}.csv").write_text("\n".join([HEAD, *lines, end]))


@pytest.fixture
def drop(registry: Registry, tmp_path: Path) -> Folder:
    return Folder(registry, tmp_path / "drop")


@pytest.mark.parametrize(
    ("lines", "end", "said"),
    [
        ([CELLS], "", "still being written"),
        ([CELLS], "SELESAI;9", "line 3: the end mark says 9"),
        ([CELLS, "x;y"], "SELESAI", "line 3: has 2 cells, not 4"),
        ([CELLS.replace("SETUJU", "MUNGKIN")], "SELESAI", "line 2.hasil: must be one of"),
        ([CELLS.replace("+07:00", "")], "SELESAI", "line 2.dibuka: must be a time with its offset"),
        ([CELLS.replace("11-23", "11-22")], "SELESAI", "line 2.dibuka: is of another day"),
        ([CELLS.replace("B-1", "")], "SELESAI", "line 2.nomor: must be a non-empty text"),
    ],
)
def test_a_list_with_one_bad_row_is_not_taken(drop: Folder, lines: list[str], end: str, said: str) -> None:
    drop.leave(*lines, end=end)
    with pytest.raises(TryLater, match=r"in/daftar-2026-11-23\.csv") as caught:
        drop.connector.list_cases(SINCE, UNTIL)
    assert said in str(caught.value)
    assert not caught.value.unknown


def test_a_day_without_its_list_is_asked_for_later(drop: Folder) -> None:
    drop.leave(CELLS)
    assert len(drop.connector.list_cases(SINCE, UNTIL).cases) == 1
    with pytest.raises(TryLater, match=r"in/daftar-2026-11-24\.csv: is not there yet") as caught:
        drop.connector.list_cases(SINCE, "2026-11-24T01:00:00+07:00")
    assert (caught.value.why, caught.value.unknown) == (Why.BUSY, False)


def test_a_long_list_is_given_by_pages_and_a_new_one_starts_anew(drop: Folder) -> None:
    lines = [
        f";B-{at};2026-11-23T{at // 60:02d}:{at % 60:02d}:00+07:00;PROSES" for at in range(2 * listings.MOST)
    ]
    drop.leave(*lines)
    drop.leave(CELLS.replace("11-23", "11-24"), day=24)
    pages, after = [], None
    for _ in range(3):
        pages.append(drop.connector.list_cases(SINCE, "2026-11-24T12:00:00+07:00", after))
        after = pages[-1].after
    assert [len(one.cases) for one in pages] == [500, 500, 1]
    assert after is None
    assert len({one.number for page in pages for one in page.cases}) == 1_000  # B-1 is in both
    drop.leave(*lines[1:])
    with pytest.raises(TryLater, match="changed while it was read"):
        drop.connector.list_cases(SINCE, "2026-11-24T12:00:00+07:00", pages[0].after)


def test_without_end_marks_a_list_counts_once_it_rests(registry: Registry, tmp_path: Path) -> None:
    drop = Folder(registry, tmp_path / "drop", end_mark=False)
    for lines in ([CELLS], [CELLS, CELLS]):
        drop.leave(*lines, end="")
        with pytest.raises(TryLater, match="may still be being written"):
            drop.connector.list_cases(SINCE, UNTIL)
    assert len(drop.connector.list_cases(SINCE, UNTIL).cases) == 2


@pytest.mark.parametrize("code", FOLDERS)
@pytest.mark.parametrize("fault", ["html", "half_written"])
def test_a_spoilt_list_in_a_folder_is_no_list(bench: Workbench, code: str, fault: str) -> None:
    bench.agency.desk.faults.follow(Script.read({"do": fault, "on": "list"}))
    connector = bench.connector()
    connector.ask(bench.question())
    opened = bench.effects(1)[0].opened + timedelta(hours=7)
    with pytest.raises(TryLater, match=r"in/daftar-"):
        connector.list_cases(f"{opened:%Y-%m-%d}T00:00:00+07:00", f"{opened:%Y-%m-%d}T23:59:59+07:00")


# ------------------------------------------------------------------------------------------ promises


def test_faults_of_lists_strike_lists_and_nothing_else() -> None:
    faults = Faults(Script.read([{"do": "forgets"}, {"do": "html", "on": "list", "agency": "a/b"}]))
    struck = [faults.draw(agency="a/c", kind=kind) for kind in ("ask", "look", "list")]
    assert [rule and rule.do for rule in struck] == [None, None, "forgets"]
    for raw, said in (
        ({"do": "forgets", "on": "lists"}, "ask, look, list or any"),
        ({"page": 0}, "script.page"),
    ):
        with pytest.raises(BadScript, match=said):
            Script.read(raw)


def test_a_manifest_says_plainly_whether_cases_can_be_listed() -> None:
    raw = yaml.safe_load((ROOT / "permits" / "manifest.yaml").read_text())
    assert read_manifest(raw, where="m").lists
    assert not read_manifest({name: value for name, value in raw.items() if name != "lists"}, where="m").lists
    with pytest.raises(Invalid, match=r"lists.*must be true or false"):
        read_manifest({**raw, "lists": "yes"}, where="m")


def copied(tmp_path: Path, *pairs: tuple[str, str, str]) -> Path:
    folder = tmp_path / "connectors" / "permits"
    folder.mkdir(parents=True)
    for path in (ROOT / "permits").glob("*.*"):
        (folder / path.name).write_text(path.read_text())
    for name, old, new in pairs:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))
    return folder.parent


@pytest.mark.parametrize(("word", "method"), [("lists: true", "list_cases"), ("finds: true", "find")])
def test_what_a_manifest_says_can_be_asked_has_its_method(tmp_path: Path, word: str, method: str) -> None:
    changed = ("connector.py", "def list_cases", "def other_cases"), ("manifest.yaml", "lists: true", word)
    made = Registry(copied(tmp_path, *changed))
    with pytest.raises(Misconfigured, match=f"{word}.*has no {method}"):
        made.build("permits", Settings("http://127.0.0.1:9", b"s" * 32))
    made.close()


def test_reconciling_is_claimed_only_by_those_that_list(tmp_path: Path) -> None:
    root = copied(tmp_path, ("manifest.yaml", "lists: true", "lists: false"))
    claimed = {"daily_reconciliation": "done"}
    for folder, is_fine in ((ROOT, True), (root, False)):
        manifest = Registry(folder).manifest("permits")
        faults = quality_faults(Subject(folder / "permits", manifest), claimed)
        assert any(fault.startswith("daily_reconciliation: done") for fault in faults) is not is_fine

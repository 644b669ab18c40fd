"""Folders and tables of strangers: nothing is read twice wrongly, half, through a link, or in another's name."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.gateway import Registry
from ptsp.sdk import csv_files
from ptsp.sdk.addresses import BadAddress, Reach
from ptsp.sdk.contract import Question, Receipt, Settings, Verdict
from ptsp.sdk.errors import Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.folders import LARGEST, check_folder, local_folder
from ptsp.sdk.sftp import public_key
from ptsp.sdk.workbench import THIS_MACHINE
from tests.connectors.sftp_server import SftpServer

ROOT = Path(__file__).resolve().parents[2]
KEY, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
COLUMNS = ("kunci", "hasil")
HEAD = "kunci;nomor;hasil;alasan"
QUESTION = Question(
    KEY, "sidoarjo", "drainage", "opinion", "SDA-1", {"answers": {"area": "90"}, "services": ["imb"]}
)
QUICK = {"look_again_s": 1.0}


def rows(data: bytes, end_mark: str = "SELESAI") -> list[tuple[int, list[str]]] | None:
    table = csv_files.read(data, columns=COLUMNS, end_mark=end_mark)
    return (
        None if table is None else [(row.line, [row.cells[name] for name in COLUMNS]) for row in table.rows]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=lambda one: f"in {one}")
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_however_it_was_saved(encoding: str, separator: str, line_end: str) -> None:
    lines = [("HASIL", "Kunci", "lain"), ("TOLAK", '"k 1"', "café"), ("SETUJU", "k2", ""), ("SELESAI", "3")]
    data = line_end.join(separator.join(line) for line in lines).encode(encoding)
    assert rows(data) == [(2, ["k 1", "TOLAK"]), (3, ["k2", "SETUJU"])]


@pytest.mark.parametrize(
    ("written", "read", "fault"),
    [
        ("kunci;hasil\nk1;SETUJU\nSELESAI;2", 1, ""),
        ("kunci;hasil\nk1;SETUJU\nSELESAI", 1, ""),
        (
            "kunci;hasil\nk1;SETUJU\nSELESAI;3",
            0,
            "line 3: the end mark says 3, and there are 2 lines before it",
        ),
        ('kunci;hasil\n"k1;SETUJU\nk2;TOLAK\nSELESAI;3', 1, "line 2: has a quote that does not end"),
        ("kunci;hasil\nk1\nk2;TOLAK\nSELESAI", 1, "line 2: has 1 cells, not 2"),
        ("kunci;hasil\nk1;SETUJU;x\nk2;TOLAK;\nSELESAI", 1, "line 2: has 3 cells, not 2"),
        ("kunci;hasil\nk1;SET\x00UJU\nk2;TOLAK\nSELESAI", 1, "line 2: holds control characters"),
        ("kunci\nk1\nSELESAI", 0, "line 1, column hasil: is missing"),
        ("kunci;hasil;KUNCI\nk1;SETUJU;k2\nSELESAI", 0, "line 1, column kunci: stands there twice"),
        ("SELESAI;0", 0, "line 1: the file is empty"),
    ],
)
def test_what_is_wrong_is_named_and_spoils_nothing_else(written: str, read: int, fault: str) -> None:
    table = csv_files.read(written.encode(), columns=COLUMNS, end_mark="SELESAI")
    assert table is not None
    assert (len(table.rows), table.faults) == (read, (fault,) if fault else ())


@pytest.mark.parametrize("written", ["", "kunci;hasil\nk1;SETUJU", "kunci;hasil\nk1;SETUJU\nSELE", "\n\n"])
def test_a_file_without_its_end_is_left(written: str) -> None:
    assert rows(written.encode()) is None


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+62 811", "'+62 811"),
        ("-x", "'-x"),
        ("-12,5", "-12,5"),
        ("+3", "+3"),
        ("a=b", "a=b"),
        ("two\nlines", "two lines"),
    ],
)
def test_no_cell_of_ours_is_run_by_a_spreadsheet(cell: str, kept: str) -> None:
    data = csv_files.write([("kunci", "hasil"), ("k1", cell)], end_mark="SELESAI")
    assert rows(data) == [(2, ["k1", kept])]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(data: bytes) -> None:
    csv_files.read(data, columns=COLUMNS, end_mark="")
    csv_files.read(data, columns=COLUMNS, end_mark="SELESAI")


@pytest.mark.parametrize(
    "url",
    [
        "file:///srv/other", "file:///srv/drop/../other", "file:///srv/dropx", "file://host/srv/drop", "file:srv/drop",
        "file:///", "file:///srv/drop/%2e%2e/x", "file:///srv/drop/a%00b", "sftp://host/x", "sftp://u:p@host/x",
        "sftp://u@127.0.0.1/x", "sftp://u@host:8022/x", "sftp://u@host/../x", "sftp://u@/x", "sftp://u@localhost/x",
    ],
)  # fmt: skip
def test_a_folder_that_nobody_permits_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        check_folder(url, Reach(folders=("/srv/drop",)))


def test_a_folder_that_is_permitted_is_taken() -> None:
    reach = Reach(folders=("/srv/drop",))
    for url in ("file:///srv/drop", "file:///srv/drop/a/b%20c", "sftp://u@files.example.go.id/x"):
        check_folder(url, reach)


def test_no_link_is_followed(tmp_path: Path) -> None:
    drop, secret = tmp_path / "drop", tmp_path / "secret"
    (drop / "in").mkdir(parents=True)
    secret.mkdir()
    (secret / "x.csv").write_text("hidden")
    (drop / "in" / "x.csv").symlink_to(secret / "x.csv")
    (drop / "way").symlink_to(secret)
    os.mkfifo(drop / "in" / "pipe.csv")
    reach = Reach(folders=(str(drop),))
    with local_folder(drop.as_uri(), reach).opened() as folder:
        assert folder.names("in") == []
        assert not folder.has("in", "x.csv")
    for name in ("x.csv", "pipe.csv"):
        with pytest.raises(Misconfigured), local_folder(drop.as_uri(), reach).opened() as folder:
            folder.read("in", name)
    with pytest.raises(Misconfigured), local_folder(f"{drop.as_uri()}/way", reach).opened():
        pass
    with pytest.raises(ValueError, match="name"), local_folder(drop.as_uri(), reach).opened() as folder:
        folder.put("out", "../x.csv", b"")


def test_a_file_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    reach = Reach(folders=(str(tmp_path),))
    with local_folder(f"{tmp_path.as_uri()}/a", reach).opened() as folder:
        folder.put("out", "x.csv", b"one")
        folder.put("out", "x.csv", b"two")
        assert folder.read("out", "x.csv") == b"two"
        assert [entry.name for entry in folder.names("out")] == ["x.csv"]
        assert sorted(os.listdir(tmp_path / "a" / "out")) == ["x.csv"]
        assert folder.read("out", "y.csv") is None
        folder.move("x.csv", "out", "out/taken")
        folder.move("x.csv", "out", "out/taken")  # is moved already
        assert folder.has("out/taken", "x.csv")
        (tmp_path / "a" / "out" / "big.csv").write_bytes(b"x" * (LARGEST + 1))
        with pytest.raises(TryLater):
            folder.read("out", "big.csv")


class Trial:
    """A connector over a folder whose results this test writes."""

    def __init__(self, registry: Registry, drop: Path, **options: object) -> None:
        self.drop = drop
        settings = Settings(drop.as_uri(), b"s" * 32, "", {**QUICK, **options})
        self.connector = registry.build_any("files", settings)
        self.connector.ask(QUESTION)
        (drop / "in").mkdir()

    def leave(self, name: str, *lines: str, end: str = "SELESAI") -> None:
        (self.drop / "in" / name).write_text("\n".join([HEAD, *lines, *([end] if end else [])]))

    def look(self) -> Receipt:
        receipt: Receipt = self.connector.look(QUESTION, KEY)
        return receipt


@pytest.fixture
def trial(registry: Registry, tmp_path: Path) -> Trial:
    return Trial(registry, tmp_path / "drop")


def test_one_row_among_many_is_found_and_the_others_are_left(
    trial: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    ours = f"{KEY};B-7;TOLAK;Rawan banjir|Terlalu dekat sungai"
    trial.leave("hasil-1.csv", f"{OTHER};B-1;TOLAK;Bukan ini", '"broken;B-2;SETUJU;', ours, ours)
    receipt = trial.look()
    assert (receipt.verdict, receipt.agency_ref) == (Verdict.REJECTED, "B-7")
    assert receipt.reasons == ("Rawan banjir", "Terlalu dekat sungai")
    assert "in/hasil-1.csv, line 3: has a quote that does not end" in caplog.text


def test_a_result_of_another_question_is_not_ours(trial: Trial) -> None:
    trial.leave("hasil-1.csv", f"{OTHER};B-1;TOLAK;Bukan ini")
    assert trial.look().verdict is None
    trial.leave(f"{KEY}.csv", f"{OTHER};B-1;SETUJU;")
    with pytest.raises(RefusedByAgency, match="no row"):
        trial.look()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{KEY};B-1;MUNGKIN;", "line 2, column hasil"),
        (f"{KEY};B-1;TOLAK; ", "line 2, column alasan"),
        (f"{KEY};B-1;=SETUJU;", "line 2, column hasil"),
        (f"{KEY};{'9' * 200};SETUJU;", "line 2, column nomor"),
    ],
)
def test_a_wrong_row_of_ours_goes_to_a_person_by_its_place(trial: Trial, line: str, said: str) -> None:
    trial.leave("hasil-1.csv", line, f"{OTHER};B-1;SETUJU;")
    with pytest.raises(RefusedByAgency, match=said):
        trial.look()


def test_rows_that_contradict_each_other_go_to_a_person(trial: Trial) -> None:
    trial.leave("hasil-1.csv", f"{KEY};B-1;SETUJU;")
    trial.leave("hasil-2.csv", f"{KEY};B-1;TOLAK;Tidak")
    with pytest.raises(RefusedByAgency, match="different things"):
        trial.look()


def test_a_half_written_file_is_left_until_it_ends(trial: Trial) -> None:
    trial.leave(f"{KEY}.csv", f"{KEY};B-1;SETUJU;", end="")
    assert trial.look() == trial.look() == Receipt(KEY, look_again_s=1.0)
    trial.leave(f"{KEY}.csv", f"{KEY};B-1;SETUJU;", end="SELESAI;2")
    assert trial.look().verdict is Verdict.APPROVED


def test_without_end_marks_a_file_counts_once_it_rests(registry: Registry, tmp_path: Path) -> None:
    trial = Trial(registry, tmp_path / "drop", end_mark=False)
    trial.leave("hasil-1.csv", f"{KEY};B-1;PROSES;", end="")
    assert trial.look().verdict is None
    trial.leave("hasil-1.csv", f"{KEY};B-1;PROSES;", f"{KEY};B-1;SETUJU;", end="")  # it grew
    assert trial.look().verdict is None
    assert trial.look().verdict is Verdict.APPROVED


def test_what_was_read_is_moved_and_still_found(trial: Trial) -> None:
    trial.leave(f"{KEY}.csv", f"{KEY};B-1;SETUJU;")
    first = trial.look()
    assert os.listdir(trial.drop / "in") == ["read"]
    assert trial.look() == first
    assert trial.connector.find(QUESTION)


def test_what_the_agency_has_taken_is_not_put_again(trial: Trial) -> None:
    out = trial.drop / "out"
    (out / "taken").mkdir()
    (out / f"{KEY}.csv").rename(out / "taken" / f"{KEY}.csv")
    trial.connector.ask(QUESTION)
    assert os.listdir(out) == ["taken"]
    assert trial.connector.find(QUESTION)


@pytest.mark.parametrize("login", ["key", "password"])
def test_the_same_by_sftp(registry: Registry, tmp_path: Path, login: str) -> None:
    secret = b"k" * 32
    (tmp_path / "drop" / "in").mkdir(parents=True)
    with SftpServer(tmp_path, passwords={"k" * 32}, keys={public_key(secret)}).open() as server:
        options = {**QUICK, "login": login, "host_key": server.pinned}
        connector = registry.build_any("files", Settings(server.url, secret, "", options))
        connector.check()
        assert connector.find(QUESTION) is None
        for _ in range(2):
            assert connector.ask(QUESTION) == Receipt(KEY, look_again_s=1.0)
        assert os.listdir(tmp_path / "drop" / "out") == [f"{KEY}.csv"]
        assert connector.find(QUESTION)
        (tmp_path / "drop" / "in" / "hasil.csv").symlink_to(tmp_path / "drop" / "out" / f"{KEY}.csv")
        assert connector.look(QUESTION, KEY).verdict is None
        (tmp_path / "drop" / "in" / f"{KEY}.csv").write_text(f"{HEAD}\n{KEY};B-1;SETUJU;\nSELESAI;2\n")
        receipts = [connector.look(QUESTION, KEY) for _ in range(2)]
        assert receipts == [Receipt("B-1", Verdict.APPROVED)] * 2
        assert (tmp_path / "drop" / "in" / "read" / f"{KEY}.csv").is_file()
        assert set(server.tries) == {login}


def test_another_server_is_told_nothing(registry: Registry, tmp_path: Path) -> None:
    with SftpServer(tmp_path).open() as server, SftpServer(tmp_path).open() as other:
        options = {**QUICK, "login": "password", "host_key": other.pinned}
        with pytest.raises(Misconfigured, match="host_key"):
            registry.build_any("files", Settings(server.url, b"k" * 32, "", options)).ask(QUESTION)
        assert server.tries == []
        options["host_key"] = server.pinned
        with pytest.raises(Misconfigured, match="let us in"):
            registry.build_any("files", Settings(server.url, b"k" * 32, "", options)).ask(QUESTION)
        options["login"] = "key"
        with pytest.raises(Misconfigured, match="ssh-ed25519 AAAA"):
            registry.build_any("files", Settings(server.url, b"k" * 32, "", options)).ask(QUESTION)


def test_a_server_that_says_nothing_is_left_in_time(registry: Registry, tmp_path: Path) -> None:
    with SftpServer(tmp_path, is_mute=True).open() as server:
        options = {**QUICK, "host_key": server.pinned, "read_s": 0.3, "total_s": 0.6}
        with pytest.raises(TryLater) as caught:
            registry.build_any("files", Settings(server.url, b"k" * 32, "", options)).ask(QUESTION)
        assert not caught.value.unknown
    with pytest.raises(TryLater) as caught:
        registry.build_any("files", Settings(server.url, b"k" * 32, "", options)).ask(QUESTION)
    assert not caught.value.unknown


def test_a_server_without_a_pinned_key_is_misconfigured(registry: Registry) -> None:
    for options in ({}, {"host_key": "ssh-ed25519 AAAA"}):
        with pytest.raises(Misconfigured, match="host_key"):
            registry.build_any("files", Settings("sftp://u@127.0.0.1:2222/x", b"k" * 32, "", options))


def test_folders_of_this_machine_reach_no_further_than_its_own_places() -> None:
    assert THIS_MACHINE.folders

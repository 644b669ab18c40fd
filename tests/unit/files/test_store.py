"""Every store keeps the same promises: one contract, run over the folder and over an S3 service."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ptsp.infra.files import DamagedFile, FileStore, FolderStore, S3Store, StoreUnavailable, open_store
from ptsp.infra.files.rooms import clear_room, everything
from ptsp.kernel.errors import Invalid, NotFound

DATA = b"surat keterangan" * 100
SHA = hashlib.sha256(DATA).hexdigest()
KEY = f"sidoarjo/{SHA[:2]}/{SHA[2:4]}/{SHA}"


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "files")
    port = request.getfixturevalue("s3_port")
    bucket = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    return f"s3://somekey:some%2Bse%2Fcret@127.0.0.1:{port}/{bucket}?secure=0&create=1"


@pytest.fixture
def store(url: str) -> FileStore:
    return open_store(url)


def _overwrite(url: str, data: bytes) -> None:
    """Change what is stored, behind the store's back."""
    if not url.startswith("s3:"):
        (Path(url) / KEY).write_bytes(data)
        return
    host, _, bucket = url.split("@")[1].split("?")[0].partition("/")
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    client.put_object(Bucket=bucket, Key=KEY, Body=data)
    client.close()


def test_what_was_put_comes_back_under_its_hash(store: FileStore) -> None:
    assert store.put("sidoarjo", DATA) == SHA
    assert store.get("sidoarjo", SHA) == DATA
    assert store.exists("sidoarjo", SHA)


def test_putting_twice_is_putting_once(store: FileStore) -> None:
    assert store.put("sidoarjo", DATA) == store.put("sidoarjo", DATA)
    assert store.get("sidoarjo", SHA) == DATA


def test_an_empty_file_is_a_file(store: FileStore) -> None:
    assert store.get("sidoarjo", store.put("sidoarjo", b"")) == b""


def test_another_tenant_that_knows_the_hash_sees_nothing(store: FileStore) -> None:
    store.put("sidoarjo", DATA)
    assert not store.exists("bontang", SHA)
    with pytest.raises(NotFound):
        store.get("bontang", SHA)


@pytest.mark.parametrize("sha", ["", "0" * 64, "../" * 8, SHA.upper(), SHA + "0", f"../sidoarjo/{SHA}"])
def test_what_was_never_put_is_not_found(store: FileStore, sha: str) -> None:
    store.put("sidoarjo", DATA)
    assert not store.exists("sidoarjo", sha)
    with pytest.raises(NotFound):
        store.get("sidoarjo", sha)


@pytest.mark.parametrize("tenant", ["", "..", "a/b", "A", "sidoarjo/", ".hidden"])
def test_a_malformed_tenant_is_refused(store: FileStore, tenant: str) -> None:
    with pytest.raises(Invalid, match="tenant"):
        store.put(tenant, DATA)


@pytest.mark.parametrize("other", [b"short", bytes([DATA[0] ^ 1]) + DATA[1:]])
def test_changed_content_is_never_given_out(store: FileStore, url: str, other: bytes) -> None:
    store.put("sidoarjo", DATA)
    _overwrite(url, other)
    with pytest.raises(DamagedFile):
        store.get("sidoarjo", SHA)


def test_eight_writers_of_the_same_file_leave_one_whole_file(tmp_path: Path) -> None:
    """Only for the folder: one PUT is atomic by the S3 protocol, and the test server is not."""
    store = FolderStore(tmp_path)
    big = DATA * 200
    got: list[str] = []
    writers = [threading.Thread(target=lambda: got.append(store.put("sidoarjo", big))) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert got == [hashlib.sha256(big).hexdigest()] * 8
    assert store.get("sidoarjo", got[0]) == big


def test_a_folder_store_is_closed_to_others_and_leaves_no_drafts(tmp_path: Path) -> None:
    FolderStore(tmp_path / "files").put("sidoarjo", DATA)
    things = sorted((tmp_path / "files").rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in things if path.is_dir()} == {0o700}
    assert [path.name for path in things if path.is_file()] == [SHA]
    assert (tmp_path / "files" / KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


def test_a_folder_store_heals_a_damaged_file_when_it_is_put_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("sidoarjo", DATA)
    (tmp_path / KEY).write_bytes(b"torn")
    store.put("sidoarjo", DATA)
    assert store.get("sidoarjo", SHA) == DATA


def test_a_service_that_does_not_answer_is_named_without_its_keys() -> None:
    store = open_store("s3://key:hush@127.0.0.1:1/bucket?secure=0")
    assert isinstance(store, S3Store)
    with pytest.raises(StoreUnavailable) as caught:
        store.put("sidoarjo", DATA)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("s3://127.0.0.1:9000/bucket", "the key is missing; files_url: the secret is missing"),
        ("s3://key:secret@127.0.0.1:9000/", "the bucket is missing"),
        ("s3://key:secret@127.0.0.1:9000/a/b", "one bucket name"),
        ("s3://key:secret@127.0.0.1:9000/a?acl=public", "unknown option acl"),
        ("ftp://somewhere", "must be a folder"),
        ("", "must be a folder"),
    ],
)
def test_a_bad_url_is_refused_by_name_and_never_repeated(url: str, part: str) -> None:
    with pytest.raises(Invalid, match="files_url") as caught:
        open_store(url)
    assert part in str(caught.value)
    assert "secret@" not in str(caught.value)


def test_a_folder_can_be_named_as_a_file_url(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/f").put("sidoarjo", DATA)
    assert (tmp_path / "f" / KEY).is_file()


def test_a_room_is_cleared_and_the_neighbours_stay(store: FileStore) -> None:
    for number in range(3):
        store.put("sidoarjo", DATA + bytes([number]))
    stays = {store.put(tenant, DATA) for tenant in ("sidoarjo_baru", "bontang")}
    assert {name.partition("/")[0] for name, _ in everything(store)} == {
        "sidoarjo",
        "sidoarjo_baru",
        "bontang",
    }
    assert clear_room(store, "sidoarjo") == 3
    assert sorted(everything(store)) == sorted(
        (KEY.replace("sidoarjo", one), DATA) for one in ("sidoarjo_baru", "bontang")
    )
    assert stays == {SHA}
    assert clear_room(store, "sidoarjo") == 0
    for wrong in ("", "..", "sidoarjo/"):
        with pytest.raises(Invalid):
            clear_room(store, wrong)

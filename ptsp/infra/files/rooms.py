"""A tenant's whole room in a store of documents: taking it away, and looking through all rooms.

Stores keep what they were given; only the removal of an office, and the proof of it, come here.
"""

import shutil
from collections.abc import Iterator

import urllib3
from minio.deleteobjects import DeleteObject
from minio.error import MinioException

from ptsp.infra.files.s3 import S3Store, _unavailable
from ptsp.infra.files.store import FileStore, FolderStore, StoreUnavailable, object_key

ANY_SHA = "0" * 64


def clear_room(store: FileStore, tenant: str) -> int:
    """Take away everything of one tenant, also what no row names; how many files there were.

    Raises Invalid on a malformed tenant and StoreUnavailable; what was not reached then goes with the next try.
    """
    prefix = object_key(tenant, ANY_SHA).partition("/")[0]
    if isinstance(store, FolderStore):
        room = store._root / prefix
        count = sum(one.is_file() for one in room.rglob("*"))
        if room.exists():
            shutil.rmtree(room)
        return count
    assert isinstance(store, S3Store)
    return _clear_bucket(store, f"{prefix}/")


def everything(store: FileStore) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of all tenants. Raises StoreUnavailable."""
    if isinstance(store, FolderStore):
        for path in sorted(store._root.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(store._root)), path.read_bytes()
        return
    assert isinstance(store, S3Store)
    yield from _bucket(store)


def _clear_bucket(store: S3Store, prefix: str) -> int:
    count = 0

    def found() -> Iterator[DeleteObject]:
        nonlocal count
        for one in store._client.list_objects(store._bucket, prefix=prefix, recursive=True):
            count += 1
            yield DeleteObject(str(one.object_name))

    try:
        left = list(store._client.remove_objects(store._bucket, found()))
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise _unavailable(error) from error
    if left:
        raise StoreUnavailable(f"the document store kept {len(left)} of {count} files")
    return count


def _bucket(store: S3Store) -> Iterator[tuple[str, bytes]]:
    try:
        for one in store._client.list_objects(store._bucket, recursive=True):
            with store._client.get_object(store._bucket, str(one.object_name)) as answer:
                yield str(one.object_name), answer.data
                answer.release_conn()
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise _unavailable(error) from error

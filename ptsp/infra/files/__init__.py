"""Documents in and out of the store: the only place where uploaded bytes are kept."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ptsp.infra.files.judge import BadFile, clean_name, judge, kinds_in_words
from ptsp.infra.files.s3 import S3Store, open_s3
from ptsp.infra.files.store import DamagedFile, FileStore, FolderStore, StoreUnavailable
from ptsp.kernel.errors import Fault, Invalid

__all__ = [
    "BadFile",
    "DamagedFile",
    "FileStore",
    "FolderStore",
    "S3Store",
    "StoreUnavailable",
    "clean_name",
    "judge",
    "kinds_in_words",
    "open_store",
]


def open_store(url: str) -> FileStore:
    """A store from its URL: a folder path, `file:///path`, or `s3://key:secret@host:port/bucket?secure=0`.

    Raises Invalid with the field `files_url`.
    """
    scheme = urlsplit(url).scheme
    if scheme == "s3":
        return open_s3(url)
    if scheme == "file":
        return FolderStore(Path(unquote(urlsplit(url).path)))
    if scheme or not url:
        raise Invalid([Fault("files_url", "must be a folder, file:// or s3://")])
    return FolderStore(Path(url))

"""Documents in an S3-compatible service, named by one URL."""

import io
from urllib.parse import parse_qs, unquote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from ptsp.infra.files.store import DamagedFile, StoreUnavailable, digest, object_key
from ptsp.kernel.errors import Fault, Invalid, NotFound

_GONE = frozenset({"NoSuchKey", "NoSuchObject"})
_OPTIONS = frozenset({"secure", "region", "create"})


class S3Store:
    """One bucket; every object lies under its tenant's prefix."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def prepare(self) -> None:
        """Make the bucket if it is missing. Only for services of one's own (`create=1` in the URL)."""
        try:
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _unavailable(error) from error

    def put(self, tenant: str, data: bytes) -> str:
        sha = digest(data)
        key = object_key(tenant, sha)
        if self._size(key) == len(data):
            return sha
        try:
            self._client.put_object(self._bucket, key, io.BytesIO(data), len(data))
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _unavailable(error) from error
        return sha

    def get(self, tenant: str, sha: str) -> bytes:
        key = object_key(tenant, sha)
        try:
            with self._client.get_object(self._bucket, key) as answer:
                data: bytes = answer.data
                answer.release_conn()
        except S3Error as error:
            if error.code in _GONE:
                raise NotFound("there is no such file") from None
            raise _unavailable(error) from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _unavailable(error) from error
        if digest(data) != sha:
            raise DamagedFile(f"the object stored under {sha} has other content")
        return data

    def exists(self, tenant: str, sha: str) -> bool:
        try:
            return self._size(object_key(tenant, sha)) is not None
        except NotFound:
            return False

    def _size(self, key: str) -> int | None:
        """Bytes of an object, or None when there is none."""
        try:
            return self._client.stat_object(self._bucket, key).size
        except S3Error as error:
            if error.code in _GONE:
                return None
            raise _unavailable(error) from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> StoreUnavailable:
    """Never the address or the keys: an error text ends in logs."""
    reason = error.code if isinstance(error, S3Error) else type(error).__name__
    return StoreUnavailable(f"the document store refused or did not answer: {reason}")


def open_s3(url: str) -> S3Store:
    """Open `s3://key:secret@host:port/bucket?secure=0&region=...&create=1`; percent-encode odd characters.

    `secure` is 1 unless said otherwise. No connection is made, except with `create=1`.
    """
    parts = urlsplit(url)
    bucket = parts.path.strip("/")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    _check(parts.hostname, parts.username, parts.password, bucket, options)
    client = Minio(
        f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname),
        access_key=unquote(str(parts.username)),
        secret_key=unquote(str(parts.password)),
        secure=options.get("secure", "1") != "0",
        region=options.get("region", "us-east-1"),  # given, so that no request asks for it
        http_client=urllib3.PoolManager(
            maxsize=8,
            timeout=urllib3.Timeout(connect=3, read=20),
            retries=urllib3.Retry(2, backoff_factor=0.2),
        ),
    )
    store = S3Store(client, bucket)
    if options.get("create") == "1":
        store.prepare()
    return store


def _check(
    host: str | None, key: str | None, secret: str | None, bucket: str, options: dict[str, str]
) -> None:
    """Name every missing part at once, and never repeat the URL: it holds the secret."""
    given = {"host": host, "key": key, "secret": secret, "bucket": bucket}
    faults = [Fault("files_url", f"the {part} is missing") for part, value in given.items() if not value]
    faults += [Fault("files_url", f"unknown option {name}") for name in sorted(options.keys() - _OPTIONS)]
    if "/" in bucket:
        faults.append(Fault("files_url", "the path must be one bucket name"))
    if faults:
        raise Invalid(faults)

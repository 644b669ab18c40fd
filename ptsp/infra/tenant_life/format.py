"""The form of an archive: its names, its manifest, and what it says of itself to whoever finds it in ten years."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ptsp.infra.tenant_life.tables import Office, Table
from ptsp.infra.vault import Vault

FORMAT, VERSION = "ptsp-tenant-archive", 1
MANIFEST, SIGNATURE, AUTHORITY = "manifest.json", "manifest.p7s", "authority.pem"
DOCUMENTS, PACK = "documents.txt", "pack.json"
Progress = Callable[[str, int, int], None]  # what, how much of it is done, of how much
MARK: Final = 16  # hex digits of a line's digest: enough to say which line was changed


@dataclass(frozen=True, slots=True)
class Entry:
    """A table in an archive: its rows, the digest of the file, and that of the digests of its lines."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says it holds. `check` is known only to the installation that wrote it.

    `others` are the digests of the files that no table and no document is: the pack, and what was opened.
    """

    office: Office
    schema: str
    taken_at: datetime
    check: str
    tables: tuple[Entry, ...]
    documents: int
    missing: int
    documents_sha256: str
    others: Mapping[str, str]
    is_opened: bool

    def table(self, name: str) -> Entry:
        """Raises KeyError for one that the archive does not have."""
        return next(one for one in self.tables if one.name == name)


def table_file(name: str) -> str:
    return f"tables/{name}.jsonl"


def marks_file(name: str) -> str:
    return f"lines/{name}.txt"


def document_file(sha: str) -> str:
    return f"documents/{sha}"


def mark(line: bytes) -> bytes:
    """What stands of a row's line (without its end) in the file of its table's marks."""
    return hashlib.sha256(line).hexdigest()[:MARK].encode() + b"\n"


def check_value(vault: Vault, office: Office) -> str:
    """The same for one office under one master secret only, and of no use for anything else."""
    return vault.index(office.id, "archive of an office", office.code).hex()


def manifest_json(manifest: Manifest, more: Mapping[str, Any], tables: Mapping[str, Table]) -> bytes:
    """`more` is for readers alone; `tables` tell columns and keys."""
    office = manifest.office
    said = {
        "format": FORMAT,
        "version": VERSION,
        "office": {
            "id": office.id,
            "code": office.code,
            "prefix": office.prefix,
            "region_code": office.region_code,
            "is_archive": office.is_archive,
        },
        "schema": manifest.schema,
        "taken_at": manifest.taken_at.isoformat(),
        "check": manifest.check,
        "tables": [
            {
                "name": one.name,
                "rows": one.rows,
                "sha256": one.sha256,
                "key": list(tables[one.name].key),
                "columns": {column.name: column.type for column in tables[one.name].columns},
            }
            for one in manifest.tables
        ],
        "documents": {
            "count": manifest.documents,
            "missing": manifest.missing,
            "sha256": manifest.documents_sha256,
        },
        "others": dict(manifest.others),
        "is_opened": manifest.is_opened,
        **more,
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def read_manifest(data: bytes) -> Manifest:
    """Raises ValueError, KeyError or TypeError for what is no manifest of this version."""
    said = json.loads(data)
    if (said["format"], said["version"]) != (FORMAT, VERSION):
        raise ValueError(f"{said['format']} {said['version']} is another format")
    documents = said["documents"]
    return Manifest(
        Office(**said["office"]),
        said["schema"],
        datetime.fromisoformat(said["taken_at"]),
        said["check"],
        tuple(Entry(one["name"], one["rows"], one["sha256"]) for one in said["tables"]),
        documents["count"],
        documents["missing"],
        documents["sha256"],
        said["others"],
        said["is_opened"],
    )


def digest(manifest: bytes) -> str:
    """The digest of all: the manifest names that of every part."""
    return hashlib.sha256(manifest).hexdigest()


READMES: Final = {
    "BACA-SAYA.md": """\
# Arsip satu kantor

Berkas ZIP ini memuat semua data satu kantor PTSP pada satu saat.

- `manifest.json`: versi format, versi skema, waktu, tabel dengan jumlah baris dan SHA-256, nomor urut terakhir.
- `manifest.p7s`: tanda tangan kantor atas `manifest.json` (CMS terpisah). Periksa dengan:
  `openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -CAfile authority.pem`
- `tables/<tabel>.jsonl`: satu baris tabel satu objek JSON, urut menurut kunci utama. Waktu dengan selisih UTC, byte
  dalam base64, bilangan desimal sebagai teks. `event` adalah buku kejadian yang berantai.
- `lines/<tabel>.txt`: 16 angka heksadesimal pertama SHA-256 tiap baris, untuk menunjuk baris yang berubah.
- `documents/<sha256>`: isi dokumen; `documents.txt` mendaftar semuanya dengan ukurannya, juga yang tidak ada.
- `pack.json`: paket aturan yang berlaku; riwayatnya ada di tabel `pack`, `standard` dan `calendar`.
- `opened/<tabel>.<kolom>.jsonl`: hanya bila arsip dibuat dengan `--open`: data pribadi yang dapat dibaca.
  Tanpa itu data pribadi tetap terkunci, dan hanya terbuka di pemasangan yang membuat arsip ini.

`ptsp tenants check BERKAS` memeriksa semuanya.
""",
    "README.md": """\
# The archive of one office

This ZIP file holds all data of one licensing office as they stood at one moment.

- `manifest.json`: version of the format and of the schema, the moment, tables with row counts and SHA-256, and the
  last number of each series.
- `manifest.p7s`: the office's signature over `manifest.json` (CMS, detached). Verify it with
  `openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -CAfile authority.pem`
- `tables/<table>.jsonl`: one JSON object a row, in the order of the primary key. Moments have their offset from UTC,
  bytes are base64, exact decimals are texts. `event` is the chained ledger.
- `lines/<table>.txt`: the first 16 hex digits of each line's SHA-256, so that a changed line can be named.
- `documents/<sha256>`: the documents; `documents.txt` lists them all with their size, also those that are missing.
- `pack.json`: the rules in force; their history is in the tables `pack`, `standard` and `calendar`.
- `opened/<table>.<column>.jsonl`: only of an archive made with `--open`: personal data, readable. Without it they stay
  sealed, and open nowhere but at the installation that wrote the archive.

`ptsp tenants check FILE` checks all of it.
""",
}

"""`ptsp packs pack`, `sign` and `verify`: a pack as one file that somebody vouches for."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from ptsp.infra.packs.archive import SUFFIX, pack_archive, read_archive
from ptsp.infra.packs.signed import read_key, read_signers, sign, signature_path, verify
from ptsp.kernel.errors import Fault, Forbidden, Invalid
from ptsp.main.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("pack")
@click.argument("code")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--dir", "folder", type=FOLDER, help="Where the packs are, if not where the settings say.")
def pack(*, code: str, output: Path, folder: Path | None) -> None:
    """Write the pack CODE, with its base and by-laws, as one file; the same pack is always the same bytes."""
    if output.suffix != SUFFIX:
        raise Invalid([Fault("output", f"must end in {SUFFIX}")])
    root = folder or Settings.from_env(os.environ).tenants_dir
    content = pack_archive(root, code)
    output.write_bytes(content)
    click.echo(f"{output}: {len(content):,} bytes")


@click.command("sign")
@click.argument("file", type=FILE)
@click.option("--key", "key", type=FILE, required=True, help="An Ed25519 private key in PEM.")
def sign_file(*, file: Path, key: Path) -> None:
    """Sign an archive; the signature is written beside it."""
    written = signature_path(file)
    written.write_bytes(sign(read_archive(file), read_key(key)))
    click.echo(f"{written}: written")


@click.command("verify")
@click.argument("file", type=FILE)
@click.option("--trust", type=FILE, required=True, help="Trusted public keys or certificates in PEM.")
def verify_file(*, file: Path, trust: Path) -> None:
    """Say who signed an archive; ends with status 1 where it was nobody trusted, or it was altered."""
    beside = signature_path(file)
    if not beside.is_file():
        raise Forbidden(f"{file.name} is not signed: there is no {beside.name} beside it")
    content = read_archive(file)
    signer = verify(content, beside.read_bytes(), read_signers(trust), now=datetime.now(UTC), name=file.name)
    click.echo(f"{file.name}: signed by {signer}")

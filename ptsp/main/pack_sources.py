"""Where packs to be applied come from: folders of packs, or archives, signed where this installation wants it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ptsp.infra.packs import look_at, read_all, read_pack
from ptsp.infra.packs.archive import SUFFIX, read_archive, unpack
from ptsp.infra.packs.signed import read_signers, signature_path, verify
from ptsp.infra.regions import Kind, find_region
from ptsp.kernel.errors import Fault, Forbidden, Invalid, NotFound
from ptsp.kernel.specs import TenantPack
from ptsp.main.settings import Settings


@dataclass(frozen=True, slots=True)
class Source:
    """A pack with the folder it was read from. `signer` is empty for a folder and for an archive nobody vouches for."""

    pack: TenantPack
    root: Path
    signer: str = ""


@contextmanager
def sources_of(
    settings: Settings, names: Sequence[str], root: Path, *, now: datetime
) -> Iterator[list[Source]]:
    """The packs named, each by its code under `root` or by the file of an archive; archives lie unpacked meanwhile.

    Raises Forbidden for what PTSP_PACK_SIGNERS does not let in, BadPack, Invalid, NotFound.
    """
    with tempfile.TemporaryDirectory(prefix="ptsp-packs-") as folder:
        yield [
            _from_archive(settings, Path(name), Path(folder) / str(at), now)
            if name.endswith(SUFFIX)
            else _from_folder(settings, name, root)
            for at, name in enumerate(names)
        ]


def whole_folder(settings: Settings, root: Path) -> list[Source]:
    """All packs under `root`. Raises as `sources_of` does."""
    require_folders_allowed(settings)
    return [Source(pack, root) for pack in read_all(root, reach=settings.reach)]


def of_province(sources: list[Source], words: str) -> list[Source]:
    """Offices of the province and of what lies in it. Raises Invalid for no province, NotFound for no office."""
    region = find_region(words, field="province")
    if region.kind is not Kind.PROVINCE:
        raise Invalid([Fault("province", f"{region.name} is no province")])
    found = [one for one in sources if one.pack.region_code[:2] == region.code]
    if not found:
        raise NotFound(f"no pack is of an office in {region.name}")
    return found


def of_base(sources: list[Source], root: Path, base: str) -> list[Source]:
    """Offices that build on this base. Raises NotFound where there is none."""
    using = {one.code for one in look_at(root).offices if one.base == base}
    found = [one for one in sources if one.pack.code in using]
    if not found:
        raise NotFound(f"no pack builds on `{base}`")
    return found


def require_folders_allowed(settings: Settings) -> None:
    """Raises Forbidden where only signed archives may be applied."""
    if settings.pack_signers is not None:
        reason = "PTSP_PACK_SIGNERS is set: only archives with a trusted signature are applied here, no plain folders"
        raise Forbidden(reason)


def _from_folder(settings: Settings, code: str, root: Path) -> Source:
    require_folders_allowed(settings)
    return Source(read_pack(root, code, reach=settings.reach), root)


def _from_archive(settings: Settings, path: Path, folder: Path, now: datetime) -> Source:
    """The very bytes whose signature was checked are unpacked."""
    content = read_archive(path)
    signer = ""
    if settings.pack_signers is not None:
        beside = signature_path(path)
        if not beside.is_file():
            raise Forbidden(f"{path.name} is not signed: there is no {beside.name} beside it")
        signer = verify(
            content, beside.read_bytes(), read_signers(settings.pack_signers), now=now, name=path.name
        )
    code = unpack(content, folder, name=path.name)
    return Source(read_pack(folder, code, reach=settings.reach), folder, signer)

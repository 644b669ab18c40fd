"""A second holder: a folder that belongs to somebody else and is mounted here. What it holds is never changed."""

import os
from collections.abc import Mapping
from pathlib import Path


class NotTaken(Exception):
    """The holder could not take it now; in our words."""


class Differs(Exception):
    """The holder has other bytes under the same name: one of the two was changed."""


class FolderHolder:
    """Keeps files under `<folder>/<tenant>/`. The folder itself must be there: a missing mount takes nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def take(self, tenant: str, files: Mapping[str, bytes]) -> None:
        """Write what is not there yet, each file whole or not at all. Raises NotTaken or Differs."""
        if not self._folder.is_dir():
            raise NotTaken("the folder is not there")
        try:
            room = self._folder / tenant
            room.mkdir(exist_ok=True)
            for name, content in files.items():
                _keep(room / name, content)
        except OSError as error:
            raise NotTaken(f"the folder cannot be written ({type(error).__name__})") from error


def _keep(path: Path, content: bytes) -> None:
    if path.exists():
        if path.read_bytes() != content:
            raise Differs(path.name)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

"""How a test says that it could not check something: loudly, and in CI not at all for what CI must have."""

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

MARK: Final = "NOT CHECKED: "
REPOSITORY: Final = Path(__file__).resolve().parents[1]
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def not_checked(reason: str, *, needed_in_ci: bool = False) -> NoReturn:
    """End the test: what it proves is listed at the end of the run as not checked."""
    if needed_in_ci and in_ci():
        pytest.fail(f"must be checked in CI: {reason}", pytrace=False)
    pytest.skip(MARK + reason)


def chromium() -> str:
    """The path of a browser, or the end of the test."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found is not None:
            return found
    not_checked("pages in a real browser: there is no Chromium on this machine", needed_in_ci=True)


def shared_data(*parts: str) -> Path:
    """A file of the real-world data, which is not part of the repository, or the end of the test."""
    root = Path(os.environ.get("PTSP_DATA", REPOSITORY.parent / "shared" / "data"))
    path = root.joinpath(*parts)
    if not path.exists():
        not_checked(f"real-world data: there is no {'/'.join(parts)} in the folder named by PTSP_DATA")
    return path

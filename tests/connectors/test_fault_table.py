"""Each kind of partner with each known failure: tried by a test that is named, or named as not possible there."""

import re
from pathlib import Path

import pytest

from ptsp.sdk.simulator.script import ALL

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("immediate", "webhook", "polling", "broker", "files", "soap")
FAULTS = (
    "time-out",
    "5xx",
    "page with 200",
    "duplicate",
    "opposite order",
    "before our commit",
    "wrong schema",
    "wrong task",
    "quota used up",
    "slow bytes",
    "outage",
)


def table() -> dict[str, dict[str, str]]:
    """The table of connectors/README.md: fault -> kind -> cell."""
    text = (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    head = next(at for at, line in enumerate(lines) if line.startswith("| Failure |"))
    names = [cell.strip() for cell in lines[head].strip("|").split("|")][1:]
    found = {}
    for line in lines[head + 1 : head + 1 + len(FAULTS)]:
        fault, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        found[fault] = dict(zip(names, cells, strict=True))
    return found


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_tried_or_named_as_impossible(kind: str, fault: str) -> None:
    cell = table()[fault][kind]
    names = re.findall(r"`([a-z0-9_]+)`", cell)
    if not names:
        assert cell.startswith("– "), f"{fault} at {kind}: neither a script nor a reason"
        return
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in (ROOT / "tests", ROOT / "ptsp" / "sdk")
        for path in folder.rglob("*test*.py")
        if path.name != Path(__file__).name
    )
    for name in names:
        assert name in ALL, f"{name} is no fault of the simulator"
        assert f'"{name}"' in tests, f"no test follows the script {name}"

"""P31: whatever is done to a ledger, somebody who does not believe us finds it; and what he cannot find is known."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ptsp.verifier import signatures, stamps
from ptsp.verifier.main import verify
from ptsp.verifier.report import Report, Unreadable
from ptsp.verifier.words import WORDS
from tests.verifier.ledgers import Exported
from tests.verifier.mutants import Mutant, mutants

SEED = 31
LEAST = 300


def looked(mutant: Mutant, exported: Exported, path: Path, folder: Path | None) -> Report | None:
    """None where there was nothing to look at any more."""
    try:
        return verify(mutant.ledger.write(path), folder, exported.trust)
    except Unreadable:
        return None


@pytest.fixture
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures and time-stamps that no mutation has touched are read once: parsing them takes most of the time."""
    for module, name in ((signatures, "_opened"), (stamps, "_read")):
        monkeypatch.setattr(module, name, cache(getattr(module, name)))


@pytest.mark.usefixtures("_once")
def test_no_mutation_goes_unseen(exported: Exported, tmp_path: Path, tell: Callable[[str], None]) -> None:
    kinds: Counter[str] = Counter()
    unseen, gaps, by_copy, longest = [], 0, 0, 0.0
    for mutant in mutants(exported, SEED):
        kinds[mutant.name] += 1
        alone = looked(mutant, exported, tmp_path / "mutant.zip", None)
        assert alone is None or {one.code for one in alone.faults + alone.not_checked} <= WORDS.keys()
        found = alone is None or bool(alone.faults)
        if mutant.is_gap:
            assert alone is not None
            assert not alone.faults, f"{mutant.name} is found, so it is no gap: {alone.faults}"
            assert alone.window.since_stamp_s is not None
            longest, gaps = max(longest, alone.window.since_stamp_s), gaps + 1
        elif mutant.needs_copy:
            assert not found, f"{mutant.name} is found without the second holder's copy"
            held = looked(mutant, exported, tmp_path / "mutant.zip", exported.folder)
            by_copy += 1
            unseen += [mutant.name] if held and not held.faults else []
        elif not found:
            unseen.append(mutant.name)
    tried = kinds.total()
    tell(f"seed {SEED}: {len(kinds)} ways, {tried} mutations, undetected {len(unseen)}")
    tell(f"found by the second holder's copy alone: {by_copy}")
    tell(
        f"known gap, after the last head ({longest / 3600:.1f} hours here): {gaps} mutations, all said to be possible"
    )
    assert unseen == []
    assert tried >= LEAST
    assert gaps > 0
    assert by_copy > 0


@pytest.mark.parametrize("language", [0, 1])
def test_every_finding_has_words(language: int) -> None:
    assert all(words[language] for words in WORDS.values())

"""Which questions go to an agency in one message."""

from dataclasses import dataclass
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ptsp.jobs.publish_tasks import parts


@dataclass(frozen=True, slots=True)
class Asked:
    id: UUID
    bundle_id: UUID
    agency: str = "agency"


def tasks(bundles: list[int]) -> list[Asked]:
    """One task for each number, which is its bundle's."""
    return [Asked(UUID(int=at), UUID(int=bundle)) for at, bundle in enumerate(bundles)]


def as_bundles(bundles: list[int], most: int) -> list[list[int]]:
    return [[task.bundle_id.int for task in part] for part in parts(tasks(bundles), most)]


def test_a_bundle_is_not_cut_where_it_fits() -> None:
    assert as_bundles([1, 1, 2, 2, 3, 3], 5) == [[1, 1, 2, 2], [3, 3]]
    assert as_bundles([1, 2, 3, 1, 2, 3], 4) == [[1, 1, 2, 2], [3, 3]]
    assert as_bundles([1] * 7 + [2, 2], 3) == [[1, 1, 1], [1, 1, 1], [1, 2, 2]]
    assert as_bundles([], 3) == []


@given(st.lists(st.integers(0, 8), max_size=40), st.integers(1, 9))
def test_every_task_goes_out_once_and_no_bundle_is_cut_without_need(bundles: list[int], most: int) -> None:
    asked = tasks(bundles)
    found = list(parts(asked, most))
    assert sorted((one.id for part in found for one in part), key=lambda one: one.int) == [
        one.id for one in asked
    ]
    assert all(0 < len(part) <= most for part in found)
    for bundle in set(bundles):
        if bundles.count(bundle) <= most:
            assert sum(any(one.bundle_id.int == bundle for one in part) for part in found) == 1
    for part, after in zip(found, found[1:], strict=False):
        first = bundles.count(after[0].bundle_id.int)
        assert len(part) == most or len(part) + first > most  # nothing is sent apart that had room

"""The two offices of these tests; the ways into their database are the proof's own."""

import pytest

from ptsp.main.demo.orders import NUISANCE
from tests.flows.acts import work_on
from tests.offices import Office

HERE, THERE = "jembrana", "parepare"
BUNDLES = 2  # of each
ONE_PERMIT = {"ho": (NUISANCE, ("ktp", "pbb", "building_permit", "neighbours"))}


def finish(office: Office) -> None:
    """Work, answer and pay until every bundle has ended."""
    work_on(office)
    left = office.rows(
        "SELECT code, agency, state FROM app.task WHERE state NOT IN ('approved', 'rejected', 'cut')"
    )
    if left:
        pytest.fail(f"still open: {left}")

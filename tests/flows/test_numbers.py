"""Decisions are numbered without gaps and without doubles, whoever draws and whatever rolls back."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ptsp.domain import routes
from ptsp.flows.claim_tasks import claim_suspect, claim_tasks
from ptsp.flows.issue_decisions import draft_decisions, issue_decisions
from ptsp.flows.record_results import record_results
from ptsp.kernel.specs import StepKind
from tests.flows.acts import HO, SIUP, lodge, work_on

BUNDLES, REFUSED, WORKERS, ROLLED_BACK = 24, 8, 4, 0.4
LONGEST_S = 60


class Stop(Exception):
    """The process ends in the middle of a transaction."""


class Worker:
    """Takes a few tasks at a time and dies in many of its transactions; its leases run out at once."""

    def __init__(self, office, refused, seed):
        self.office, self.refused, self.chance = office, refused, random.Random(seed)
        self.stops = 0

    def run(self, together):
        together.wait()
        deadline = time.monotonic() + LONGEST_S
        while self.office.rows("SELECT 1 FROM app.bundle WHERE state = 'open' LIMIT 1"):
            assert time.monotonic() < deadline
            try:
                self.step()
            except Stop:
                self.stops += 1
        return self.stops

    def step(self):
        with self.office.work() as work:
            tasks = claim_tasks(work, lease_s=0.2, limit=3).tasks + claim_suspect(work, lease_s=0.2).tasks
        decides = [task for task in tasks if task.kind is StepKind.DECIDE]
        others = [task for task in tasks if task.kind is not StepKind.DECIDE]
        with self.office.work() as work:
            results = [self.verdict(task) for task in others]
            record_results(work, sorted({task.bundle_id for task in others}), results)
            self.maybe_stop()
        with self.office.work() as work:
            drafts = draft_decisions(work, self.office.tools.book, decides, public_url="http://test")
            self.maybe_stop()
        with self.office.work() as work:
            issue_decisions(work, [(draft, "0" * 64) for draft in drafts])
            self.maybe_stop()

    def verdict(self, task):
        if task.code == "identity" and task.bundle_id in self.refused:
            return routes.Result(task.id, routes.TaskState.REJECTED, task.lease, reasons=("Tidak cocok.",))
        return routes.Result(task.id, routes.TaskState.APPROVED, task.lease)

    def maybe_stop(self):
        if self.chance.random() < ROLLED_BACK:
            raise Stop


@pytest.mark.parametrize("seed", [1, 2])
def test_numbers_have_no_gaps_and_no_doubles(office, seed):
    for _ in range(BUNDLES):
        lodge(office, SIUP)
    refused = {
        row.id for row in office.rows("SELECT id FROM app.bundle ORDER BY id LIMIT :most", most=REFUSED)
    }
    together = threading.Barrier(WORKERS)
    workers = [Worker(office, refused, f"{seed}-{number}") for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        stops = sum(pool.map(lambda worker: worker.run(together), workers))
    issued = office.rows("SELECT number, kind, state FROM app.decision")
    granted = sorted(int(row.number[:4]) for row in issued if row.kind == "permit")
    denied = sorted(int(row.number[:4]) for row in issued if row.kind == "refusal")
    assert stops > BUNDLES  # or nothing was tried
    assert granted == list(range(1, BUNDLES - REFUSED + 1))
    assert denied == list(range(1, REFUSED + 1))
    assert {row.state for row in issued} == {"issued"}
    series = {row.series: row.last for row in office.rows("SELECT series, last FROM app.number_series")}
    assert sorted(series.values()) == [REFUSED, BUNDLES - REFUSED]


def test_fee_notices_are_numbered_without_gaps_too(office):
    for _ in range(3):
        lodge(office, HO)
    work_on(office)
    numbers = sorted(row.number for row in office.rows("SELECT number FROM app.fee_notice"))
    assert [number.split("/")[1] for number in numbers] == ["00001", "00002", "00003"]

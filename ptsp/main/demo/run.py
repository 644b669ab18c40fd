"""Send the bundles through: lodge, answer at the desks, pay, collect, verify."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ptsp.infra.pdf import render
from ptsp.kernel.money import rupiah
from ptsp.main.demo.client import CallFailed, Client, Lodged
from ptsp.main.demo.orders import Story

LONGEST_S = 240.0
EVERY_S = 0.15

PAPER = """#set document(title: "Dokumen contoh", date: datetime(year: 2026, month: 1, day: 1))
#set page(paper: "a5")
#let data = json("/data.json")
= Dokumen contoh
#data.requirement untuk uji coba. Tidak berlaku sebagai bukti."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How one bundle ended, in the words of the demonstration's JSON."""

    story: Story
    bundle: Lodged
    view: Mapping[str, Any]
    permits: tuple[Mapping[str, object], ...]

    def as_json(self) -> dict[str, object]:
        return {
            "reference": self.bundle.reference,
            "promised_on": self.view["first_promised_on"],
            "ended_on": self.view["promised_on"],
            "tasks": len(self.view["tasks"]),
            "tasks_before_merging": self.view["tasks_before_merging"],
            "fee": self.view["fee"],
            "permits": list(self.permits),
            "outcome": self.view["outcome"],
            "reasons": sorted({reason for one in self.view["applications"] for reason in one["reasons"]}),
        }


def lodge(client: Client, story: Story) -> Lodged:
    """Upload the documents, then lodge the bundle."""
    papers: dict[str, str] = {}
    applications = []
    for service, (answers, requirements) in story.wanted.items():
        for requirement in requirements:
            if requirement not in papers:
                paper = render(PAPER, {"requirement": requirement})
                papers[requirement] = client.upload(service, requirement, f"{requirement}.pdf", paper)
        documents = {requirement: papers[requirement] for requirement in requirements}
        applications.append({"service": service, "answers": answers, "documents": documents})
    return client.lodge({"applicant": story.applicant, "applications": applications})


def play(
    client: Client,
    bank: str,
    tokens: Mapping[str, str],
    bundles: Sequence[Lodged],
    show: Callable[[Sequence[Mapping[str, Any]]], None],
    pause: Callable[[float], None],
) -> list[dict[str, Any]]:
    """Be the officers at the desks and the payer until every bundle has ended; returns the last views."""
    paid: set[str] = set()
    left = LONGEST_S
    while True:
        views = [client.track(bundle) for bundle in bundles]
        show(views)
        if all(view["state"] == "ended" for view in views):
            return views
        work_desks(client, tokens)
        pay_bills(client, bank, views, paid)
        pause(EVERY_S)
        left -= EVERY_S
        if left <= 0:
            raise CallFailed(f"the bundles did not end; {waiting(views)}")


def work_desks(client: Client, tokens: Mapping[str, str]) -> None:
    for token in tokens.values():
        for task in client.desk_tasks(token):
            client.approve(token, task["id"])


def pay_bills(client: Client, bank: str, views: Iterable[Mapping[str, Any]], paid: set[str]) -> None:
    """Pay what is open under a bill, once its payment is waited for."""
    for view in views:
        open_notices = [notice for notice in view["notices"] if notice["state"] == "open"]
        for account in {notice["virtual_account"] for notice in open_notices}:
            numbers = [one["number"] for one in open_notices if one["virtual_account"] == account]
            key = f"{account} {sorted(numbers)}"
            if key not in paid:
                client.pay(bank, account, key)
                paid.add(key)


def collect(client: Client, story: Story, bundle: Lodged, view: Mapping[str, Any]) -> Finished:
    """Fetch and verify what came out, and hold the outcome against what was expected."""
    permits = []
    for application in view["applications"]:
        document = application["document"]
        pdf = client.decision(bundle, document["number"])
        is_genuine = client.verify(document["code"], pdf)
        if not is_genuine:
            raise CallFailed(f"{document['number']} does not verify")
        if document["kind"] != "refusal":
            permits.append(
                {"number": document["number"], "service": application["service"], "verified": is_genuine}
            )
    if view["outcome"] != story.outcome:
        raise CallFailed(f"{bundle.reference} ended as {view['outcome']}, not {story.outcome}")
    return Finished(story, bundle, view, tuple(permits))


def waiting(views: Iterable[Mapping[str, Any]]) -> str:
    open_tasks = [
        f"{view['reference']}/{task['code']} at {task['agency']} is {task['state']}"
        for view in views
        for task in view["tasks"]
        if task["state"] not in ("approved", "rejected", "cut", "blocked")
    ]
    return "; ".join(open_tasks) or "nothing is under way"


def summary(finished: Sequence[Finished]) -> list[str]:
    """What happened, line by line."""
    lines = []
    for one in finished:
        view = one.view
        lines.append(f"{one.bundle.reference}: {one.story.title}")
        lines.append(
            f"  {len(view['tasks'])} tasks instead of {view['tasks_before_merging']}, promised for"
            f" {view['first_promised_on']}, ended on {view['promised_on']},"
            f" fee {rupiah(view['fee'])}, {view['outcome']}"
        )
        for permit in one.permits:
            lines.append(f"  {permit['number']}  {permit['service']}, verified by code and by file")
        lines += [f"  refused: {reason}" for reason in one.as_json()["reasons"]]  # type: ignore[attr-defined]
        lines.append(f"  {one.bundle.track_url}")
    return lines

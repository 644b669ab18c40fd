"""The page on which an applicant follows a bundle, and the signed documents that came out."""

from collections.abc import Sequence
from io import BytesIO
from itertools import groupby

from flask import g, render_template, request, send_file
from flask.typing import ResponseReturnValue

from ptsp.flows.show_outages import OutageView
from ptsp.flows.views import BundleView, EventView, TaskView
from ptsp.web import format as shown
from ptsp.web.drawing import Node, draw
from ptsp.web.money import bills
from ptsp.web.pages import count, new_blueprint, pages, read, say
from ptsp.web.receipts import in_order

blueprint = new_blueprint("tracking")
LONGEST_KEY = 200
BUSY = ("ready", "running", "asked", "stuck")
NEWEST = 8  # events shown at once; the older ones unfold
ENDED = ("approved", "rejected", "deemed")
LEGEND = ("approved", "running", "blocked", "stuck", "rejected", "deemed", "cut")


@blueprint.get("/<tenant>/bundles/<reference>")
def track(tenant: str, reference: str) -> ResponseReturnValue:
    """Where a bundle stands: one sentence, the promised date, the graph, permits, bill and history."""
    key = request.args.get("key", "")[:LONGEST_KEY]
    pack = pages().office.tenant(tenant)
    bundle = pages().office.track(tenant, reference, key)
    tasks = in_order(bundle.tasks)
    return render_template(
        "pages/track.html",
        pack=pack,
        bundle=bundle,
        key=key,
        sentence=sentence(bundle),
        progress=progress(bundle.tasks),
        drawing=picture(tasks, bundle.time_zone),
        tasks=tasks,
        names={task.seq: read(task.name) for task in tasks},
        state_text=state_text,
        legend=[
            state for state in LEGEND if state in ("approved", "running", "blocked") or has(bundle, state)
        ],
        bills=bills(bundle),
        fee=fee_state(bundle),
        history=told_once(bundle.events),
        newest=NEWEST,
        outages=touching(bundle, pages().office.outages(tenant)),
        day=lambda at: shown.local_day(at, bundle.time_zone),
    )


def touching(bundle: BundleView, down: Sequence[OutageView]) -> list[OutageView]:
    """Outages that hold up something this bundle still waits for."""
    needed = {task.agency for task in bundle.tasks if task.state in (*BUSY, "blocked")}
    return [one for one in down if needed and (one.agency in needed or not one.agency)]


@blueprint.get("/<tenant>/bundles/<reference>/documents/<path:number>")
def document(tenant: str, reference: str, number: str) -> ResponseReturnValue:
    """A signed document as a PDF to keep."""
    key = request.args.get("key", "")[:LONGEST_KEY]
    return kept(*pages().office.document(tenant, reference, key, number))


@blueprint.get("/<tenant>/bundles/<reference>/papers/<path:number>")
def paper(tenant: str, reference: str, number: str) -> ResponseReturnValue:
    """A signed fee notice, proof of payment or overpayment notice as a PDF to keep."""
    key = request.args.get("key", "")[:LONGEST_KEY]
    return kept(*pages().office.paper(tenant, reference, key, number))


def kept(data: bytes, name: str) -> ResponseReturnValue:
    """A PDF for whoever asked, and for nobody on the way."""
    answer = send_file(BytesIO(data), mimetype="application/pdf", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def told_once(events: Sequence[EventView]) -> list[tuple[EventView, int]]:
    """The newest first; the same said several times in a row is said once, with how often."""
    rows = groupby(reversed(events), key=lambda event: event.text)
    return [(same[0], len(same)) for same in (list(row) for _, row in rows)]


def has(bundle: BundleView, state: str) -> bool:
    return any(task.state == state for task in bundle.tasks)


def progress(tasks: Sequence[TaskView]) -> tuple[int, int]:
    """Steps that have ended, and all steps that will not be cut."""
    wanted = [task for task in tasks if task.state != "cut"]
    return sum(task.state in ENDED for task in wanted), len(wanted)


def fee_state(bundle: BundleView) -> str:
    """`free` when nothing is ever charged, `later` while the first notice is still to come, else `known`."""
    charges = [task for task in bundle.tasks if task.kind == "charge"]
    if not charges:
        return "free"
    is_to_come = any(task.state in (*BUSY, "blocked") for task in charges)
    return "later" if is_to_come and not bundle.notices else "known"


def sentence(bundle: BundleView) -> str:
    """The state of a bundle in one sentence."""
    if bundle.outcome == "refused":
        return say("track.refused")
    granted = sum(application.state == "approved" for application in bundle.applications)
    if bundle.outcome is not None:
        return say(f"track.{bundle.outcome}", granted=granted, all=len(bundle.applications))
    returned = [one.due_on for one in bundle.corrections if one.state == "open"]
    if returned:
        return say("track.to_correct", day=shown.long_date(min(returned), g.lang))
    busy = [task for task in bundle.tasks if task.state in BUSY]
    if busy and all(task.kind == "payment" for task in busy):
        due = min((notice.due_on for notice in bundle.notices if notice.state == "open"), default=None)
        owed = sum(notice.total for notice in bundle.notices if notice.state == "open")
        if due:
            return say("track.to_pay", amount=shown.money(owed), day=shown.long_date(due, g.lang))
    done, total = progress(bundle.tasks)
    who = list(
        dict.fromkeys(read(task.desk_name or task.agency_name) for task in busy if task.kind != "payment")
    )
    if not who:
        return say("track.open", done=done, total=total)
    return say("track.open_at", done=done, total=total, who=listed(who))


def listed(names: Sequence[str]) -> str:
    """`A, B dan C`."""
    if len(names) == 1:
        return names[0]
    return say("listed", first=", ".join(names[:-1]), last=names[-1])


def state_text(task: TaskView) -> str:
    """The state of a task in words; a payment is waited for, not worked on."""
    if task.kind == "payment" and task.state in BUSY:
        return say("state.to_pay")
    if task.desk_name and task.state in BUSY:
        return say("state.at_desk", desk=read(task.desk_name))
    return say(f"state.{task.state}")


def picture(tasks: Sequence[TaskView], zone: str) -> str:
    """The graph of the bundle as SVG."""
    done, total = progress(tasks)
    return draw(
        [node(task, zone) for task in tasks],
        ident="graph",
        title=say("track.drawing"),
        description=say("track.drawing_told", done=done, total=total),
        stage=say("stage"),
    )


def node(task: TaskView, zone: str) -> Node:
    shared = len(task.services) > 1
    return Node(
        key=task.seq,
        name=read(task.name),
        agency=read(task.agency_name),
        state=task.state,
        state_text=state_text(task),
        foot=foot(task, zone),
        note=count("shared", len(task.services)) if shared else "",
        after=task.after,
    )


def foot(task: TaskView, zone: str) -> str:
    """When it ended, or by when it shall end."""
    if task.state == "cut":
        return ""
    if task.ended_at:
        return say("ended", day=shown.short_date(shown.local_day(task.ended_at, zone), g.lang))
    return say("planned", day=shown.short_date(task.expected_on, g.lang))

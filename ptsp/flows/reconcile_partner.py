"""One agency's day: what we asked and what it lists are compared, what can be mended is, and the balance is signed.

The list is had before, with no transaction open. To do it again changes what has changed: gaps stay the same ones,
those that are gone end, and the ledger hears only of questions that go on another way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ptsp.domain import balances, routes
from ptsp.flows._balances import sign_day
from ptsp.flows.record_results import record_results
from ptsp.flows.replay_deliveries import memory_of
from ptsp.infra.gateway import Partners
from ptsp.infra.signing import Signer
from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid
from ptsp.sdk.contract import Listed
from ptsp.sdk.listings import Window

MOST_ACTS = 200  # of one day at once; the others wait until it is made again
NOT_THERE = "the agency's list of {day} does not have it"
SENT_AGAIN = f"{NOT_THERE}: it is put again under its key"
DECIDED_THERE = "the agency's list of {day} has a verdict: it is looked at"

Act, Kind = balances.Act, balances.Kind


@dataclass(frozen=True, slots=True)
class Taken:
    """What an agency listed for a window."""

    window: Window
    cases: Sequence[Listed]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A balance, how many of its gaps are new or have ended, and what was done about them."""

    balance: balances.Balance
    open: int
    found: int
    ended: int
    acts: Mapping[balances.Act, int]


def list_wanted(work: Work, agency: str, day: date) -> Window:
    """What an agency is asked to list to compare one day. Raises Invalid for a day that is not over."""
    window = _window(work, day)
    return balances.list_window(window, _asked(work, agency, window), work.now)


def reconcile_partner(
    work: Work, partners: Partners, signer: Signer, agency: str, day: date, taken: Taken | None
) -> Reconciled:
    """Make the balance of one day, for the first time or again. `taken` is None for an agency that offers no list.

    Raises Invalid for a day that is not over.
    """
    connection, tenant_id, window = work.connection, work.tenant.id, _window(work, day)
    balances.hold(connection, tenant_id, agency)
    balances.owe(connection, tenant_id, [(agency, day)])
    before = {one.id: one for one in balances.gaps_of(connection, agency, day)}
    asked = _asked(work, agency, window)
    if taken is None:
        state = balances.State.NO_LIST
        balance = balances.Balance(agency, day, state, sent=len(asked), made_at=work.now)
        balances.save(connection, tenant_id, balance)
        sign_day(work, signer, balance, [])
        return Reconciled(balance, 0, 0, 0, {})
    known = balances.known(connection, agency, {balances.key_of(case) for case in taken.cases})
    compared = balances.compare(asked, taken.cases, day=window, known=known)
    found = _found(work, partners, agency, day, compared.gaps, before)
    gone = [
        replace(one, ended_at=work.now, ended_how=balances.How.GONE)
        for ident, one in before.items()
        if one.ended_at is None and ident not in found
    ]
    balances.save_gaps(connection, tenant_id, [*found.values(), *gone])
    balance = _balance(work, agency, window, compared, taken, found)
    balances.save(connection, tenant_id, balance)
    sign_day(work, signer, balance, balances.gaps_of(connection, agency, day))
    new = sum(_is_open(one) and not _is_open(before.get(ident)) for ident, one in found.items())
    acts = [one.act for one in found.values() if _is_open(one)]
    return Reconciled(
        balance, len(acts), new, len(gone), {act: acts.count(act) for act in dict.fromkeys(acts)}
    )


def _window(work: Work, day: date) -> Window:
    window = balances.day_window(day, work.tenant.calendar.zone)
    if work.now < window.until:
        raise Invalid([Fault("day", "is not over yet")])
    return window


def _asked(work: Work, agency: str, window: Window) -> list[balances.Asked]:
    return balances.asked(work.connection, work.tenant.id, agency, window.since, window.until)


def _is_open(gap: balances.Gap | None) -> bool:
    return gap is not None and gap.ended_at is None


def _balance(
    work: Work,
    agency: str,
    window: Window,
    compared: balances.Comparison,
    taken: Taken,
    found: Mapping[UUID, balances.Gap],
) -> balances.Balance:
    acts = [one.act for one in found.values() if _is_open(one)]
    counts = compared.counts
    return balances.Balance(
        agency=agency,
        day=window.since.date(),
        state=balances.State.GAPS if acts else balances.State.BALANCED,
        sent=compared.sent,
        listed=compared.listed,
        matched=counts[Kind.MATCHED],
        let_go=counts[Kind.LET_GO],
        missing_there=counts[Kind.MISSING_THERE],
        missing_here=counts[Kind.MISSING_HERE],
        unanswered=counts[Kind.UNANSWERED],
        different=counts[Kind.DIFFERENT],
        doubled=counts[Kind.DOUBLED],
        digest=balances.digest(compared.items),
        listed_since=taken.window.since,
        listed_until=taken.window.until,
        made_at=work.now,
        next_at=balances.again_at(window, work.now, acts),
    )


def _found(
    work: Work,
    partners: Partners,
    agency: str,
    day: date,
    items: Sequence[balances.Item],
    before: Mapping[UUID, balances.Gap],
) -> dict[UUID, balances.Gap]:
    """The gaps as they are now, by id; what follows from them has been done."""
    remembers = not memory_of(partners, work.tenant, agency).is_none
    by_id = {balances.gap_id(work.tenant.id, agency, day, item): item for item in items}
    planned = {
        ident: balances.act_on(item, remembers=remembers, tries=before[ident].tries if ident in before else 0)
        for ident, item in by_id.items()
        if ident not in before or before[ident].ended_how is not balances.How.BY_HAND
    }
    doing = [ident for ident, act in planned.items() if act in (Act.SEND_AGAIN, Act.LOOK, Act.STICK)]
    done = _do(work, day, [(by_id[ident], planned[ident]) for ident in doing[:MOST_ACTS]])
    found = {}
    for ident, item in by_id.items():
        was = before.get(ident)
        if was and ident not in planned:
            found[ident] = was  # a person has ended it, for good
            continue
        act, is_done = planned[ident], item.asked is not None and item.asked.id in done
        if ident in doing and not is_done and act is not Act.STICK:
            act = Act.WAIT  # it has moved on meanwhile, or its turn comes later
        found[ident] = balances.Gap(
            ident,
            agency,
            day,
            item.kind,
            item.asked.id if item.asked else None,
            item.key,
            ", ".join(item.numbers),
            item.ours,
            item.theirs,
            act,
            (was.tries if was else 0) + is_done,
            was.found_at if was and was.ended_at is None else work.now,
        )
    return found


def _do(work: Work, day: date, doing: Sequence[tuple[balances.Item, balances.Act]]) -> set[UUID]:
    """Let the questions of gaps go on; gives those that do. Bundles first and tasks after, as whoever records."""
    connection, tenant_id = work.connection, work.tenant.id
    tasks = [(item.asked, act) for item, act in doing if item.asked]
    bundles = balances.bundles_of(connection, tenant_id, [one.id for one, _ in tasks])
    routes.lock(connection, tenant_id, bundles.values())
    anew = [(one.id, one.state, one.ref) for one, act in tasks if act is not Act.LOOK]
    stands = balances.ask_anew(connection, tenant_id, anew)
    results, soon = [], []
    for one, act in tasks:
        result = _result(day, one, act)
        if act is Act.LOOK and one.state != "stuck":
            soon.append(one.id)
        elif act is not Act.LOOK and one.id not in stands:
            continue
        elif result is None:
            soon.append(one.id)
        elif not (act is Act.STICK and one.state == "stuck"):
            results.append(result)
    done = {task.id for task in record_results(work, sorted(set(bundles.values())), results)}
    return done | balances.look_now(connection, tenant_id, soon)


def _result(day: date, one: balances.Asked, act: balances.Act) -> routes.Result | None:
    """How a question goes on; None where it only comes due: it was to be put again anyway."""
    told = f"{day:%Y-%m-%d}"
    if act is Act.STICK:
        note = {"reason": NOT_THERE.format(day=told), "outcome": "unknown"}
        return routes.Result(one.id, routes.TaskState.STUCK, note=note, cause=routes.Cause.NEEDS_CHECK)
    if act is Act.LOOK:
        state = routes.TaskState.ASKED if one.ref else routes.TaskState.UNKNOWN
        return routes.Result(one.id, state, again_s=0.0, note={"reason": DECIDED_THERE.format(day=told)})
    if one.state == routes.TaskState.UNKNOWN and one.ref is None:
        return None
    note = {"reason": SENT_AGAIN.format(day=told)}
    return routes.Result(one.id, routes.TaskState.UNKNOWN, again_s=0.0, note=note)

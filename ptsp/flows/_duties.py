"""Separation of duties: nobody decides his own case, and where the pack says so who assessed does not sign.

The platform itself has no officer, and is nobody's relative. Why somebody is refused names who may instead.
"""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from ptsp.domain import applications, people, routes
from ptsp.domain.people import Right
from ptsp.infra.work import Officer, Work
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.reasons import fault

MOST_NAMED = 50


def check_duties(work: Work, tasks: Sequence[routes.TaskRow], right: Right, field: str) -> None:
    """May this officer give these verdicts, or these signatures? Raises Invalid; `field` is the input it blames.

    A token that names nobody is refused where two officers have to be told apart.
    """
    wrong = [*_own_cases(work, tasks, right, field), *_both_sides(work, tasks, right, field)]
    if wrong:
        raise Invalid(dict.fromkeys(wrong))


def check_own_case(work: Work, bundle_id: UUID, agency: str, right: Right, field: str) -> None:
    """May this officer decide anything of this bundle at this desk? Raises Invalid."""
    if work.officer and _is_own(work, work.officer, [bundle_id]):
        raise Invalid([_told(work, "own_case", agency, right, field, {work.officer.label})])


def _own_cases(work: Work, tasks: Sequence[routes.TaskRow], right: Right, field: str) -> Iterator[Fault]:
    if work.officer is None:
        return
    own = _is_own(work, work.officer, list({task.bundle_id for task in tasks}))
    for task in tasks:
        if task.bundle_id in own:
            yield _told(work, "own_case", task.hands or task.agency, right, field, {work.officer.label})


def _is_own(work: Work, officer: Officer, bundle_ids: Sequence[UUID]) -> set[UUID]:
    if not officer.nik_indexes:
        return set()
    indexes = applications.nik_indexes(work.connection, bundle_ids)
    return {ident for ident, index in indexes.items() if index in officer.nik_indexes}


def _both_sides(work: Work, tasks: Sequence[routes.TaskRow], right: Right, field: str) -> Iterator[Fault]:
    ids = list({task.bundle_id for task in tasks})
    bundles = applications.bundles(work.connection, ids)
    lodged = applications.applications(work.connection, ids)
    for task in tasks:
        members = routes.graph_from_text(bundles[task.bundle_id].graph).members
        for position in members[task.seq]:
            standard = lodged[task.bundle_id][position].standard_id
            service = work.tenant.standard_at(work.connection, standard)
            if service.four_eyes:
                mates = [
                    one
                    for one in routes.tasks(work.connection, task.bundle_id)
                    if position in members[one.seq]
                ]
                yield from _four_eyes(work, task, mates, service.signer, right, field)


def _four_eyes(
    work: Work,
    task: routes.TaskRow,
    mates: Sequence[routes.TaskRow],
    signer: str,
    right: Right,
    field: str,
) -> Iterator[Fault]:
    """`mates` are all tasks of the same application."""
    if work.officer is None or not work.officer.label:
        yield fault(field, "four_eyes_unnamed")
        return
    at, who = task.hands or task.agency, work.officer.label
    answers = [(one.hands, one.answered_by) for one in mates if one.hands and one.answered_by]
    if people.crosses(at, who, answers, signer):
        out = {by for _, by in answers if people.crosses(at, by, answers, signer)}
        yield _told(work, "four_eyes", at, right, field, out, who=who)


def _told(
    work: Work, code: str, agency: str, right: Right, field: str, but: Collection[str], **values: str
) -> Fault:
    """The refusal, with the logins of those who may at the same desk."""
    held = people.who_holds(work.connection, work.tenant.id, agency, limit=MOST_NAMED)
    fit = people.in_force((one for _, one in held), work.now)
    may = {one.person_id for one in fit if right in people.RIGHTS[one.role]}
    others = sorted({login for login, one in held if one.person_id in may} - set(but))
    if not others:
        return fault(field, f"{code}_alone", **values)
    return fault(field, code, others=", ".join(others), **values)

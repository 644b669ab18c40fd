"""A person has seen why a telling is dead, and sends it on its way again under the same key."""

from uuid import UUID

from ptsp.domain import tellings
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound


def replay_telling(work: Work, telling_id: UUID, *, is_checked: bool = False) -> None:
    """Let a dead telling be due now.

    One of which nobody knows whether it arrived needs `is_checked`: a person made sure there that it did not.
    Raises NotFound, and Conflict for one that is not dead, is not checked, or has been overtaken.
    """
    found = tellings.telling(work.connection, telling_id)
    if found is None:
        raise NotFound("this office has no such telling")
    if found.state is not tellings.TellingState.DEAD:
        raise Conflict(f"the telling is {found.state}, not dead")
    if found.cause == "needs_check" and not is_checked:
        raise Conflict("it may have arrived: look there first, and say --checked")
    if not tellings.replay(work.connection, work.tenant.id, telling_id):
        raise Conflict("a later one of the same case was told by now: this one would turn it back")

"""The queue of a desk: what is due next comes first."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from ptsp.flows.show_queue import ALL, MINE, TABS
from ptsp.kernel.errors import NotFound
from ptsp.web.desk_door import desk, desk_blueprint
from ptsp.web.desk_words import due_words, held_words, tone
from ptsp.web.pages import pages

blueprint = desk_blueprint("desk_queue")
LONGEST_PLACE = 100


@blueprint.get("/<tenant>/desk/queue")
def queue(tenant: str) -> ResponseReturnValue:
    """What waits at the desk, what this officer has taken, or what is on hold; 50 at a time."""
    tab = request.args.get("tab", ALL)
    if tab not in TABS:
        raise NotFound("there is no such list")
    mine = desk(tenant)
    page = mine.queue(tab, request.args.get("after", "")[:LONGEST_PLACE] or None)
    return render_template(
        "pages/desk_queue.html",
        pack=pages().office.tenant(tenant),
        queue=page,
        is_signer=mine.is_signer(),
        is_person=mine.opened().grants is not None,
        tabs=[one for one in TABS if one != MINE or page.officer],
        is_first="after" not in request.args,
        due=lambda task: due_words(task, page.now, page.time_zone),
        held=held_words,
        tone=tone,
    )

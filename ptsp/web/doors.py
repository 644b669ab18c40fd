"""Every page there is, and how they are hung into the app."""

from flask import Flask
from werkzeug.routing import BaseConverter

from ptsp.web import (
    applicant,
    changes,
    desk_account,
    desk_acts,
    desk_case,
    desk_deliveries,
    desk_door,
    desk_money,
    desk_people,
    desk_queue,
    desk_reconciling,
    desk_signing,
    feeds,
    public,
    tracking,
    verify,
)
from ptsp.web.office import Office
from ptsp.web.pages import EXTENSION, Pages
from ptsp.web.words import load_words

# Open to anybody; what belongs to one bundle asks for its key, and what belongs to a desk for its token or a
# session.
DOORS = (
    public.blueprint,
    verify.blueprint,
    applicant.blueprint,
    tracking.blueprint,
    feeds.blueprint,
    changes.blueprint,
    desk_door.blueprint,
    desk_queue.blueprint,
    desk_case.blueprint,
    desk_acts.blueprint,
    desk_money.blueprint,
    desk_reconciling.blueprint,
    desk_signing.blueprint,
    desk_deliveries.blueprint,
    desk_account.blueprint,
    desk_people.blueprint,
)


class PagePath(BaseConverter):
    """Any path but the API's, so that an unknown page gets our 404 and an unknown API path gets its own."""

    regex = r"(?!api/).+"
    part_isolating = False


def register_pages(app: Flask, office: Office, *, secure_cookies: bool) -> None:
    """Hang all pages into the app. Texts are read once, here. Raises ValueError when they are incomplete.

    `secure_cookies` marks cookies (the language and a desk's token) as for HTTPS only.
    """
    app.extensions[EXTENSION] = Pages(office, load_words(), secure_cookies)
    app.url_map.converters["page_path"] = PagePath
    for blueprint in DOORS:
        app.register_blueprint(blueprint)

"""What every page has in common: the language, the words in templates, the guards and the error pages."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from ptsp.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PtspError
from ptsp.kernel.specs import Text
from ptsp.web import format as shown
from ptsp.web.drawing import icon
from ptsp.web.office import Office
from ptsp.web.security import limit_request, protect, refuse_foreign_posts
from ptsp.web.words import LANGUAGES, Words, pick

EXTENSION = "ptsp.pages"
COOKIE = "ptsp_lang"
A_YEAR = 365 * 24 * 3600
STATUS: dict[type[PtspError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422}
CODES = (400, 403, 404, 405, 409, 413, 422, 500)


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages were given when the app was made."""

    office: Office
    words: Words
    secure_cookies: bool


def pages() -> Pages:
    found: Pages = current_app.extensions[EXTENSION]
    return found


def say(key: str, **values: object) -> str:
    """A text of the pages in the reader's language."""
    return pages().words.say(g.lang, key, **values)


def count(key: str, number: int) -> str:
    """A text that counts: `key.one` or `key.many`."""
    return pages().words.count(g.lang, key, number)


def read(text: Text) -> str:
    """A text of a pack in the reader's language."""
    return pick(text, g.lang)


def new_blueprint(name: str, **options: Any) -> Blueprint:
    """A blueprint with the guards, the words and the error pages of all pages."""
    blueprint = Blueprint(name, __name__, **options)
    for before in (choose_language, limit_request, refuse_foreign_posts):
        blueprint.before_request(before)
    blueprint.after_request(protect)
    blueprint.teardown_request(let_go_of_files)
    blueprint.after_request(keep_language)
    blueprint.context_processor(template_words)
    for code in CODES:
        blueprint.register_error_handler(code, show_http_error)
    blueprint.register_error_handler(PtspError, show_refusal)
    return blueprint


def choose_language() -> None:
    """`?lang=` first, then the cookie, then Indonesian."""
    wanted = (request.args.get("lang"), request.cookies.get(COOKIE))
    g.lang = next((lang for lang in wanted if lang in LANGUAGES), LANGUAGES[0])


def keep_language(response: Response) -> Response:
    """Remember a language that was asked for."""
    response.headers["Content-Language"] = g.lang
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE, g.lang, max_age=A_YEAR, httponly=True, samesite="Lax", secure=pages().secure_cookies
        )
    return response


def let_go_of_files(error: BaseException | None) -> None:
    """Close uploads that were large enough to be put on disk while the request ran."""
    request.close()


def template_words() -> dict[str, Any]:
    """The names templates may use."""
    lang: str = g.lang
    return {
        "lang": lang,
        "t": say,
        "n": count,
        "pick": read,
        "money": shown.money,
        "number": lambda value: shown.number(value, lang),
        "long_date": lambda day: shown.long_date(day, lang),
        "short_date": lambda day: shown.short_date(day, lang),
        "moment": lambda at, zone: shown.moment(at, zone, lang),
        "icon": icon,
        "in_language": in_language,
        "languages": LANGUAGES,
    }


def in_language(lang: str) -> str:
    """This page's address in another language."""
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{request.path}?{urlencode([*query, ('lang', lang)])}"


def show_http_error(error: HTTPException) -> tuple[str, int]:
    return show_error(error.code or 500)


def show_refusal(error: PtspError) -> tuple[str, int]:
    return show_error(next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500))


def show_error(code: int) -> tuple[str, int]:
    """A plain page that says what happened and where to go on."""
    return render_template("pages/error.html", code=code if code in CODES else 500), code

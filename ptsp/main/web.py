"""The web process: pages and API on one Flask application, built from settings."""

import os
import uuid
from collections.abc import Mapping

import structlog
from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ptsp.api import agency, central, snap
from ptsp.api.access import EXTENSION, Access
from ptsp.api.problems import (
    MACHINE_PATHS,
    MEDIA_TYPE,
    ProblemSchema,
    from_http,
    is_for_machines,
    problem,
    register_problems,
)
from ptsp.api.v1 import bundles, case, counter, desk, offices, verification
from ptsp.main.counter import Counter
from ptsp.main.logs import log_to_stderr
from ptsp.main.settings import Settings
from ptsp.main.standing import settle
from ptsp.main.wiring import access_of
from ptsp.web.doors import register_pages
from ptsp.web.pages import CODES, choose_language, keep_language, template_words
from ptsp.web.security import protect

log = structlog.get_logger()

LARGEST_REQUEST = 60 * 1024 * 1024
LOST = "lost"
EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")

# Every way in for machines. Who may use it is decided by what it asks for: nothing (public figures), the
# bundle's key, the desk's token, or a signature over the body.
DOORS = (
    (offices.blueprint, "anybody"),
    (bundles.blueprint, "anybody may quote, upload and lodge; the bundle's key opens the rest"),
    (verification.blueprint, "anybody"),
    (desk.blueprint, "the desk's token"),
    (case.blueprint, "the desk's token"),
    (counter.blueprint, "the desk's token"),
    (agency.blueprint, "the agency's signature"),
    (snap.blueprint, "the bank's token and signature"),
    (central.blueprint, "the central system's token"),
)


def create_app(access: Access) -> Flask:
    """The application. No connection is opened and no setting read here."""
    app = Flask("ptsp", static_folder=None)
    app.config.update(
        API_TITLE="PTSP",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions[EXTENSION] = access
    api = Machines(app)
    for blueprint, _ in DOORS:
        api.register_blueprint(blueprint)
    register_problems(app)
    _register_lost_machines(app)
    _register_health(app, access)
    register_pages(app, Counter(access), secure_cookies=access.public_url.startswith("https://"))
    return app


class Machines(Api):
    """flask-smorest with problems of RFC 9457 on machine paths; pages answer with pages."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        """Errors, and only they, are documented under the media type of problems."""
        of_answers, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, MEDIA_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = of_answers

    def _register_error_handlers(self) -> None:
        self._app.register_error_handler(Exception, _any_error)  # type: ignore[union-attr]


def _any_error(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return from_http(error) if is_for_machines(request) else _page_of(error)
    if not is_for_machines(request):
        raise error
    number = uuid.uuid4().hex
    log.error("unexpected_error", number=number, path=request.path, exc_info=error)
    return problem(500, "internal", f"the operators find this error under the number {number}")


def _page_of(error: HTTPException) -> ResponseReturnValue:
    """The error page for what no page's own handler saw, such as a post where only reading is possible."""
    choose_language()
    code = error.code or 500
    text = render_template("pages/error.html", code=code if code in CODES else 500, **template_words())
    page = make_response(text, code)
    if methods := getattr(error, "valid_methods", None):
        page.headers["Allow"] = ", ".join(methods)
    return keep_language(protect(page))


def _register_lost_machines(app: Flask) -> None:
    """The pages take any path; a machine that lost its way gets a problem and no page."""

    def lost(path: str = "") -> ResponseReturnValue:
        del path
        paths = app.create_url_adapter(request)
        doors = [way for way in EVERY_METHOD if paths and not paths.match(method=way)[0].startswith(LOST)]
        raise MethodNotAllowed(doors) if doors else NotFound

    for number, start in enumerate(MACHINE_PATHS):
        for rule in (start, f"{start}<path:path>"):
            app.add_url_rule(rule, f"{LOST}{number}", lost, methods=EVERY_METHOD)


def _register_health(app: Flask, access: Access) -> None:
    @app.get("/live")
    def live() -> ResponseReturnValue:
        return {"live": True}

    @app.get("/ready")
    def ready() -> ResponseReturnValue:
        parts: Mapping[str, str] = access.ready()
        is_ready = all(state == "ok" for state in parts.values())
        return {"ready": is_ready, "parts": dict(parts)}, 200 if is_ready else 503


def app_from_env() -> Flask:
    """For the web server: everything from the environment."""
    log_to_stderr()
    app = create_app(access_of(Settings.from_env(os.environ)))
    settle()
    return app

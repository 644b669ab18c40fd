"""Requests are read strictly: one JSON object, no key twice, no NaN, no number as float, bounded in size."""

import hashlib
from typing import Any

from flask import Request, request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from ptsp.sdk.strict_json import Malformed, parse_object

LARGEST_JSON = 1024 * 1024  # bytes


def json_body(asked: Request) -> dict[str, object]:
    """The body as one JSON object. 413, 415 or 400 otherwise."""
    if asked.mimetype not in ("application/json", ""):
        raise UnsupportedMediaType("the body must be application/json")
    if (asked.content_length or 0) > LARGEST_JSON:
        raise RequestEntityTooLarge(f"the body must be at most {LARGEST_JSON} bytes")
    data = asked.get_data(cache=True)
    if len(data) > LARGEST_JSON:
        raise RequestEntityTooLarge(f"the body must be at most {LARGEST_JSON} bytes")
    try:
        return parse_object(data)
    except Malformed as error:
        raise BadRequest(str(error)) from error


def fingerprint(asked: Request) -> bytes:
    """What makes two submissions the same: the bytes of their bodies."""
    return hashlib.sha256(asked.get_data(cache=True)).digest()


class StrictParser(FlaskParser):
    """webargs over `json_body`."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        "json": "raise",
        "query": "raise",
        "headers": "exclude",
        "files": "exclude",
    }

    def _raw_load_json(self, req: Request) -> Any:
        return json_body(req)


class StrictBlueprint(Blueprint):
    """A blueprint whose JSON is read strictly."""

    ARGUMENTS_PARSER = StrictParser()


def actor() -> str:
    """Who acts, for the ledger: applicants are not named there."""
    return f"api:{request.blueprint or 'unknown'}"

"""What a browser keeps of a desk: a session or a token, for this office's desk alone, and no script can read it.

Over HTTPS its name begins with `__Host-`, so that no other host, and no plain connection, can put one there.
"""

from flask import Response, request, url_for

from ptsp.kernel.errors import Forbidden
from ptsp.web.pages import pages

COOKIE = "ptsp_desk"
DEVICE = "ptsp_device"
A_SHIFT_S = 12 * 3600
A_YEAR_S = 365 * 24 * 3600
LONGEST_TOKEN = 200


def has_token(tenant: str) -> bool:
    return _name(COOKIE, tenant) in request.cookies


def shown_token(tenant: str) -> str:
    """The token that the browser shows. Raises Forbidden without one."""
    token = request.cookies.get(_name(COOKIE, tenant), "")
    if not token:
        raise Forbidden("no token was shown")
    return token[:LONGEST_TOKEN]


def keep_token(answer: Response, tenant: str, token: str) -> Response:
    return _keep(answer, COOKIE, tenant, token, A_SHIFT_S)


def forget_token(answer: Response, tenant: str) -> Response:
    answer.delete_cookie(
        _name(COOKIE, tenant),
        path=_path(tenant),
        httponly=True,
        samesite="Strict",
        secure=pages().secure_cookies,
    )
    return answer


def shown_device(tenant: str) -> str:
    """By what this browser is known to have signed in before; empty if it has not."""
    return request.cookies.get(_name(DEVICE, tenant), "")[:LONGEST_TOKEN]


def keep_device(answer: Response, tenant: str, device: str) -> Response:
    return _keep(answer, DEVICE, tenant, device, A_YEAR_S)


def _keep(answer: Response, name: str, tenant: str, value: str, seconds: int) -> Response:
    answer.set_cookie(
        _name(name, tenant),
        value,
        max_age=seconds,
        path=_path(tenant),
        httponly=True,
        samesite="Strict",
        secure=pages().secure_cookies,
    )
    return answer


def _name(name: str, tenant: str) -> str:
    """Such a name asks for the path `/`, so that it has to tell offices apart itself."""
    return f"__Host-{name}_{tenant}" if pages().secure_cookies else name


def _path(tenant: str) -> str:
    return "/" if pages().secure_cookies else url_for("desk_door.door", tenant=tenant)

"""Guards of the pages: where a form may come from, what a browser may do, how much we read.

Against forged posts the pages compare origins: a browser says with every post where it comes from
(`Sec-Fetch-Site`, else `Origin`), and a post from anywhere but our own pages, or one that does not
say, is refused. There is no token to lose and nothing to keep; programs use the JSON API.
`Referrer-Policy: same-origin` (not `no-referrer`) matters here: with the latter browsers send
`Origin: null` with our own forms.
"""

from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.exceptions import Forbidden

LARGEST_REQUEST = 60 * 1024 * 1024
LARGEST_FIELDS = 1024 * 1024  # all text fields together
MOST_PARTS = 400
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def limit_request() -> None:
    """Before anything is read: how large a request and its parts may be."""
    request.max_content_length = LARGEST_REQUEST
    request.max_form_memory_size = LARGEST_FIELDS
    request.max_form_parts = MOST_PARTS


def refuse_foreign_posts() -> None:
    """403 for a post that does not come from our own pages."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forbidden
        return
    origin = request.headers.get("Origin", "")
    if urlsplit(origin).netloc != request.host or not request.host:
        raise Forbidden


def protect(response: Response) -> Response:
    """Put the security headers on a page. Pages depend on the language cookie and are not kept by caches."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Vary"] = "Cookie"
    return response

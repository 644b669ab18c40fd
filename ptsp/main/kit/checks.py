"""What an agency's system is tried with, one function a check. What each means for its makers stands in words.yaml."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ptsp.main.kit import callbacks
from ptsp.main.kit.findings import Check, Found, judged, skipped
from ptsp.main.kit.trial import Exchange, Trial
from ptsp.sdk.errors import Misconfigured, RefusedByAgency
from ptsp.sdk.manifest import Style

SLOW_S = 3.0
LARGEST_ANSWER = 64 * 1024
CLOCK_S = 60
NOBODY = "00000000-0000-4000-8000-000000000000"
LARGE = b'{"x": "' + b"9" * 2_000_000 + b'"}'
STRANGER = b"0123456789abcdef0123456789abcdef"
BUSY = (429, 503)


def reachable(trial: Trial) -> Found:
    reaction = trial.checked()
    return judged(reaction.error is None, "the connector's own check: a case that nobody opened", reaction)


def secure(trial: Trial) -> Found:
    parts = urlsplit(trial.settings.url)
    if parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return skipped("nothing", "the system is on this very machine")
    _, reaction, _ = trial.first()
    is_trusted = not (isinstance(reaction.error, Misconfigured) and "secure" in str(reaction.error))
    return judged(parts.scheme == "https" and is_trusted, f"a call to a {parts.scheme} address", reaction)


def opens(trial: Trial) -> Found:
    _, reaction, _ = trial.first()
    return judged(reaction.receipt is not None, "a test question under a new key", reaction)


def quick(trial: Trial) -> Found:
    _, reaction, _ = trial.first()
    return judged(reaction.receipt and reaction.seconds < SLOW_S, "the same question", reaction)


def once(trial: Trial) -> Found:
    question, first, _ = trial.first()
    again = trial.ask(question)
    is_same = first.receipt is not None and again.receipt == first.receipt
    return judged(is_same, "the same question with the same key again", again)


def once_at_once(trial: Trial) -> Found:
    question = trial.question()
    with ThreadPoolExecutor(5) as pool:
        reactions = list(pool.map(lambda _: trial.ask(question), range(5)))
    numbers = {one.receipt.agency_ref for one in reactions if one.receipt}
    seen = f"{len(numbers)} numbers of cases; {reactions[-1]}"
    return judged(len(numbers) == 1, "one question five times at the same moment", seen)


def apart(trial: Trial) -> Found:
    _, first, _ = trial.first()
    other = trial.ask(trial.question())
    numbers = [one.receipt.agency_ref for one in (first, other) if one.receipt]
    return judged(len(set(numbers)) == 2, "another question under another key", other)


def conflicts(trial: Trial) -> Found:
    question, _, _ = trial.first()
    again = trial.ask(trial.question(key=question.key, other=True))
    is_good = isinstance(again.error, RefusedByAgency) and again.status in (409, 422)
    return judged(is_good, "another question under a key that was used", again)


def stranger(trial: Trial) -> Found:
    reaction = trial.ask(trial.question(), secret=STRANGER)
    return judged(reaction.status in (401, 403), "a question signed with another secret", reaction)


def unknown_caller(trial: Trial) -> Found:
    return _replayed(trial, "the question without what we are known by", (401, 403), known=False)


def stale(trial: Trial) -> Found:
    return _replayed(trial, "the question with a signature of an hour ago", (401, 403), age_s=3600)


def ahead(trial: Trial) -> Found:
    return _replayed(trial, "the question with a signature of the next hour", (401, 403), age_s=-3600)


def malformed(trial: Trial) -> Found:
    return _replayed(trial, "half of a document, rightly signed", (400, 415, 422), body=b'{"reference": "U')


def empty(trial: Trial) -> Found:
    return _replayed(trial, "nothing at all, rightly signed", (400, 411, 415, 422), body=b"")


def large(trial: Trial) -> Found:
    return _replayed(trial, "two million bytes, rightly signed", (400, 413, 415, 422), body=LARGE)


def _replayed(trial: Trial, sent: str, wanted: tuple[int, ...], **changed: object) -> Found:
    exchange = _opening(trial)
    if exchange is None:
        return skipped(sent, "the first question got no answer")
    reaction = trial.again(exchange, **changed)  # type: ignore[arg-type]
    return judged(reaction.status in wanted, sent, reaction)


def unknown_case(trial: Trial) -> Found:
    reaction = trial.look(trial.question(key=NOBODY), "TIDAK-ADA")
    return judged(reaction.status == 404, "a look at a case that nobody opened", reaction)


def readable(trial: Trial) -> Found:
    question, first, _ = trial.first()
    if first.receipt is None:
        return skipped("nothing", "the first question opened no case")
    reaction = trial.look(question, first.receipt.agency_ref or "")
    return judged(reaction.receipt is not None, "a look at the case that was opened", reaction)


def other_method(trial: Trial) -> Found:
    exchange = _opening(trial)
    if exchange is None:
        return skipped("nothing", "the first question got no answer")
    reaction = trial.again(exchange, method="DELETE", body=b"")
    return judged(reaction.status in (401, 403, 404, 405, 501), "DELETE at the same address", reaction)


def verdict(trial: Trial) -> Found:
    question, first, _ = trial.first()
    reaction, ends = first, time.monotonic() + trial.wait_s
    while reaction.receipt and reaction.receipt.verdict is None and time.monotonic() < ends:
        time.sleep(min(reaction.receipt.look_again_s or 0.5, 1.0))
        reaction = trial.look(question, first.receipt.agency_ref or "" if first.receipt else "")
    if reaction.receipt and reaction.receipt.verdict is None:
        return skipped(
            "looks at the case", f"no verdict within {trial.wait_s:g} s; answer the test case and try again"
        )
    return judged(reaction.receipt, "looks at the case until there is a verdict", reaction)


# ------------------------------------------------------------------------------ everything that was seen


def no_redirect(trial: Trial) -> Found:
    return _all(trial, lambda one: not 300 <= one.status < 400, "a redirect")


def no_server_error(trial: Trial) -> Found:
    return _all(trial, lambda one: one.status < 500 or one.status in BUSY, "an error of the server (5xx)")


def plain(trial: Trial) -> Found:
    return _all(
        trial,
        lambda one: one.headers.get("content-encoding", "identity") == "identity",
        "a compressed answer",
    )


def typed(trial: Trial) -> Found:
    return _all(
        trial,
        lambda one: one.status != 200 or "content-type" in one.headers,
        "an answer without Content-Type",
    )


def small(trial: Trial) -> Found:
    return _all(
        trial,
        lambda one: _number(one.headers.get("content-length")) <= LARGEST_ANSWER,
        "an answer over 64 KiB",
    )


def no_cookies(trial: Trial) -> Found:
    return _all(trial, lambda one: "set-cookie" not in one.headers, "a cookie")


def waits_said(trial: Trial) -> Found:
    busy = [one for one in trial.exchanges if one.status in BUSY]
    if not busy:
        return skipped("all calls of this trial", "the system was never busy")
    good = [one for one in busy if _is_wait(one.headers.get("retry-after", ""))]
    return judged(
        len(good) == len(busy), "all calls of this trial", f"{len(busy)} times busy, {len(good)} with a wait"
    )


def clock(trial: Trial) -> Found:
    dates = [one.headers["date"] for one in trial.exchanges[-1:] if "date" in one.headers]
    if not dates:
        return skipped("all calls of this trial", "the answers bear no Date")
    try:
        away = abs(parsedate_to_datetime(dates[0]).timestamp() - time.time())
    except (TypeError, ValueError):
        return judged(False, "all calls of this trial", "the answers' Date is none")  # noqa: FBT003
    return judged(
        away < CLOCK_S + trial.wait_s, "all calls of this trial", f"its clock is {away:.0f} s away from ours"
    )


def _all(trial: Trial, is_good: Callable[[Exchange], bool], what: str) -> Found:
    if not trial.exchanges:
        return skipped("all calls of this trial", "nothing was answered")
    bad = [one for one in trial.exchanges if not is_good(one)]
    seen = (
        f"{what}, {len(bad)} times in {len(trial.exchanges)} answers"
        if bad
        else f"{len(trial.exchanges)} answers"
    )
    return judged(not bad, "all calls of this trial", seen)


def _opening(trial: Trial) -> Exchange | None:
    exchanges = trial.first()[2]
    return exchanges[-1] if exchanges else None


def _number(written: str | None) -> int:
    return int(written) if written and written.isascii() and written.isdigit() else 0


def _is_wait(written: str) -> bool:
    if written.isascii() and written.isdigit():
        return True
    try:
        return parsedate_to_datetime(written) is not None
    except (TypeError, ValueError):
        return False


def lists(trial: Trial) -> Found:
    if not trial.can_list:
        return skipped("nothing", "this connector asks for no list")
    question, first, _ = trial.first()
    number = first.receipt.agency_ref if first.receipt else None
    reaction, cases = trial.listed()
    is_there = (question.key, number) in {(one.key, one.number) for one in cases}
    return judged(is_there, "which cases we opened in the last minutes", f"{reaction}; {len(cases)} cases")


_CASES = frozenset({Style.WEBHOOK, Style.POLLING})
_CALLS = frozenset({Style.WEBHOOK})
CHECKS = (
    Check("reachable", reachable),
    Check("secure", secure),
    Check("opens", opens),
    Check("quick", quick, must=False),
    Check("once", once),
    Check("once_at_once", once_at_once, styles=_CASES),
    Check("apart", apart, styles=_CASES),
    Check("conflicts", conflicts, styles=_CASES),
    Check("stranger", stranger),
    Check("unknown_caller", unknown_caller, styles=_CASES),
    Check("stale", stale, styles=_CALLS),
    Check("ahead", ahead, styles=_CALLS),
    Check("malformed", malformed, styles=frozenset({Style.WEBHOOK, Style.IMMEDIATE})),
    Check("empty", empty, styles=frozenset({Style.WEBHOOK, Style.IMMEDIATE})),
    Check("large", large, must=False, styles=frozenset({Style.WEBHOOK, Style.IMMEDIATE})),
    Check("readable", readable, styles=_CASES),
    Check("unknown_case", unknown_case, styles=_CASES),
    Check("lists", lists, must=False, styles=_CASES),
    Check("other_method", other_method, must=False),
    Check("verdict", verdict),
    Check("called_back", callbacks.called_back, styles=_CALLS),
    Check("callback_signed", callbacks.callback_signed, styles=_CALLS),
    Check("callback_ours", callbacks.callback_ours, styles=_CALLS),
    Check("callback_again", callbacks.callback_again, styles=_CALLS),
    Check("callback_once", callbacks.callback_once, must=False, styles=_CALLS),
    Check("callback_after", callbacks.callback_after, must=False, styles=_CALLS),
    Check("no_redirect", no_redirect),
    Check("no_server_error", no_server_error),
    Check("plain", plain),
    Check("typed", typed, must=False),
    Check("small", small, must=False),
    Check("no_cookies", no_cookies, must=False),
    Check("waits_said", waits_said, must=False),
    Check("clock", clock),
)

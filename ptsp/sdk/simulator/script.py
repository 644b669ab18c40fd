"""Scripted faults: what a fake agency does wrong, how often, and always the same way for one seed."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from ptsp.sdk.listings import MOST

BEFORE = {  # the question has no effect
    "timeout": "holds the line for `seconds` (30) and cuts it",
    "500": "answers 500",
    "503": "answers 503, with Retry-After if `retry_after` is given",
    "429": "answers 429, with Retry-After if `retry_after` is given",
    "401": "answers 401",
    "422": "answers 422",
    "redirect": "answers 302 to itself",
    "outage": "cuts every line for `lasts` (5) seconds, `at` seconds after the script began; again every `again` s",
}
AFTER = {  # the question has its effect, and the answer is spoilt
    "slow": "answers after `seconds` (1)",
    "trickle": "answers one byte every 0.1 s",
    "500_after_effect": "answers 500",
    "cut_after_effect": "cuts the line without an answer",
    "html": "answers 200 with a page",
    "empty": "answers 200 with nothing",
    "nan": 'answers 200 with {"number": NaN}',
    "duplicate_keys": "answers 200 with a key twice",
    "deep": "answers 200 with 100,000 brackets",
    "wrong_schema": 'answers 200 with {"unexpected": true}',
    "huge": "answers 200 with 3 MiB",
    "short": "answers 200 with fewer bytes than it announced",
    "compressed": "answers 200 with gzip, which was not asked for",
}
REPLIES = {  # what an agency that calls back does wrong
    "duplicate_reply": "calls back twice",
    "reply_before_answer": "calls back before it answers the question",
    "wrong_key": "calls back with a wrong signature, then rightly",
    "unknown_question": "calls back about a question nobody put, then rightly",
    "late": "calls back `seconds` (5) late",
    "reversed": "calls back for what came within `seconds` (1) in the opposite order",
    "wrong_task": "calls back about a question that another agency was asked, then rightly",
    "lost_reply": "does not answer until it is asked again (queue)",
    "wrong_schema_reply": "calls back with what nobody agreed on, rightly signed, then rightly",
}
SOAP = {
    "soap_client": "answers with the fault soap:Client",
    "soap_server": "has its effect and answers with the fault soap:Server",
    "entities": "answers with entities that grow to a gigabyte",
    "wrong_case": "answers about another case",
}
FILES = {"half_written": "leaves half a file, and the rest `seconds` (1) later"}
LISTS = {  # what is wrong in a list of cases; `on` is `list` by itself
    "forgets": "leaves the oldest case out of its list",
    "lists_twice": "lists the oldest case a second time, under another number",
    "lists_unasked": "lists a case under a key that nobody sent",
    "other_verdict": "lists the first case that is decided with the opposite verdict",
}
PAYMENTS = {
    "double": "tells of the same payment twice",
    "twice": "takes the money a second time, under another reference",
    "wrong_signature": "signs wrongly, and never rightly",
    "wrong_amount": "pays one rupiah less",
    "callback_before_inquiry": "pays without having asked what is due",
    "same_external_id": "uses one X-EXTERNAL-ID for two requests, then rightly",
    "cut_line": "loses the answer to its payment, and pays again under the same reference",
}
ALL = {
    **BEFORE,
    **AFTER,
    **REPLIES,
    **SOAP,
    **FILES,
    **LISTS,
    **PAYMENTS,
    "quota": "answers that today's quota is used up (ktp)",
}
_SECONDS = {"timeout": 30.0, "slow": 1.0, "late": 5.0, "reversed": 1.0, "half_written": 1.0}


class BadScript(ValueError):
    """A fault script that cannot be followed; the reason names the field."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault. It strikes every n-th request (`every`), the first n (`first`), or a seeded `share`.

    `on` is ask (what asks for an effect), look, list or any. `agency` limits it to one `<tenant>/<agency>`. An `outage`
    strikes by the time: `at`, `lasts` and `again` are seconds.
    """

    do: str
    every: int = 0
    first: int = 0
    share: float = 0.0
    on: str = "ask"
    agency: str = ""
    seconds: float = 0.0
    retry_after: str = ""
    at: float = 0.0
    lasts: float = 5.0
    again: float = 0.0

    def is_out(self, since_s: float) -> bool:
        """Is it an outage that goes on, so many seconds after the script began?"""
        past = since_s - self.at
        if past >= 0 and self.again:
            past %= self.again
        return 0 <= past < self.lasts


@dataclass(frozen=True, slots=True)
class Script:
    """`delay_s`: how long the agency thinks before its verdict. `quota`: hits a day (None: no end).

    `page`: cases on one page of a list.
    """

    rules: tuple[Rule, ...] = ()
    seed: int = 1
    delay_s: float = 0.2
    quota: int | None = None
    page: int = MOST

    @classmethod
    def read(cls, raw: object) -> "Script":
        """From JSON: a rule, a list of rules, or {"seed", "delay_s", "quota", "page", "rules"}. Raises BadScript."""
        if isinstance(raw, list):
            raw = {"rules": raw}
        if isinstance(raw, Mapping) and "do" in raw:
            raw = {"rules": [raw]}
        if not isinstance(raw, Mapping):
            raise BadScript("a script is a rule, a list of rules, or an object")
        _known(raw, {"rules", "seed", "delay_s", "quota", "page"}, "script")
        rules = raw.get("rules", [])
        if not isinstance(rules, list):
            raise BadScript("rules: must be a list")
        quota = raw.get("quota")
        return cls(
            rules=tuple(_rule(rule, f"rules[{at}]") for at, rule in enumerate(rules)),
            seed=int(_number(raw, "seed", 1, "script")),
            delay_s=_number(raw, "delay_s", 0.2, "script"),
            quota=None if quota is None else int(_number(raw, "quota", 0, "script")),
            page=_page(raw),
        )


class Faults:
    """Draws the fault of each request by the script; safe over threads. A new script starts anew."""

    def __init__(self, script: Script, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self.follow(script)

    def follow(self, script: Script) -> None:
        with self._lock:
            self.script = script
            self._seen = [0] * len(script.rules)
            self._began = self._clock()
            self._dice = random.Random(script.seed)

    def draw(self, *, agency: str, kind: str) -> Rule | None:
        """The first rule that strikes, or none. Every rule that applies counts the request.

        `kind` is ask, look or list.
        """
        with self._lock:
            struck = [
                rule
                for at, rule in enumerate(self.script.rules)
                if rule.on in (kind, "any") and rule.agency in ("", agency) and self._strikes(at, rule)
            ]
        return struck[0] if struck else None

    def _strikes(self, at: int, rule: Rule) -> bool:
        if rule.do == "outage":
            return rule.is_out(self._clock() - self._began)
        self._seen[at] += 1
        if rule.first:
            return self._seen[at] <= rule.first
        if rule.every:
            return self._seen[at] % rule.every == 0
        return self._dice.random() < rule.share


def _rule(raw: object, where: str) -> Rule:
    if not isinstance(raw, Mapping):
        raise BadScript(f"{where}: must be an object")
    _known(raw, {field.name for field in fields(Rule)}, where)
    do = raw.get("do")
    if not isinstance(do, str) or do not in ALL:
        raise BadScript(f"{where}.do: must be one of {', '.join(sorted(ALL))}")
    on = raw.get("on", "list" if do in LISTS else "ask")
    if on not in ("ask", "look", "list", "any"):
        raise BadScript(f"{where}.on: must be ask, look, list or any")
    rule = Rule(
        do=do,
        every=int(_number(raw, "every", 0, where)),
        first=int(_number(raw, "first", 0, where)),
        share=_number(raw, "share", 0.0, where),
        on=on,
        agency=str(raw.get("agency", "")),
        seconds=_number(raw, "seconds", _SECONDS.get(do, 0.0), where),
        retry_after=str(raw.get("retry_after", "")),
        at=_number(raw, "at", 0.0, where),
        lasts=_number(raw, "lasts", 5.0, where),
        again=_number(raw, "again", 0.0, where),
    )
    chosen = rule.every or rule.first or rule.share
    return rule if chosen else replace(rule, every=1)


def _page(raw: Mapping[str, object]) -> int:
    page = int(_number(raw, "page", MOST, "script"))
    if page < 1:
        raise BadScript("script.page: must be a number from 1")
    return page


def _known(raw: Mapping[str, object], names: set[str], where: str) -> None:
    unknown = sorted(set(map(str, raw)) - names)
    if unknown:
        raise BadScript(f"{where}.{unknown[0]}: not known; one of {', '.join(sorted(names))}")


def _number(raw: Mapping[str, object], name: str, standard: float, where: str) -> float:
    value = raw.get(name, standard)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise BadScript(f"{where}.{name}: must be a number from 0")
    return float(value)

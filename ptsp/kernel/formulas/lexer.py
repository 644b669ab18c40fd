"""Cuts the text of an expression into words."""

import re
from typing import NamedTuple

from ptsp.kernel.formulas.faults import FormulaFault, Spot

LONGEST = 2_000
LONGEST_NUMBER = 30

_WORD = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"\r\n]*")
      | (?P<sign>==|!=|<=|>=|[-+*/<>(),])
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_HINTS = {
    "=": "a single `=` has no meaning here; equality is written `==`",
    "!": "`!` has no meaning here; write `not`, or `!=` for unequal",
    '"': "the text that begins here has no closing quote on its line",
    "'": 'texts stand in double quotes: "like this"',
    ".": "a point may only stand once, between the digits of a number; thousands are not set apart",
    "&": "`&` has no meaning here; write `and`",
    "|": "`|` has no meaning here; write `or`",
    "%": "`%` has no meaning here; 2 % is written 0.02",
    "^": "there are no powers; write the product",
    ";": "values are set apart by `,`",
    **dict.fromkeys("\u201c\u201d\u201e\u2018\u2019", 'texts stand in straight double quotes: "like this"'),
    **dict.fromkeys("\u2013\u2014\u2212", "this is a dash; minus is written `-`"),
    "\u00d7": "times is written `*`",
    "\u00f7": "divided by is written `/`",
    "\u2264": "at most is written `<=`",
    "\u2265": "at least is written `>=`",
    "\u2260": "unequal is written `!=`",
}


class Word(NamedTuple):
    """`kind` is number, name, text, sign or end; `at` and `end` are places in the text."""

    kind: str
    text: str
    at: int
    end: int


def spot(text: str, at: int, where: str) -> Spot:
    """The place `at` of a text as line and column."""
    return Spot(where, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def words(text: str, *, where: str) -> list[Word]:
    """All words in order, closed by one of kind `end`. Raises FormulaFault."""
    if len(text) > LONGEST:
        raise FormulaFault(
            Spot(where, 1, 1), f"the expression is longer than {LONGEST} characters: {len(text)}"
        )
    found: list[Word] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _WORD.match(text, at)
        if match is None:
            raise _no_word(text, at, where)
        kind = str(match.lastgroup)
        word = Word(kind, match[kind], match.start(kind), match.end(kind))
        _check(word, text, where)
        found.append(word)
        at = word.end
    return found


def _no_word(text: str, at: int, where: str) -> FormulaFault:
    while text[at] in " \t\r\n":
        at += 1
    shown = f"`{text[at]}`" if text[at].isprintable() else ascii(text[at])
    reason = _HINTS.get(text[at], f"the character {shown} has no meaning in an expression")
    return FormulaFault(spot(text, at, where), reason)


def _check(word: Word, text: str, where: str) -> None:
    if word.kind != "number":
        return
    if len(word.text) > LONGEST_NUMBER:
        raise FormulaFault(spot(text, word.at, where), f"a number may have at most {LONGEST_NUMBER} digits")
    if re.match(r"[A-Za-z_]", text[word.end : word.end + 1]):
        raise FormulaFault(
            spot(text, word.at, where),
            "a letter follows the number directly; numbers are written plainly, such as 1500.25",
        )

"""Reads an expression: a Pratt parser, which makes each operator bind by its strength."""

import re
from collections.abc import Callable
from decimal import Decimal

from ptsp.kernel.formulas.faults import FormulaFault, Spot, quoted
from ptsp.kernel.formulas.lexer import Word, spot, words
from ptsp.kernel.formulas.lookups import LookUp
from ptsp.kernel.formulas.nodes import (
    EXACTLY,
    FOLDS,
    Chain,
    Compare,
    Constant,
    Fold,
    If,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    Round,
    Whole,
)
from ptsp.kernel.formulas.numbers import MODES, Value
from ptsp.kernel.formulas.receipts import receipt
from ptsp.kernel.formulas.settled import settled

DEEPEST = 32
MOST_PLACES = 20

_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _MINUS = range(10, 80, 10)
_STRENGTH = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
}
_RESERVED = frozenset({"true", "false", "and", "or", "not", "if"})


class Parser:
    """One reading of one text. `names` and `look_ups` fill up on the way."""

    def __init__(self, text: str, *, where: str) -> None:
        self.names: dict[str, Spot] = {}  # each with the place where it stands first
        self.look_ups: dict[tuple[str, str], Spot] = {}  # (function, table)
        self._text = text
        self._where = where
        self._words = words(text, where=where)
        self._next = 0
        self._depth = 0
        self._functions: dict[str, Callable[[Word], Node]] = {
            "if": self._if,
            "round": self._round,
            **dict.fromkeys(("floor", "ceil"), self._whole),
            **dict.fromkeys(FOLDS, self._fold),
            **dict.fromkeys(("band", "slice", "choose"), self._look_up),
        }

    def expression(self) -> Node:
        """The whole text as one part. Raises FormulaFault."""
        if self._word.kind == "end":
            raise self._fault(self._word, "the expression is empty")
        node = self._part(0)
        if self._word.kind != "end":
            raise self._fault(self._word, _unexpected(self._word.text))
        return node

    # Reading on

    @property
    def _word(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        word = self._word
        self._next += 1
        return word

    def _expect(self, sign: str) -> Word:
        if self._word.text != sign or self._word.kind != "sign":
            found = "the end of the expression" if self._word.kind == "end" else quoted(self._word.text)
            raise self._fault(self._word, f"`{sign}` is expected here, not {found}")
        return self._take()

    def _fault(self, word: Word, reason: str) -> FormulaFault:
        return FormulaFault(spot(self._text, word.at, self._where), reason)

    def _begun(self, at: int, *parts: Node) -> tuple[str, Spot, int]:
        """Text, place and height of a part that begins at `at` and ends with the last word taken."""
        written = self._text[at : self._words[self._next - 1].end]
        height = 1 + max((part.height for part in parts), default=0)
        place = spot(self._text, at, self._where)
        if height > DEEPEST:
            raise FormulaFault(
                place, f"parts are nested deeper than {DEEPEST}; give some a name of their own (lets)"
            )
        return re.sub(r"\s*\n\s*", " ", written), place, height

    # Parts and operators

    def _part(self, strength: int) -> Node:
        """The longest part whose operators all bind tighter than `strength`."""
        at = self._word.at
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(
                self._word, f"parts are nested deeper than {DEEPEST}; give some a name of their own (lets)"
            )
        left = self._prefix(strength)
        compared = False
        while (binds := self._binds()) > strength:
            if binds == _COMPARE and compared:
                raise self._fault(self._word, "comparisons cannot be chained; join two of them with `and`")
            left = self._infix(at, left, binds)
            compared = binds == _COMPARE
        self._depth -= 1
        return left

    def _binds(self) -> int:
        """How tightly the operator here binds; 0 where there is none."""
        return _STRENGTH.get(self._word.text, 0) if self._word.kind in ("sign", "name") else 0

    def _infix(self, at: int, left: Node, binds: int) -> Node:
        if binds == _COMPARE:
            sign = self._take().text
            right = self._part(binds)
            return Compare(*self._begun(at, left, right), sign, left, right)
        rest: list[tuple[str, Node]] = []
        while self._binds() == binds:
            sign = self._take().text
            rest.append((sign, self._part(binds)))
        parts = (left, *(part for _, part in rest))
        if binds in (_OR, _AND):
            return Logic(*self._begun(at, *parts), rest[0][0], parts)
        signs = [sign for sign, _ in rest]
        operation = " ".join(signs) if len(set(signs)) > 1 else signs[0]
        work = tuple((EXACTLY.get(sign), part) for sign, part in rest)
        return settled(Chain(*self._begun(at, *parts), operation, left, work))

    def _prefix(self, strength: int) -> Node:
        word = self._take()
        if word.kind == "number":
            return self._constant(word, "number", Decimal(word.text))
        if word.kind == "text":
            return self._constant(word, "text", word.text[1:-1])
        if word.kind == "name":
            return self._named(word, strength)
        if word.text == "-":
            part = self._part(_MINUS)
            return settled(Negate(*self._begun(word.at, part), part))
        if word.text == "(":
            part = self._part(0)
            self._expect(")")
            return part
        found = "the expression ends" if word.kind == "end" else f"{quoted(word.text)} stands"
        raise self._fault(word, f"{found} where a value is expected")

    def _constant(self, word: Word, operation: str, value: Value) -> Node:
        begun = self._begun(word.at)
        return Constant(*begun, (value, receipt(begun[0], operation, value)))

    def _named(self, word: Word, strength: int) -> Node:
        if word.text in ("true", "false"):
            return self._constant(word, "yes_no", word.text == "true")
        if word.text == "not":
            if strength >= _NOT:
                raise self._fault(word, "put this `not` and what it denies in parentheses")
            part = self._part(_NOT - 1)
            return Not(*self._begun(word.at, part), part)
        if self._word.text == "(" and self._word.kind == "sign":
            return self._call(word)
        if word.text in _RESERVED:
            raise self._fault(word, f"{quoted(word.text)} stands where a value is expected")
        node = Name(*self._begun(word.at))
        self.names.setdefault(word.text, node.spot)
        return node

    # Functions

    def _call(self, word: Word) -> Node:
        function = self._functions.get(word.text)
        if function is None:
            known = ", ".join(sorted(self._functions))
            hint = (
                f"write `{word.text.lower()}`"
                if word.text.lower() in self._functions
                else f"there are {known}"
            )
            raise self._fault(word, f"there is no function {quoted(word.text)}; {hint}")
        self._take()
        return function(word)

    def _if(self, word: Word) -> Node:
        condition = self._part(0)
        self._expect(",")
        then = self._part(0)
        self._expect(",")
        otherwise = self._part(0)
        self._expect(")")
        return If(*self._begun(word.at, condition, then, otherwise), condition, then, otherwise)

    def _whole(self, word: Word) -> Node:
        part = self._part(0)
        self._expect(")")
        return settled(Whole(*self._begun(word.at, part), word.text, part))

    def _fold(self, word: Word) -> Node:
        parts = [self._part(0)]
        while self._word.text == "," and self._word.kind == "sign":
            self._take()
            parts.append(self._part(0))
        self._expect(")")
        begun = self._begun(word.at, *parts)
        return settled(Fold(*begun, word.text, FOLDS[word.text], parts[0], tuple(parts[1:])))

    def _look_up(self, word: Word) -> Node:
        table = self._take()
        if table.kind != "name":
            raise self._fault(table, f"`{word.text}` needs the name of a table first")
        if table.text in _RESERVED:
            raise self._fault(table, f"`{table.text}` is a word of the language; no table can have this name")
        self._expect(",")
        part = self._part(0)
        self._expect(")")
        self.look_ups.setdefault((word.text, table.text), spot(self._text, table.at, self._where))
        return settled(LookUp(*self._begun(word.at, part), word.text, table.text, part))

    def _round(self, word: Word) -> Node:
        part = self._part(0)
        self._expect(",")
        digits = self._places()
        mode = "half_up"
        if self._word.text == "," and self._word.kind == "sign":
            self._take()
            mode = self._mode()
        self._expect(")")
        note = f"to {digits} decimals, {mode}"
        return settled(Round(*self._begun(word.at, part), part, Decimal((0, (1,), -digits)), mode, note))

    def _places(self) -> int:
        """How many decimals: a whole number as written, so that nobody can answer it."""
        minus = self._word.text == "-" and self._word.kind == "sign"
        if minus:
            self._take()
        word = self._take()
        if word.kind != "number" or "." in word.text or int(word.text) > MOST_PLACES:
            reason = f"a whole number from -{MOST_PLACES} to {MOST_PLACES}, written out, must stand here"
            raise self._fault(word, f"how many decimals? {reason}")
        return -int(word.text) if minus else int(word.text)

    def _mode(self) -> str:
        word = self._take()
        if word.kind != "name" or word.text not in MODES:
            raise self._fault(word, f"the way of rounding must be one of {', '.join(MODES)}")
        return word.text


def _unexpected(word: str) -> str:
    """Why a word cannot follow what stands before it."""
    why = {
        ")": "it closes nothing",
        ",": "it only stands between the values of a function, and decimals are written with a point",
    }.get(word, "a sign such as `+` is missing before it")
    if word.lower() in ("and", "or", "not", "true", "false") and word != word.lower():
        why = f"write `{word.lower()}`"
    return f"{quoted(word)} is not expected here: {why}"

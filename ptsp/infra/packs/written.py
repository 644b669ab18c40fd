"""Where a piece of a text stands in its YAML file, however the text is written there: plain, quoted, folded, literal.

YAML changes a text on the way: it folds lines, takes off indents, undoes escapes. It never changes the order or the
number of characters that are no blanks, so those of the value and those of the file are counted against each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_ESCAPED = re.compile(r"\\(?:x..|u.{4}|U.{8}|[\s\S])|\S")
_DOUBLED = re.compile(r"''|\S")
_AS_IT_IS = re.compile(r"\S")
_SHORT = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b"}  # escapes of one letter that stand for no blank
_BLANKS = frozenset("tnvfrNLP_ \t\r\n")  # and those that do, with the one at the end of a line


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and from where to where of the source it is written. `style`: one of `'"|>`, or empty if plain."""

    value: str
    source: str
    start: int
    end: int
    style: str

    def place(self, line: int, column: int) -> tuple[int, int] | None:
        """Line and column of the file for those of the value, all from 1; None if the two do not fit together."""
        rows = self.value.split("\n")
        at = sum(len(row) + 1 for row in rows[: line - 1]) + column - 1
        before = [one for one in self.value[:at] if not one.isspace()]
        here = self.value[at : at + 1].strip()
        units = list(islice(self._units(), len(before) + len(here)))
        if [one for _, _, one in units] != [*before, *here]:
            return None
        begins, ends, _ = units[-1] if units else (0, self._inside()[0], "")
        index = begins if here else ends  # what is missing at the end is missing behind the last character
        return self.source.count("\n", 0, index) + 1, index - self.source.rfind("\n", 0, index)

    def _units(self) -> Iterator[tuple[int, int, str]]:
        """What stands in the file for each character of the value that is no blank: from, to, the character."""
        start, end = self._inside()
        pattern = {'"': _ESCAPED, "'": _DOUBLED}.get(self.style, _AS_IT_IS)
        for found in pattern.finditer(self.source, start, end):
            character = _meant(found[0]) if self.style == '"' else found[0][0]
            if character:
                yield found.start(), found.end(), character

    def _inside(self) -> tuple[int, int]:
        """The source between the quotes, or after the line that begins a block."""
        start = self.start
        while self.source[start : start + 1] == "!" or self.source[start : start + 1].isspace():
            start += 1  # `!` says that a text is meant
        if self.style in ("'", '"'):
            return start + 1, self.end - 1
        if self.style in ("|", ">"):
            return self.source.find("\n", start, self.end) + 1 or self.end, self.end
        return start, self.end


def _meant(written: str) -> str:
    """The character that an escape stands for; nothing for a blank."""
    if written[0] != "\\" or len(written) == 1:
        return written
    letter = written[1]
    if letter in "xuU":
        return chr(int(written[2:], 16)).strip()
    return "" if letter in _BLANKS else _SHORT.get(letter, letter)

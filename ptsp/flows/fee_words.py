"""How an amount came about, in plain words: a stored receipt told step by step in both languages.

Numbers are written as the language's readers write them, fields and choices by their own labels, tables and named
parts by their names. The receipts of `ptsp.kernel.formulas` stay the evidence; nothing is worked out here.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ptsp.kernel.specs import FieldSpec, ServiceSpec, Text

Receipt = Mapping[str, Any]
Fields = Mapping[str, FieldSpec]

LANGUAGES = ("id", "en")
LITERALS = ("number", "text", "yes_no")
SIGNS = {
    "+": "+",
    "-": "−",
    "*": "×",
    "/": ":",
    "==": "=",
    "!=": "≠",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
UNITS = {"m2": "m²", "m3": "m³"}
YES_NO: Mapping[bool, Text] = {True: {"id": "ya", "en": "yes"}, False: {"id": "tidak", "en": "no"}}
MODES: Mapping[str, Text] = {
    "half_up": {"id": "setengah ke atas", "en": "half up"},
    "half_even": {"id": "setengah ke genap", "en": "half to even"},
    "up": {"id": "ke atas", "en": "up"},
    "down": {"id": "ke bawah", "en": "down"},
}
WORDS: Mapping[str, Text] = {
    "given": {"id": "Isian: {what} = {value}", "en": "Given: {what} = {value}"},
    "round": {
        "id": "Dibulatkan {to} ({mode}): {change}",
        "en": "Rounded {to} ({mode}): {change}",
    },
    "changed": {"id": "{before} menjadi {value}", "en": "{before} becomes {value}"},
    "unchanged": {"id": "tetap {value}", "en": "{value} as before"},
    "to_whole": {"id": "ke bilangan bulat", "en": "to a whole number"},
    "to_digits": {"id": "ke {digits} desimal", "en": "to {digits} decimals"},
    "floor": {
        "id": "Dibulatkan ke bawah ke bilangan bulat: {change}",
        "en": "Rounded down to a whole number: {change}",
    },
    "ceil": {
        "id": "Dibulatkan ke atas ke bilangan bulat: {change}",
        "en": "Rounded up to a whole number: {change}",
    },
    "min": {"id": "Yang terkecil dari {list} = {value}", "en": "The least of {list} = {value}"},
    "max": {"id": "Yang terbesar dari {list} = {value}", "en": "The greatest of {list} = {value}"},
    "sum": {"id": "Jumlah dari {list} = {value}", "en": "The sum of {list} = {value}"},
    "row": {
        "id": "Tabel {table}, baris {row}: {value}",
        "en": "Table {table}, row {row}: {value}",
    },
    "upto": {
        "id": "Tabel {table}, untuk {what}: golongan sampai dengan {row}, nilainya {value}",
        "en": "Table {table}, for {what}: the band up to {row}, with the value {value}",
    },
    "last": {
        "id": "Tabel {table}, untuk {what}: golongan terakhir, nilainya {value}",
        "en": "Table {table}, for {what}: the last band, with the value {value}",
    },
    "slices": {
        "id": "Tabel {table}, setiap bagian dengan tarifnya sendiri: {shares} = {value}",
        "en": "Table {table}, each share at its own rate: {shares} = {value}",
    },
    "first": {
        "id": "Karena syarat itu terpenuhi, dipakai {value}",
        "en": "As that condition holds, {value} is taken",
    },
    "second": {
        "id": "Karena syarat itu tidak terpenuhi, dipakai {value}",
        "en": "As that condition does not hold, {value} is taken",
    },
    "negate": {"id": "Dibalik tandanya: {value}", "en": "With the sign changed: {value}"},
    "not": {"id": "Kebalikannya: {value}", "en": "The opposite: {value}"},
    "and": {"id": "Semua syarat itu terpenuhi: {value}", "en": "All those conditions hold: {value}"},
    "or": {"id": "Salah satu syarat itu terpenuhi: {value}", "en": "One of those conditions holds: {value}"},
    "unending": {"id": "hasil bagi dibulatkan ke 34 angka", "en": "quotient rounded to 34 digits"},
    "part": {"id": "Jadi {name} = {value}", "en": "So {name} = {value}"},
    "stated": {"id": "Ditetapkan sebesar {value}", "en": "Stated as {value}"},
}
CHOSEN = re.compile(r"row (?P<row>.*) of (?P<table>\w+)")
UP_TO = re.compile(r"row up to (?P<row>\S+) of (?P<table>\w+)")
LAST = re.compile(r"last row of (?P<table>\w+)")
SLICED = re.compile(r"(?P<shares>.*), by (?P<table>\w+)")
ROUNDED = re.compile(r"to (?P<digits>-?\d+) decimals, (?P<mode>\w+)")


def told(receipt: Receipt, service: ServiceSpec, texts: Mapping[str, Text]) -> tuple[Text, ...]:
    """The lines of a receipt, fresh or as stored: what was given first, then each step once, inner ones first.

    `service` is the one it was charged by, whose labels the fields and choices go by; `texts` are the office's own:
    `formula.<code>` is what it calls a table or a named part. A line of a by-law that simply states its amount is
    told, too. No receipt: no lines.
    """
    if not receipt:
        return ()
    by_language = [_Teller(language, service, texts).lines(receipt) for language in LANGUAGES]
    return tuple(dict(zip(LANGUAGES, pair, strict=True)) for pair in zip(*by_language, strict=True))


class _Teller:
    """One receipt in one language."""

    def __init__(self, language: str, service: ServiceSpec, texts: Mapping[str, Text]) -> None:
        self._language = language
        self._fields: Fields = {field.code: field for field in service.fields}
        self._texts = texts

    def lines(self, receipt: Receipt) -> list[str]:
        parts = receipt.get("parts", ())
        roots = [*(part["receipt"] for part in parts), receipt]
        given = {
            leaf["text"]: self._given(leaf)
            for root in roots
            for leaf in _leaves(root)
            if leaf["operation"] == "input" and leaf["text"] in self._fields
        }
        lines = list(given.values())
        for part in parts:
            lines += self._steps(part["receipt"])
            lines.append(self._say("part", name=self._name(part["name"]), value=self._value(part["receipt"])))
        if receipt["operation"] in LITERALS:
            lines.append(self._say("stated", value=self._value(receipt)))
        lines += self._steps(receipt)
        return list(dict.fromkeys(lines))

    def _given(self, leaf: Receipt) -> str:
        field = self._fields[leaf["text"]]
        unit = UNITS.get(field.unit, field.unit) if leaf["type"] == "number" else ""
        return self._say("given", what=self._term(leaf), value=f"{self._value(leaf)} {unit}".strip())

    def _steps(self, step: Receipt) -> Iterator[str]:
        for part in step.get("inputs", ()):
            yield from self._steps(part)
        if step["operation"] not in (*LITERALS, "input"):
            yield self._step(step)

    def _step(self, step: Receipt) -> str:
        operation, parts, note = step["operation"], step.get("inputs", ()), step.get("note", "")
        value = self._value(step)
        if operation in ("band", "slice", "choose"):
            return self._looked_up(step, parts[0], note)
        if operation == "round" and (found := ROUNDED.fullmatch(note)):
            digits = int(found["digits"])
            to = self._say("to_digits", digits=digits) if digits else self._say("to_whole")
            mode = MODES[found["mode"]][self._language]
            return self._say("round", to=to, mode=mode, change=self._change(parts[0], value))
        if operation in ("floor", "ceil"):
            return self._say(operation, change=self._change(parts[0], value))
        if operation == "if":
            return self._say("first" if note.startswith("the first") else "second", value=value)
        if operation in ("min", "max", "sum", "and", "or"):
            terms = "; ".join(self._term(part) for part in parts)
            return self._say(operation, list=terms, value=value)
        if operation in ("negate", "not"):
            return self._say(operation, value=value)
        return self._chain(operation, parts, value, is_rounded=bool(note))

    def _change(self, part: Receipt, value: str) -> str:
        before = self._value(part)
        return self._say("unchanged" if before == value else "changed", before=before, value=value)

    def _chain(self, operation: str, parts: list[Receipt], value: str, *, is_rounded: bool) -> str:
        """`a × b = 2 × 3 = 6`; a comparison ends in yes or no."""
        signs = operation.split()
        if len(signs) == 1:
            signs *= len(parts) - 1
        if operation in COMPARISONS:
            field = self._field(parts[0]) or self._field(parts[1])
            sides = [self._term(one) if self._field(one) else self._value(one, field) for one in parts]
            return f"{_joined(sides, signs)}: {value}"
        terms = _joined([self._term(part) for part in parts], signs)
        values = _joined([self._value(part) for part in parts], signs)
        middle = f" = {values}" if values != terms else ""
        note = f" ({self._say('unending')})" if is_rounded else ""
        return f"{terms}{middle} = {value}{note}"

    def _looked_up(self, step: Receipt, part: Receipt, note: str) -> str:
        value, number = self._value(step), self._value(part)
        what = number if self._term(part) == number else f"{self._term(part)} = {number}"
        if found := UP_TO.fullmatch(note):
            row = self._number(found["row"])
            return self._say("upto", table=self._name(found["table"]), what=what, row=row, value=value)
        if found := LAST.fullmatch(note):
            return self._say("last", table=self._name(found["table"]), what=what, value=value)
        if found := CHOSEN.fullmatch(note):
            return self._say("row", table=self._name(found["table"]), row=number, value=value)
        found = SLICED.fullmatch(note)
        assert found is not None, f"an unknown note: {note}"
        shares = re.sub(r"\d+(\.\d+)?", lambda number: self._number(number[0]), found["shares"])
        return self._say(
            "slices", table=self._name(found["table"]), shares=shares.replace(" x ", " × "), value=value
        )

    def _term(self, step: Receipt) -> str:
        """A part as another step speaks of it: a field by its label, a named part by its name, else its value."""
        if step["operation"] != "input":
            return self._value(step)
        field = self._fields.get(step["text"])
        if field is None:
            return self._name(step["text"])
        return self._read(field.label)

    def _value(self, step: Receipt, field: FieldSpec | None = None) -> str:
        """A value; a text by the label of its choice in `field`, else in the field it was given for."""
        value = step["value"]
        if isinstance(value, bool):
            return YES_NO[value][self._language]
        if step["type"] == "number":
            return self._number(value)
        field = field or self._field(step)
        labels = {choice.code: self._read(choice.label) for choice in field.choices} if field else {}
        return labels.get(value) or self._name(value)

    def _field(self, step: Receipt) -> FieldSpec | None:
        return self._fields.get(step["text"]) if step["operation"] == "input" else None

    def _name(self, code: str) -> str:
        """What the office calls a table, a named part or a row; else its code in words."""
        text = self._texts.get(f"formula.{code}")
        return self._read(text) if text else code.replace("_", " ")

    def _read(self, text: Text) -> str:
        return text.get(self._language) or text["id"]

    def _number(self, plain: str) -> str:
        """`1250.5` as `1.250,5` or `1,250.5`, with all its digits."""
        sign, digits = ("−", plain[1:]) if plain.startswith("-") else ("", plain)
        whole, _, part = digits.partition(".")
        written = f"{Decimal(whole):,}" + (f".{part}" if part else "")
        return sign + (written.translate(str.maketrans(",.", ".,")) if self._language == "id" else written)

    def _say(self, key: str, **values: object) -> str:
        return WORDS[key][self._language].format(**values)


def _leaves(step: Receipt) -> Iterator[Receipt]:
    parts = step.get("inputs", ())
    if not parts:
        yield step
    for part in parts:
        yield from _leaves(part)


def _joined(words: list[str], signs: list[str]) -> str:
    rest = (f" {SIGNS[sign]} {word}" for sign, word in zip(signs, words[1:], strict=True))
    return words[0] + "".join(rest)

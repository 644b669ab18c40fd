"""ISO 20022 camt.053, versions 02 and 08: booked entries, each balance held against them.

Read by the standard library's expat with document type declarations, and with them entities, refused. Of the
libraries at hand one takes money as floats and the other brings a web server with it.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

from ptsp.infra.statements.csv_file import LONGEST, MOST_LINES, whole_rupiah
from ptsp.infra.statements.types import StatementFile, StatementLine
from ptsp.kernel.errors import Invalid
from ptsp.kernel.money import exact, rupiah
from ptsp.kernel.reasons import fault

VERSIONS: Final = ("02", "08")
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
DEEPEST: Final = 40
MOST_ELEMENTS: Final = 2_000_000
# The payer's own reference before the bank's: providers tell us the former.
OF_DETAIL: Final = ("Refs/EndToEndId", "Refs/TxId", "Refs/InstrId", "Refs/AcctSvcrRef")
NOTHING: Final = ("", "NOTPROVIDED")
NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{10,20}(?![0-9])")


def read_camt053(data: bytes) -> StatementFile:
    """Read every statement of the file, all of one account. Raises Invalid naming statement and entry.

    Entries that are not booked yet are left out. Opening balance and entries must come to the closing balance.
    """
    root = _parse(data)
    found = root.findall("BkToCstmrStmt/Stmt")
    if not found:
        raise Invalid([fault("file", "statement_format")])
    read = [_statement(each, f"statement {number}") for number, each in enumerate(found, 1)]
    if len({one.account for one in read}) > 1:
        raise Invalid([fault("file", "statement_accounts")])
    read.sort(key=lambda one: (one.first_on, one.last_on))
    lines = tuple(line for one in read for line in one.lines)
    if len(lines) > MOST_LINES:
        raise Invalid([fault("file", "statement_too_long", most=MOST_LINES)])
    return StatementFile(
        "camt053",
        read[0].account,
        read[0].opening,
        read[-1].closing,
        read[0].first_on,
        max(one.last_on for one in read),
        lines,
    )


class _Guarded(ET.TreeBuilder):
    """A tree without namespaces, without declarations, and of bounded depth and size."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._count = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        del name, pubid, system
        raise Invalid([fault("file", "statement_doctype")])

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise Invalid([fault("file", "statement_format")])
        if self._count == 1:
            _refuse_other_versions(tag)
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag.rpartition("}")[2])


def _refuse_other_versions(tag: str) -> None:
    namespace, _, name = tag[1:].rpartition("}")
    version = namespace.removeprefix(NAMESPACE) if namespace.startswith(NAMESPACE) else ""
    if name != "Document" or version not in VERSIONS:
        raise Invalid([fault("file", "statement_format")])


def _parse(data: bytes) -> ET.Element:
    parser = ET.XMLParser(target=_Guarded())
    try:
        parser.feed(data)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise Invalid([fault(f"line {line}, column {column + 1}", "statement_xml")]) from error
    except (LookupError, ValueError) as error:  # an encoding that there is not, or that expat cannot read
        raise Invalid([fault("line 1", "statement_encoding")]) from error
    return root


def _statement(stmt: ET.Element, place: str) -> StatementFile:
    opening, closing = _balance(stmt, ("OPBD", "PRCD"), place), _balance(stmt, ("CLBD",), place)
    lines = tuple(
        line
        for number, entry in enumerate(stmt.findall("Ntry"), 1)
        for line in _lines(entry, f"{place}, entry {number}")
    )
    moved = sum(line.amount for line in lines)
    if opening[0] + moved != closing[0]:
        wrong = fault(
            place,
            "statement_balance",
            opening=rupiah(opening[0]),
            sum=rupiah(moved),
            closing=rupiah(closing[0]),
        )
        raise Invalid([wrong])
    days = [line.booked_on for line in lines]
    first = _written_day(stmt, "FrToDt/FrDtTm", place) or min([*days, closing[1]])
    last = _written_day(stmt, "FrToDt/ToDtTm", place) or max([*days, closing[1]])
    account = _text(stmt, "Acct/Id/IBAN") or _text(stmt, "Acct/Id/Othr/Id")
    return StatementFile(
        "camt053", account[:LONGEST], opening[0], closing[0], min([first, *days]), max([last, *days]), lines
    )


def _balance(stmt: ET.Element, codes: tuple[str, ...], place: str) -> tuple[int, date]:
    """A balance and its day. A bank may write the day's opening as the closing of the one before."""
    for code in codes:
        for one in stmt.findall("Bal"):
            if _text(one, "Tp/CdOrPrtry/Cd") == code:
                where = f"{place}, balance {code}"
                amount = _rupiah(one.find("Amt"), where)
                sign = -1 if _text(one, "CdtDbtInd") == "DBIT" else 1
                return sign * amount, _day(one, where)
    raise Invalid([fault(place, "statement_no_balance", balance=codes[0])])


def _lines(entry: ET.Element, place: str) -> Iterator[StatementLine]:
    """An entry is one line, or one for each of its transactions where these come to it."""
    if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) not in ("BOOK", ""):
        return
    way = _text(entry, "CdtDbtInd")
    if way not in ("CRDT", "DBIT"):
        raise Invalid([fault(place, "statement_direction")])
    sign = 1 if way == "CRDT" else -1
    whole = _rupiah(entry.find("Amt"), place)
    whole_rupiah(Decimal(whole), place)
    own = [_text(entry, "AcctSvcrRef"), _text(entry, "NtryRef")]
    on = _day(entry, place, "BookgDt")
    details = entry.findall("NtryDtls/TxDtls")
    amounts = [_detail_amount(each, place) for each in details]
    parts = [one for one in amounts if one]
    is_split = len(details) > 1 and len(parts) == len(details) and sum(parts) == whole
    told = details if is_split else [details[0] if len(details) == 1 else entry]
    for number, (detail, amount) in enumerate(zip(told, parts if is_split else [whole], strict=True), 1):
        given = [*(_text(detail, path) for path in OF_DETAIL), *own]
        customer_no = _customer_no(detail)
        names_nothing = (*NOTHING, customer_no)  # many payments carry the same customer number
        references = tuple(dict.fromkeys(one[:LONGEST] for one in given if one not in names_nothing))
        if not references:
            raise Invalid([fault(place, "statement_no_reference")])
        names = [one for one in own if one not in NOTHING] or [references[-1]]
        name = f"{names[0][:LONGEST]}/{number}" if is_split else names[0][:LONGEST]
        yield StatementLine(name, references, on, sign * amount, customer_no, _words(entry, detail))


def _detail_amount(detail: ET.Element, place: str) -> int | None:
    """A transaction's own amount: directly in version 08, inside in version 02."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        if (found := detail.find(path)) is not None:
            return _rupiah(found, place)
    return None


def _customer_no(detail: ET.Element) -> str:
    """The creditor's reference, else the first long number in what the payer wrote."""
    written = _text(detail, "RmtInf/Strd/CdtrRefInf/Ref")
    if written:
        return re.sub(r"[ -]", "", written)[:LONGEST]
    found = NUMBER.search(" ".join(each.text or "" for each in detail.findall("RmtInf/Ustrd")))
    return found[0] if found else ""


def _words(entry: ET.Element, detail: ET.Element) -> str:
    written = [each.text or "" for each in detail.findall("RmtInf/Ustrd")]
    told = " ".join(written) or _text(detail, "AddtlTxInf") or _text(entry, "AddtlNtryInf")
    return " ".join(told.split())[:LONGEST]


def _rupiah(amount: ET.Element | None, place: str) -> int:
    """Whole rupiah, which may be none at all: a balance can be."""
    if amount is None:
        raise Invalid([fault(place, "statement_amount")])
    if amount.get("Ccy") != "IDR":
        raise Invalid([fault(place, "statement_currency")])
    number = exact((amount.text or "").strip(), field=place)
    if number < 0:
        raise Invalid([fault(place, "statement_amount")])
    return whole_rupiah(number, place) if number else 0


def _day(element: ET.Element, place: str, inside: str = "Dt") -> date:
    paths = ("Dt/Dt", "Dt/DtTm") if inside == "Dt" else (f"{inside}/Dt", f"{inside}/DtTm")
    for path in paths:
        if found := _written_day(element, path, place):
            return found
    raise Invalid([fault(place, "statement_date")])


def _written_day(element: ET.Element, path: str, place: str) -> date | None:
    """The day of a date or a moment, as the bank wrote it, in its own offset."""
    written = _text(element, path)
    if not written:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise Invalid([fault(place, "statement_date")]) from error


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()

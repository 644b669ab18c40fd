"""ISO 20022 camt.053: versions 02 and 08, balances, and files that mean harm."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptsp.infra.statements import StatementFile, read_statement
from ptsp.kernel.errors import Invalid
from tests.unit.statements.files import Entry, balance, camt, document, entry, money, statement

ONE = Entry(187625, words="Retribusi 777772600000001 SKRD")
VERSIONS = ("02", "08")


def faults(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_statement(data)
    return [(one.field, one.code) for one in refused.value.faults]


def lines_of(read: StatementFile) -> list[tuple[str, tuple[str, ...], int]]:
    return [(one.entry, one.references, one.amount) for one in read.lines]


@pytest.mark.parametrize("version", VERSIONS)
def test_credits_and_debits_are_read_with_all_their_references(version: str) -> None:
    read = read_statement(camt([ONE, Entry(-1000, "SP2D-1", own="B-2")], version=version))
    assert (read.format, read.account, read.opening, read.closing) == ("camt053", "0011223344", 1000, 187625)
    assert lines_of(read) == [("B-1", ("R-1", "B-1"), 187625), ("B-2", ("SP2D-1", "B-2"), -1000)]
    first = read.lines[0]
    assert (first.customer_no, first.booked_on) == ("777772600000001", date(2026, 3, 2))
    assert first.description == "Retribusi 777772600000001 SKRD"
    assert (read.first_on, read.last_on) == (date(2026, 3, 2), date(2026, 3, 3))


def test_the_creditors_reference_comes_before_words() -> None:
    assert read_statement(camt([replace(ONE, creditor="2600 000-009")])).lines[0].customer_no == "2600000009"


def test_a_customer_number_is_no_reference() -> None:
    read = read_statement(camt([Entry(5, "2600000001", words="Setoran 2600000001")]))
    assert (read.lines[0].references, read.lines[0].customer_no) == (("B-1",), "2600000001")


def test_the_days_it_speaks_of_are_those_it_names() -> None:
    named = "<FrToDt><FrDtTm>2026-02-27T00:00:00+07:00</FrDtTm><ToDtTm>2026-03-09T23:59:59+07:00</ToDtTm></FrToDt>"
    read = read_statement(camt([ONE], raw=named))
    assert (read.first_on, read.last_on) == (date(2026, 2, 27), date(2026, 3, 9))


def test_a_quiet_day_is_a_statement_too() -> None:
    read = read_statement(camt([], opening=-5))
    assert (read.lines, read.opening, read.closing, read.last_on) == ((), -5, -5, date(2026, 3, 3))


@pytest.mark.parametrize("off", [-1, 1])
def test_a_balance_that_does_not_come_out_is_refused_with_both(off: int) -> None:
    with pytest.raises(Invalid) as refused:
        read_statement(camt([ONE], closing=188625 + off))
    (said,) = refused.value.faults
    assert (said.field, said.code) == ("statement 1", "statement_balance")
    shown = f"Rp{188625 + off:,}".replace(",", ".")
    assert dict(said.values) == {"opening": "Rp1.000", "sum": "Rp187.625", "closing": shown}


def test_an_entry_of_several_transactions_is_a_line_each() -> None:
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>R-{n}</EndToEndId></Refs>{money(n * 100)}</TxDtls>" for n in (1, 2)
    )
    raw = (
        f"<Ntry>{money(300)}<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>"
        f"<AcctSvcrRef>B-9</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )
    read = read_statement(camt([], closing=1300, raw=raw))
    assert lines_of(read) == [("B-9/1", ("R-1", "B-9"), 100), ("B-9/2", ("R-2", "B-9"), 200)]
    odd = raw.replace(money(200), money(150))  # its parts do not come to it: one line
    assert [one.amount for one in read_statement(camt([], closing=1300, raw=odd)).lines] == [300]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_booked_yet_is_left_out(version: str) -> None:
    pending = entry(Entry(500, "R-2"), version, status="PDNG")
    assert len(read_statement(camt([ONE], version=version, closing=188625, raw=pending)).lines) == 1


def test_a_reference_that_is_none_is_none() -> None:
    assert read_statement(camt([Entry(5, "NOTPROVIDED")])).lines[0].references == ("B-1",)
    assert faults(camt([Entry(5, "NOTPROVIDED", own="")])) == [
        ("statement 1, entry 1", "statement_no_reference")
    ]


def test_several_statements_of_one_account_are_one_file() -> None:
    days = [
        statement([Entry(10, "R-2", "2026-03-03")], "08", 1005, 1015, "1").replace(
            "2026-03-01", "2026-03-02"
        ),
        statement([Entry(5, on="2026-03-01")], "08", 1000, 1005, "1").replace("2026-03-03", "2026-03-01"),
    ]
    read = read_statement(document("".join(days)))
    assert (read.opening, read.closing, [one.amount for one in read.lines]) == (1000, 1015, [5, 10])
    other = [statement([], "08", 0, 0, account) for account in "12"]
    assert faults(document("".join(other))) == [("file", "statement_accounts")]


GOOD = camt([ONE]).decode()
BAD = {
    "another version": (GOOD.replace("001.08", "001.99"), "file", "statement_format"),
    "another message": (GOOD.replace("camt.053", "camt.054"), "file", "statement_format"),
    "no namespace": (
        GOOD.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', ""),
        "file",
        "statement_format",
    ),
    "no statement": (document("").decode(), "file", "statement_format"),
    "another currency": (
        GOOD.replace('Ccy="IDR">187625', 'Ccy="USD">187625'),
        "statement 1, entry 1",
        "statement_currency",
    ),
    "sen": (GOOD.replace("187625.00", "187625.50"), "statement 1, entry 1", "statement_sen"),
    "a nothing": (
        GOOD.replace(
            "187625.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts", "0</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts"
        ),
        "statement 1, entry 1",
        "statement_amount_range",
    ),
    "below nothing": (GOOD.replace(">187625.00", ">-187625.00"), "statement 1, entry 1", "statement_amount"),
    "no number": (GOOD.replace(">187625.00", ">1e400"), "statement 1, entry 1", "digits"),
    "no direction": (
        GOOD.replace("CRDT</CdtDbtInd><Sts", "BOTH</CdtDbtInd><Sts"),
        "statement 1, entry 1",
        "statement_direction",
    ),
    "no day": (GOOD.replace("2026-03-02", "2026-02-30"), "statement 1, entry 1", "statement_date"),
    "no opening": (
        GOOD.replace(balance("OPBD", 1000, "2026-03-01"), ""),
        "statement 1",
        "statement_no_balance",
    ),
    "no closing": (GOOD.replace("CLBD", "CLAV"), "statement 1", "statement_no_balance"),
    "cut off": (GOOD[:-30], "line 2, column", "statement_xml"),
    "not XML": ("<a", "line 1, column", "statement_xml"),
    "an encoding that there is not": (GOOD.replace("UTF-8", "UTF-99"), "line 1", ""),
    "a document type": (document("", before="<!DOCTYPE a>").decode(), "file", "statement_doctype"),
    "deep": (document("<a>" * 60 + "</a>" * 60).decode(), "file", "statement_format"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_fault_is_named_by_its_place(name: str) -> None:
    text, place, code = BAD[name]
    found = faults(text.encode())
    assert found[0][0].startswith(place)
    assert found[0][1] == code or not code


BOMBS = {
    "entities": '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]>',
    "a file of ours": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    "another host": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
}


@pytest.mark.parametrize("name", BOMBS)
def test_declarations_are_refused_before_anything_is_made_of_them(name: str) -> None:
    assert faults(document("<a>&b;</a>", before=BOMBS[name])) == [("file", "statement_doctype")]


entries = st.lists(
    st.builds(
        Entry,
        st.integers(-(10**14), 10**14).filter(bool),
        st.text("ABC-123", min_size=1, max_size=20),
        st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(str),
        own=st.text("XYZ789", min_size=1, max_size=20),
    ),
    max_size=15,
)


@given(entries, st.integers(-(10**14), 10**14), st.sampled_from(VERSIONS))
def test_what_is_written_is_read_and_comes_out(written: list[Entry], opening: int, version: str) -> None:
    read = read_statement(camt(written, version=version, opening=opening))
    assert [(one.entry, one.references[0], one.amount, str(one.booked_on)) for one in read.lines] == [
        (one.own, one.reference, one.amount, one.on) for one in written
    ]
    assert read.opening is not None
    assert read.opening + sum(one.amount for one in read.lines) == read.closing
    if written:
        lost = camt(written[1:], version=version, opening=opening, closing=read.closing)
        assert faults(lost) == [("statement 1", "statement_balance")]

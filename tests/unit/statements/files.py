"""Statements as banks write them, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True)
class Entry:
    """One booked entry; an amount below 0 went out."""

    amount: int
    reference: str = "R-1"
    on: str = "2026-03-02"
    words: str = ""
    own: str = "B-1"
    creditor: str = ""


def csv_of(*rows: str, head: str = "date,reference,customer_no,amount,description") -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def camt(
    entries: Sequence[Entry],
    *,
    version: str = "08",
    opening: int = 1000,
    closing: int | None = None,
    account: str = "0011223344",
    raw: str = "",
) -> bytes:
    """A whole document; `raw` stands after its entries as it is."""
    last = opening + sum(one.amount for one in entries) if closing is None else closing
    return document(statement(entries, version, opening, last, account, raw), version=version)


def document(inside: str, *, version: str = "08", before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<Document xmlns="{NAMESPACE}{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M-1</MsgId></GrpHdr>{inside}</BkToCstmrStmt></Document>"
    ).encode()


def statement(
    entries: Sequence[Entry], version: str, opening: int, closing: int, account: str, raw: str = ""
) -> str:
    inside = "".join(entry(one, version) for one in entries)
    return (
        f"<Stmt><Id>S-1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>"
        f"{balance('OPBD', opening, '2026-03-01')}{balance('CLBD', closing, '2026-03-03')}{inside}{raw}</Stmt>"
    )


def balance(code: str, amount: int, on: str) -> str:
    way = "DBIT" if amount < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{money(amount)}<CdtDbtInd>{way}</CdtDbtInd>"
        f"<Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def money(amount: int) -> str:
    return f'<Amt Ccy="IDR">{abs(amount)}.00</Amt>'


def entry(one: Entry, version: str, *, status: str = "BOOK") -> str:
    way = "DBIT" if one.amount < 0 else "CRDT"
    stands = f"<Sts>{status}</Sts>" if version == "02" else f"<Sts><Cd>{status}</Cd></Sts>"
    creditor = f"<Strd><CdtrRefInf><Ref>{one.creditor}</Ref></CdtrRefInf></Strd>" if one.creditor else ""
    return (
        f"<Ntry>{money(one.amount)}<CdtDbtInd>{way}</CdtDbtInd>{stands}<BookgDt><Dt>{one.on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{one.own}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{one.reference}</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{one.words}</Ustrd>{creditor}</RmtInf></TxDtls></NtryDtls></Ntry>"
    )

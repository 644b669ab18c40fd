"""What permits, refusal letters and papers of money say: the data their templates are filled with.

Texts are final Indonesian sentences: the caller chooses the words. Only dates and money are
formatted here (`long_date`, `rupiah`). A template gets the same names as below, through `as_data`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from ptsp.infra.pdf.words import long_date, rupiah, rupiah_in_words

Data = dict[str, object]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`government`: "Pemerintah Kabupaten Sidoarjo"; `office`: its licensing office; `contact`: may be empty."""

    government: str
    office: str
    contact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of a table: "Luas lantai", "120,00 m2"."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs. `capacity` is how: "a.n. Bupati Sidoarjo", or empty; `name` may be empty for an office."""

    place: str
    position: str
    name: str = ""
    capacity: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """How anybody checks the paper: the random code (tenant code first) and the page that knows it."""

    code: str
    verify_url: str


@dataclass(frozen=True, slots=True)
class PermitSheet:
    """A permit or a recommendation.

    `subject` is one sentence on what is permitted. `holder` is name, masked NIK and address, in that order.
    `valid_until` None means as long as the conditions hold. `note` stands under the signature (for example
    that the certificate is a test certificate). `deemed` is empty unless the law approved it by silence: the law,
    and the limit that ended.
    """

    letterhead: Letterhead
    title: str
    number: str
    holder: tuple[Fact, ...]
    subject: str
    answers: tuple[Fact, ...]
    legal_basis: tuple[str, ...]
    conditions: tuple[str, ...]
    issued_on: date
    valid_until: date | None
    signature: Signature
    proof: Proof
    note: str = ""
    deemed: tuple[Fact, ...] = ()

    def as_data(self) -> Data:
        return _with_dates(self, valid_until=long_date(self.valid_until) if self.valid_until else None)


@dataclass(frozen=True, slots=True)
class RefusalSheet:
    """A refusal letter. `reasons` are the agencies' own; `remedies` say what the applicant can do now.

    `appeal` is the way of appeal in one paragraph: to whom, until when, by which law; empty where there is none.
    """

    letterhead: Letterhead
    title: str
    number: str
    holder: tuple[Fact, ...]
    service: str
    reference: str
    lodged_on: date
    reasons: tuple[str, ...]
    legal_basis: tuple[str, ...]
    remedies: tuple[str, ...]
    issued_on: date
    signature: Signature
    proof: Proof
    note: str = ""
    appeal: str = ""

    def as_data(self) -> Data:
        return _with_dates(self, lodged_on=long_date(self.lodged_on))


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of a bill, or of what a payment was booked for.

    `account` is the revenue account of `agency`; `amount` whole rupiah; `basis` how it came about.
    """

    label: str
    account: str
    amount: int
    basis: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class NoticeSheet:
    """A fee notice (SKRD, SKRDKBT, STRD). The total is the sum of the lines.

    `account` is what the payer types at the bank. `late` says what paying late costs by the by-law, or is empty.
    `facts` are what else there is to say of the claim; `closed` that it stands no more, or is empty.
    """

    letterhead: Letterhead
    title: str
    number: str
    payer: tuple[Fact, ...]
    service: str
    reference: str
    account: str
    lines: tuple[NoticeLine, ...]
    legal_basis: tuple[str, ...]
    how_to_pay: tuple[str, ...]
    late: str
    issued_on: date
    due_on: date
    signature: Signature
    proof: Proof
    note: str = ""
    facts: tuple[Fact, ...] = ()
    closed: str = ""

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    def as_data(self) -> Data:
        return _with_dates(self, due_on=long_date(self.due_on), **_added_up(self.lines, self.total))


@dataclass(frozen=True, slots=True)
class ReceiptSheet:
    """A proof of payment (SSRD). The lines say where the money went and come to what was paid."""

    letterhead: Letterhead
    title: str
    number: str
    payer: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    lines: tuple[NoticeLine, ...]
    issued_on: date
    signature: Signature
    proof: Proof
    note: str = ""

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    def as_data(self) -> Data:
        return _with_dates(self, **_added_up(self.lines, self.total))


@dataclass(frozen=True, slots=True)
class LetterSheet:
    """A letter about one amount: money that is owed back (SKRDLB), or a warning that a claim is overdue.

    `why` is the paragraph before the amount, `amount_label` what the amount is, `then` what follows from it.
    """

    letterhead: Letterhead
    title: str
    number: str
    payer: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    why: str
    amount_label: str
    amount: int
    then: tuple[str, ...]
    legal_basis: tuple[str, ...]
    issued_on: date
    signature: Signature
    proof: Proof
    note: str = ""

    def as_data(self) -> Data:
        return _with_dates(self, amount=rupiah(self.amount), amount_in_words=rupiah_in_words(self.amount))


Sheet = PermitSheet | RefusalSheet | NoticeSheet | ReceiptSheet | LetterSheet


def _added_up(lines: Sequence[NoticeLine], total: int) -> Data:
    return {
        "lines": [asdict(line) | {"amount": rupiah(line.amount)} for line in lines],
        "total": rupiah(total),
        "total_in_words": rupiah_in_words(total),
    }


def _with_dates(sheet: Sheet, **formatted: object) -> Data:
    """The sheet as JSON values; `issued` is the day in parts, for the document's own date."""
    on = sheet.issued_on
    day: Mapping[str, int] = {"year": on.year, "month": on.month, "day": on.day}
    return asdict(sheet) | {"issued_on": long_date(on), "issued": day} | formatted

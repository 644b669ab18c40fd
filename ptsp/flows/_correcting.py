"""What a fee comes to once what it was worked out from is corrected."""

from collections.abc import Mapping, Sequence

from ptsp.domain import applications, fees
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.formulas import Value
from ptsp.kernel.specs import ServiceSpec


def corrected_answers(service: ServiceSpec, inputs: str, changes: Mapping[str, str]) -> dict[str, Value]:
    """A notice's inputs with the changes, read like an applicant's answers; an empty change takes an answer away.

    Raises Invalid with all faults; each names its field after `corrected.answers.`.
    """
    given: dict[str, object] = {**applications.answers_from_text(inputs), **changes}
    answers, faults = applications.typed_answers(service, given, "corrected")
    if faults:
        raise Invalid(faults)
    return answers


def earlier_notices(work: Work, notice: fees.Notice) -> list[fees.Notice]:
    """What an additional notice adds to: the assessment, and the additional ones between."""
    found: list[fees.Notice] = []
    about = notice.about if notice.kind is fees.NoticeKind.ADDITIONAL else None
    while about is not None:
        (one,) = fees.notices_by_id(work.connection, work.tenant.id, [about])
        found.append(one)
        about = one.about if one.kind is fees.NoticeKind.ADDITIONAL else None
    return found


def assessed(notices: Sequence[fees.Notice]) -> dict[str, int]:
    """What these notices come to together, by line."""
    amounts: dict[str, int] = {}
    for notice in notices:
        for line in notice.read_lines():
            amounts[line["code"]] = amounts.get(line["code"], 0) + line["amount"]
    return amounts


def corrected_bill(service: ServiceSpec, inputs: str, earlier: Sequence[fees.Notice]) -> fees.Bill:
    """The bill of an additional notice, from its stored inputs and the notices it adds to. Raises as its making did."""
    whole = fees.price(service, applications.answers_from_text(inputs))
    return fees.additional(whole, assessed(earlier))

"""A complaint is handed over to the national complaints system: owed sealed, sent by a worker."""

from collections.abc import Mapping
from uuid import UUID

from ptsp.domain import applications, tellings
from ptsp.flows.owe_tellings import sealed
from ptsp.infra.work import Work
from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.reasons import fault

CONNECTOR = "lapor"
KIND = "complaint"
PERSON = ("name", "email", "phone")


def hand_over_complaint(
    work: Work, text: str, *, is_secret: bool, is_anonymous: bool, reporter: Mapping[str, str] | None
) -> UUID:
    """Owe one complaint to LAPOR; gives its id, by which its tracking number is found later.

    Of an anonymous one nothing about the reporter is kept. Raises Invalid naming `text` or `reporter`, and `agency`
    where the pack has no such system.
    """
    agency = next((one for one in work.tenant.pack.agencies.values() if one.connector == CONNECTOR), None)
    if agency is None:
        raise Invalid([Fault("agency", "the pack of this office names no agency with the connector lapor")])
    if wrong := _faults(text, is_anonymous=is_anonymous, reporter=reporter):
        raise Invalid(wrong)
    content: dict[str, object] = {
        "kind": KIND,
        "at": work.now.isoformat(),
        "text": text.strip(),
        "is_secret": is_secret,
        "is_anonymous": is_anonymous,
    }
    if not is_anonymous and reporter is not None:
        content["applicant"] = {name: reporter.get(name, "").strip() for name in PERSON}
    owed = sealed(work, agency.code, content)
    tellings.add(work.connection, work.tenant.id, [owed])
    return owed.id


def _faults(text: str, *, is_anonymous: bool, reporter: Mapping[str, str] | None) -> list[Fault]:
    person = {} if is_anonymous else dict(reporter or {})
    wrong = [] if text.strip() else [fault("text", "missing")]
    if not is_anonymous and not person.get("name", "").strip():
        wrong.append(fault("reporter.name", "missing"))
    written = {"text": text, **{f"reporter.{name}": value for name, value in person.items()}}
    judged = (applications.text_fault(name, value) for name, value in written.items())
    return wrong + [one for one in judged if one]

"""The applicant answers a correction: exactly what was asked, judged by the rules of lodging; then clocks go on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ptsp.domain import applications, corrections, deadlines, fees, routes
from ptsp.flows._corrections import Lodged, let_go, lodged, of_bundle, still_asked
from ptsp.flows._planning import is_billed
from ptsp.flows._retiming import Happened, change_clocks, joined
from ptsp.flows.track_bundle import find_bundle
from ptsp.infra import ledger
from ptsp.infra.files import kinds_in_words
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, Fault, Invalid, NotFound, PtspError
from ptsp.kernel.formulas import Value
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ServiceSpec

OPEN, ANSWERED = corrections.CorrectionState.OPEN, corrections.CorrectionState.ANSWERED


@dataclass(frozen=True, slots=True)
class _Changed:
    """One application as it was and as it is to be."""

    lodged: Lodged
    before: routes.Lodged
    after: routes.Lodged


def answer_correction(
    work: Work, book: TenantBook, reference: str, key: str, ident: UUID, answer: corrections.Answer
) -> None:
    """Take the answer to one correction.

    The answers asked for are judged together with those that stay; what would change the application's way
    through the agencies, or whether it is billed, cannot be corrected. Raises NotFound, also for a wrong key,
    Conflict when nothing waits for an answer, and Invalid with every fault, by `answers.0.floor_area`.
    """
    bundle = find_bundle(work, reference, key)

    def happen(clocks: deadlines.Clocks) -> Happened:
        one = waiting(work, bundle.id, ident)
        ones = lodged(work, book, bundle.id)
        ask = still_asked(one, {each.row.position for each in ones if each.is_open})
        changed = _changed(ones, ask, answer)
        _attach(work, bundle.id, ones, answer)
        _store(work, changed, one)
        return _happened(work, clocks, one, ask, changed)

    change_clocks(work, [bundle.id], happen)


def waiting(work: Work, bundle_id: UUID, ident: UUID) -> corrections.Correction:
    """One correction of a bundle that waits for its answer. Raises NotFound and Conflict."""
    one = next((each for each in of_bundle(work, bundle_id) if each.id == ident), None)
    if one is None:
        raise NotFound("this bundle has no such correction")
    if one.state is not OPEN:
        raise Conflict("this correction waits for no answer any more")
    return one


def _changed(ones: Sequence[Lodged], ask: corrections.Ask, answer: corrections.Answer) -> list[_Changed]:
    """What the applications say after the answer. Raises Invalid with every fault."""
    faults = corrections.answer_faults("answers", ask.fields, answer.answers)
    faults += corrections.answer_faults("documents", (), set(answer.documents) - set(ask.documents))
    changed: list[_Changed] = []
    for one in ones if not faults else ():
        position = one.row.position
        mine = {name: value for name, value in answer.answers.items() if _is_of(name, position)}
        documents = [name for name in ask.documents if _is_of(name, position)]
        made, wrong = _one(one, mine, documents, answer)
        faults += wrong
        changed += [made] if made else []
    if not faults:
        faults = _way_faults(changed, ask)
    if faults:
        raise Invalid(faults)
    return changed


def _is_of(name: str, position: int) -> bool:
    return corrections.place(name)[0] == position


def _one(
    one: Lodged, given: Mapping[str, object], documents: Sequence[str], answer: corrections.Answer
) -> tuple[_Changed | None, list[Fault]]:
    position, service = one.row.position, one.service
    stored = applications.answers_from_text(one.row.answers)
    where = f"applications[{position}]"
    new = {corrections.place(name)[1]: value for name, value in given.items()}
    typed, faults = _typed(service, stored, new, where) if new else (stored, [])
    before, wrong = _as_routed(one, stored, frozenset(one.row.shown), position)
    if faults:
        told = [_at_answer(each, where, position) for each in faults]
        return None, told + _document_faults(documents, answer, _asked(before))
    shown = {*one.row.shown, *(corrections.place(name)[1] for name in documents)}
    after, also_wrong = _as_routed(one, typed, frozenset(shown), position)
    asked = _asked(after)
    made = _Changed(one, before, replace(after, shown=after.shown & asked))
    return made, [*wrong, *also_wrong, *_document_faults(documents, answer, asked)]


def _asked(one: routes.Lodged) -> set[str]:
    return {spec.code for spec in one.service.requirements if routes.is_asked(spec, one)}


def _document_faults(
    documents: Sequence[str], answer: corrections.Answer, asked: Collection[str]
) -> list[Fault]:
    """A document that was asked for has to be brought, unless the answers no longer call for it."""
    faults = []
    for name in documents:
        is_asked = corrections.place(name)[1] in asked
        if is_asked != (name in answer.documents):
            faults.append(fault(f"documents.{name}", "missing" if is_asked else "unknown"))
    return faults


def _typed(
    service: ServiceSpec, stored: Mapping[str, object], new: Mapping[str, object], where: str
) -> tuple[dict[str, Value], list[Fault]]:
    """New answers beside those that stay; what is no longer asked with the new ones goes."""
    typed, faults = applications.typed_answers(service, {**stored, **new}, where)
    stale = {code for code in stored if code not in new and _is_stale(faults, f"{where}.answers.{code}")}
    if stale:
        kept = {code: value for code, value in stored.items() if code not in stale}
        typed, faults = applications.typed_answers(service, {**kept, **new}, where)
    return typed, faults


def _is_stale(faults: Sequence[Fault], path: str) -> bool:
    return any(wrong.field == path and wrong.code == "not_asked" for wrong in faults)


def _at_answer(wrong: Fault, where: str, position: int) -> Fault:
    """A fault of lodging, as a fault of this answer."""
    return replace(wrong, field=wrong.field.replace(f"{where}.answers.", f"answers.{position}."))


def _as_routed(
    one: Lodged, answers: Mapping[str, Value], shown: frozenset[str], position: int
) -> tuple[routes.Lodged, list[Fault]]:
    try:
        billed = is_billed(one.service, fees.price(one.service, answers))
    except PtspError as error:
        wrong = fault(f"answers.{position}", "no_fee", why=error)
        return routes.Lodged(one.service, answers, shown, is_billed=False), [wrong]
    return routes.Lodged(one.service, answers, shown, billed), []


def _way_faults(changed: Sequence[_Changed], ask: corrections.Ask) -> list[Fault]:
    """A different way, or a document that is needed now: named at the fields that bring it about."""
    services = [one.after.service.code for one in changed]
    faults = [
        fault(f"documents.{at}.{missing.code}", "document_missing", document=missing.label["en"])
        for at, one in enumerate(changed)
        if one.after != one.before
        for missing in routes.missing_permits(one.after, services)
    ]
    if faults or not _is_other_way([one.before for one in changed], [one.after for one in changed]):
        return faults
    names = [name for name in ask.fields if _turns(changed, *corrections.place(name))]
    return [fault(f"answers.{name}", "route_changed") for name in names or ask.fields]


def _turns(changed: Sequence[_Changed], position: int, code: str) -> bool:
    """Does this one answer alone change the way?"""
    before = [one.before for one in changed]
    one = changed[position]
    value = one.after.answers.get(code)
    answers = {name: each for name, each in one.before.answers.items() if name != code}
    answers |= {} if value is None else {code: value}
    alone, _ = _as_routed(one.lodged, answers, one.before.shown, position)
    return _is_other_way(before, [*before[:position], alone, *before[position + 1 :]])


def _is_other_way(before: Sequence[routes.Lodged], after: Sequence[routes.Lodged]) -> bool:
    try:
        return routes.merge(before) != routes.merge(after)
    except PtspError:  # no way at all with the new answers
        return True


def _attach(work: Work, bundle_id: UUID, ones: Sequence[Lodged], answer: corrections.Answer) -> None:
    """Bind the new documents to the bundle. Raises Invalid for one that does not fit or was there before."""
    known = {row.id for row in applications.documents(work.connection, bundle_id)}
    wanted = {name: (document, corrections.place(name)[1]) for name, document in answer.documents.items()}
    triples = [(document, bundle_id, code) for document, code in wanted.values()]
    found = applications.attach_documents(work.connection, triples) if triples else {}
    faults = []
    for name, (document, code) in wanted.items():
        specs = ones[corrections.place(name)[0]].service.requirements
        accepts = next(spec.accepts for spec in specs if spec.code == code)
        media_type = found.get((document, code))
        if media_type is None:
            faults.append(fault(f"documents.{name}", "no_such_document"))
        elif document in known:
            faults.append(fault(f"documents.{name}", "document_same"))
        elif media_type not in accepts:
            faults.append(fault(f"documents.{name}", "file_wrong_kind", kinds=kinds_in_words(accepts)))
    if faults:
        raise Invalid(faults)


def _store(work: Work, changed: Sequence[_Changed], one: corrections.Correction) -> None:
    for each in changed:
        if each.before != each.after:
            applications.change_application(
                work.connection,
                work.tenant.id,
                each.lodged.row.id,
                answers=applications.answers_as_text(each.after.answers),
                shown=sorted(each.after.shown),
            )
    corrections.close(work.connection, work.tenant.id, one.id, ANSWERED, work.now)


def _happened(
    work: Work,
    clocks: deadlines.Clocks,
    one: corrections.Correction,
    ask: corrections.Ask,
    changed: Sequence[_Changed],
) -> Happened:
    asked = corrections.positions(ask.names)
    anew = [at for at in asked if changed[at].lodged.service.standard.clock.after_correction_anew]
    data = {
        "seq": one.seq,
        "round": one.round,
        "fields": list(ask.fields),
        "documents": list(ask.documents),
    }
    fact = ledger.Fact("correction.answered", work.actor, data)
    gone_on = let_go(work, clocks, one.stop, anew=anew, is_step_anew=len(anew) == len(asked))
    return joined(Happened([fact], ()), gone_on)

"""Pages for what an applicant does after lodging: correct what was returned, withdraw, object to a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from ptsp.flows.views import ApplicationView, BundleView, CorrectionForm, WithdrawalView
from ptsp.kernel.errors import Fault, Invalid, NotFound
from ptsp.kernel.formulas import Value
from ptsp.kernel.specs import TenantPack
from ptsp.web import format as shown
from ptsp.web.orders import Problem, exact
from ptsp.web.pages import new_blueprint, pages, read, say
from ptsp.web.reasons import reason

blueprint = new_blueprint("changes")
LONGEST_KEY = 200
LONGEST_VALUE = 4000
LONGEST_ID = 200
LONGEST_TEXT = 2000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """A correction as filled in so far. `kept` are documents already stored: name -> (id, file name)."""

    form: CorrectionForm
    values: Mapping[str, str]
    kept: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@blueprint.get("/<tenant>/bundles/<reference>/corrections/<ident>")
def correction(tenant: str, reference: str, ident: str) -> ResponseReturnValue:
    """The form with only what was asked, filled in with what was answered before."""
    pack = pages().office.tenant(tenant)
    form = pages().office.correction(tenant, reference, _key(), ident)
    values = {name: _written(value) for name, value in form.values.items()}
    return _show_sheet(pack, reference, Sheet(form, values))


@blueprint.post("/<tenant>/bundles/<reference>/corrections/<ident>")
def correct(tenant: str, reference: str, ident: str) -> ResponseReturnValue:
    """Take the answer, or show the form again with what is wrong with it."""
    pack = pages().office.tenant(tenant)
    form = pages().office.correction(tenant, reference, _key(), ident)
    sheet = _stored(pack, _filled_in(form))
    answers, problems = _answers(sheet)
    sheet = replace(sheet, problems=(*sheet.problems, *problems))
    if not sheet.problems:
        documents = {name: kept for name, (kept, _) in sheet.kept.items()}
        try:
            pages().office.answer_correction(tenant, reference, _key(), ident, answers, documents)
        except Invalid as refusal:
            problems = [_problem(form, wrong, pack) for wrong in refusal.faults]
            sheet = replace(sheet, problems=tuple(dict.fromkeys(problems)))
    return _show_sheet(pack, reference, sheet) if sheet.problems else _back(tenant, reference, "answered")


@blueprint.get("/<tenant>/bundles/<reference>/withdrawal")
def withdrawal(tenant: str, reference: str) -> ResponseReturnValue:
    """What may be withdrawn, and, once something is chosen, what follows from it."""
    return _show_withdrawal(tenant, reference, request.args.getlist("services"))


@blueprint.post("/<tenant>/bundles/<reference>/withdrawal")
def withdraw(tenant: str, reference: str) -> ResponseReturnValue:
    """Withdraw what was confirmed."""
    chosen = request.form.getlist("services")
    reason_given = request.form.get("reason", "")[:LONGEST_VALUE]
    if not chosen or _told(tenant, reference, chosen).waiting:
        return _show_withdrawal(tenant, reference, chosen)
    try:
        pages().office.withdraw(tenant, reference, _key(), chosen, reason_given)
    except Invalid as refusal:
        problem = reason(refusal.faults[0], pages().office.tenant(tenant))
        return _show_withdrawal(tenant, reference, chosen, problem=problem, given=reason_given)
    return _back(tenant, reference, "withdrawn")


@blueprint.get("/<tenant>/bundles/<reference>/objections/<service>")
def objection(tenant: str, reference: str, service: str) -> ResponseReturnValue:
    """The form for an objection to one refusal."""
    return _show_objection(tenant, reference, service)


@blueprint.post("/<tenant>/bundles/<reference>/objections/<service>")
def object_to(tenant: str, reference: str, service: str) -> ResponseReturnValue:
    """Lodge an objection."""
    grounds = request.form.get("grounds", "")[:LONGEST_VALUE]
    try:
        pages().office.object_to(tenant, reference, _key(), service, grounds)
    except Invalid as refusal:
        pack = pages().office.tenant(tenant)
        problem = " ".join(reason(wrong, pack) for wrong in refusal.faults)
        return _show_objection(tenant, reference, service, grounds=grounds, problem=problem)
    return _back(tenant, reference, "objected")


def _filled_in(form: CorrectionForm) -> Sheet:
    values = {name: request.form.get(f"answer.{name}", "")[:LONGEST_VALUE].strip() for name in form.fields}
    kept = {}
    for name in form.documents:
        ident = request.form.get(f"kept.{name}", "")[:LONGEST_ID]
        if ident:
            kept[name] = (ident, request.form.get(f"kept-name.{name}", "")[:LONGEST_ID])
    return Sheet(form, values, kept)


def _stored(pack: TenantPack, sheet: Sheet) -> Sheet:
    """Store the chosen files, so that none has to be chosen again. Those that are refused become problems."""
    kept, problems = dict(sheet.kept), []
    for name in sheet.form.documents:
        upload = request.files.get(f"document.{name}")
        if not upload or not upload.filename:
            continue
        try:
            kept[name] = (_keep(pack, sheet.form, name, upload), upload.filename[:LONGEST_ID])
        except Invalid as refusal:
            problems += [
                _problem(sheet.form, replace(wrong, field=f"documents.{name}"), pack)
                for wrong in refusal.faults
            ]
    return replace(sheet, kept=kept, problems=tuple(problems))


def _keep(pack: TenantPack, form: CorrectionForm, name: str, upload: FileStorage) -> str:
    spec = form.documents[name]
    data = upload.stream.read(spec.max_mb * MEGABYTE + 1)
    return pages().office.store_document(
        pack.code, spec.code, (upload.filename or "")[:LONGEST_ID], data, spec.accepts, spec.max_mb
    )


def _answers(sheet: Sheet) -> tuple[dict[str, object], list[Problem]]:
    """The answers as the API takes them: only numbers are written in the manner of a language."""
    answers: dict[str, object] = {}
    problems = []
    for name, spec in sheet.form.fields.items():
        value = sheet.values[name]
        answers[name] = value
        if spec.type == "number" and value:
            number = exact(value, g.lang)
            answers[name] = "" if number is None else f"{number:f}"
            if number is None:
                problems.append(Problem(f"answer.{name}", say("fault.number", label=read(spec.label))))
    return answers, problems


def _problem(form: CorrectionForm, wrong: Fault, pack: TenantPack) -> Problem:
    """A fault beside its input; of what was not asked by its name alone."""
    kind, _, name = wrong.field.partition(".")
    asked = name in (form.fields if kind == "answers" else form.documents)
    label = f"{read(form.labels[name])}: " if name in form.labels else ""
    return Problem(f"{kind.removesuffix('s')}.{name}" if asked else None, f"{label}{reason(wrong, pack)}")


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shown.number(value, g.lang) if isinstance(value, Decimal) else value


def _show_sheet(pack: TenantPack, reference: str, sheet: Sheet) -> ResponseReturnValue:
    faults: dict[str, str] = {}
    for problem in sheet.problems:
        if problem.input:
            faults.setdefault(problem.input, problem.message)
    page = render_template(
        "pages/correct.html",
        pack=pack,
        reference=reference,
        key=_key(),
        sheet=sheet,
        one=sheet.form.correction,
        faults=faults,
    )
    return page, 422 if sheet.problems else 200


def _told(tenant: str, reference: str, chosen: list[str]) -> WithdrawalView:
    return pages().office.withdrawal(tenant, reference, _key(), chosen)


def _show_withdrawal(
    tenant: str, reference: str, asked_for: list[str], *, problem: str = "", given: str = ""
) -> ResponseReturnValue:
    bundle = pages().office.track(tenant, reference, _key())
    open_ones = [one for one in bundle.applications if one.may_withdraw]
    chosen = [one.service for one in open_ones if one.service in asked_for]
    page = render_template(
        "pages/withdraw.html",
        pack=pages().office.tenant(tenant),
        bundle=bundle,
        key=_key(),
        open_ones=open_ones,
        chosen=chosen,
        told=_told(tenant, reference, chosen) if chosen else None,
        problem=problem,
        given=given,
    )
    return page, 422 if request.method == "POST" else 200


def _show_objection(
    tenant: str, reference: str, service: str, *, grounds: str = "", problem: str = ""
) -> ResponseReturnValue:
    bundle = pages().office.track(tenant, reference, _key())
    page = render_template(
        "pages/object.html",
        pack=pages().office.tenant(tenant),
        bundle=bundle,
        key=_key(),
        application=_refused(bundle, service),
        grounds=grounds,
        problem=problem,
        longest=LONGEST_TEXT,
    )
    return page, 422 if problem else 200


def _refused(bundle: BundleView, service: str) -> ApplicationView:
    for one in bundle.applications:
        if one.service == service and one.may_object_until:
            return one
    raise NotFound(service)


def _back(tenant: str, reference: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("tracking.track", tenant=tenant, reference=reference, key=_key(), done=done), 303)


def _key() -> str:
    return request.args.get("key", "")[:LONGEST_KEY]

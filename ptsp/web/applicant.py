"""Pages for an applicant who lodges: choose services, fill in one form, see the quote, send."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from ptsp.flows.views import QuoteView
from ptsp.kernel.errors import Invalid
from ptsp.kernel.specs import TenantPack
from ptsp.web.intake import APPLICANT, Intake, Wanted, plan_intake
from ptsp.web.orders import Problem, answer_problems, applicant_problems, document_is_due, given, order_of
from ptsp.web.pages import new_blueprint, pages, read, say
from ptsp.web.published import condition
from ptsp.web.reasons import label_of, reason, told
from ptsp.web.receipts import in_order

blueprint = new_blueprint("applicant")
LONGEST_VALUE = 4000
LONGEST_ID = 200
MEGABYTE = 1024 * 1024
AUTOFILL = {"name": "name", "birth_on": "bday", "phone": "tel", "email": "email"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form as filled in so far. `kept` are documents already stored: input name -> (id, file name)."""

    intake: Intake
    values: Mapping[str, str]
    key: str
    kept: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: Mapping[str, FileStorage] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    quote: QuoteView | None = None

    @property
    def lost(self) -> list[str]:
        """Inputs whose file the browser will not keep: it must be chosen again."""
        return [name for name in self.files if name not in self.kept]


@blueprint.get("/<tenant>/submit")
def form(tenant: str) -> ResponseReturnValue:
    """The choice of services, or the one form for those chosen."""
    pack = pages().office.tenant(tenant)
    intake = plan_intake(pack, request.args.getlist("services"))
    if not intake.services:
        problem = say("choose.none") if "chosen" in request.args else ""
        return render_template("pages/choose.html", pack=pack, problem=problem), 422 if problem else 200
    return show(pack, Sheet(intake, {}, secrets.token_urlsafe(24)))


@blueprint.post("/<tenant>/submit")
def send(tenant: str) -> ResponseReturnValue:
    """Quote or lodge what was filled in. The tracking page follows a lodged bundle."""
    pack = pages().office.tenant(tenant)
    intake = plan_intake(pack, request.args.getlist("services"))
    if not intake.services:
        return redirect(url_for("applicant.form", tenant=tenant, chosen=1), 303)
    sheet = filled_in(intake)
    if request.form.get("do") != "lodge":
        return show(pack, quoted(pack, sheet))
    sheet = checked(pack, sheet)
    if not sheet.problems:
        sheet = stored(pack, sheet)
    if sheet.problems:
        return show(pack, sheet)
    return lodge(pack, sheet)


def filled_in(intake: Intake) -> Sheet:
    """The inputs we asked for, each bounded, and nothing else of the request."""
    names = [f"applicant.{name}" for name, *_ in APPLICANT] + [row.name for row in intake.asked]
    values = {name: request.form.get(name, "")[:LONGEST_VALUE].strip() for name in names}
    kept, files = {}, {}
    for row in intake.wanted:
        upload = request.files.get(row.name)
        ident = request.form.get(f"kept.{row.name}", "")[:LONGEST_ID]
        if upload and upload.filename:
            files[row.name] = upload
        elif ident:
            kept[row.name] = (ident, request.form.get(f"kept-name.{row.name}", "")[:LONGEST_ID])
    key = request.form.get("key", "")[:LONGEST_ID] or secrets.token_urlsafe(24)
    return Sheet(intake, values, key, kept, files)


def quoted(pack: TenantPack, sheet: Sheet) -> Sheet:
    """Ask for price and promise. Nothing is stored, files included."""
    problems = answer_problems(sheet.intake, sheet.values, g.lang, say)
    if problems:
        return replace(sheet, problems=problems)
    try:
        return replace(sheet, quote=pages().office.quote(pack.code, order(sheet)))
    except Invalid as refusal:
        return replace(sheet, problems=problems_of(pack, sheet.intake, refusal))


def checked(pack: TenantPack, sheet: Sheet) -> Sheet:
    """All we can say before storing a file: shape first, then what the office says of the answers."""
    problems = applicant_problems(sheet.values, say)
    problems += answer_problems(sheet.intake, sheet.values, g.lang, say)
    known = given(sheet.intake, sheet.values, g.lang)
    due = {row.name for row in sheet.intake.wanted if document_is_due(sheet.intake, row, known)}
    problems += [problem for row in sheet.intake.wanted if (problem := missing(row, sheet, due))]
    if problems:
        return replace(sheet, problems=problems)
    return replace(quoted(pack, sheet), quote=None)  # its files are here, but not stored yet


def missing(row: Wanted, sheet: Sheet, due: Collection[str]) -> Problem | None:
    """A document that is not there, or a file that is too large to read."""
    label = read(row.spec.label)
    upload = sheet.files.get(row.name)
    if upload:
        size = upload.stream.seek(0, 2)
        upload.stream.seek(0)
        if size > row.spec.max_mb * MEGABYTE:
            return Problem(row.name, say("fault.file_large", label=label, most=row.spec.max_mb))
        return None
    if row.name in due and row.name not in sheet.kept:
        return Problem(row.name, say("fault.file_missing", label=label))
    return None


def stored(pack: TenantPack, sheet: Sheet) -> Sheet:
    """Store the chosen files. Those that are refused become problems, the others are kept."""
    kept, problems = dict(sheet.kept), []
    for row in sheet.intake.wanted:
        upload = sheet.files.get(row.name)
        if not upload:
            continue
        name, spec = (upload.filename or "")[:LONGEST_ID], row.spec
        try:
            ident = pages().office.store_document(
                pack.code, spec.code, name, upload.read(), spec.accepts, spec.max_mb
            )
        except Invalid as refusal:
            problems += [
                Problem(row.name, f"{read(spec.label)}: {reason(fault, pack)}") for fault in refusal.faults
            ]
        else:
            kept[row.name] = (ident, name)
    return replace(sheet, kept=kept, problems=problems)


def lodge(pack: TenantPack, sheet: Sheet) -> ResponseReturnValue:
    """Submit, and go to the tracking page."""
    try:
        reference, key = pages().office.submit(pack.code, order(sheet), sheet.key)
    except Invalid as refusal:
        return show(pack, replace(sheet, problems=problems_of(pack, sheet.intake, refusal)))
    return redirect(url_for("tracking.track", tenant=pack.code, reference=reference, key=key, new=1), 303)


def order(sheet: Sheet) -> dict[str, object]:
    """The order in the API's shape, with the documents that are stored."""
    documents = {name: ident for name, (ident, _) in sheet.kept.items()}
    return order_of(sheet.intake, sheet.values, documents, g.lang)


def problems_of(pack: TenantPack, intake: Intake, refusal: Invalid) -> list[Problem]:
    """The office's faults in the reader's language, beside the inputs they speak of."""
    problems = [Problem(intake.input_of(fault.field), told(intake, fault, pack)) for fault in refusal.faults]
    return list(dict.fromkeys(problems))


def still_missing(sheet: Sheet) -> list[str]:
    """The documents that must come with the form when it is sent, each once."""
    paths = sheet.quote.missing if sheet.quote else ()
    names = dict.fromkeys(sheet.intake.input_of(path) for path in paths)
    return [label_of(sheet.intake, name) for name in names if name]


def show(pack: TenantPack, sheet: Sheet) -> ResponseReturnValue:
    """The form as it stands."""
    by_input: dict[str, str] = {}
    for problem in sheet.problems:
        if problem.input:
            by_input.setdefault(problem.input, problem.message)
    page = render_template(
        "pages/submit.html",
        pack=pack,
        sheet=sheet,
        intake=sheet.intake,
        applicant=APPLICANT,
        autofill=AUTOFILL,
        quote_tasks=in_order(sheet.quote.tasks) if sheet.quote else (),
        still_missing=still_missing(sheet),
        faults=by_input,
        told=lambda code, text: condition(pack.services[code], text, g.lang, say),
    )
    return page, 422 if sheet.problems else 200

"""What an applicant fills in to answer a correction: only what was asked, with what they answered before."""

from uuid import UUID

from ptsp.domain import applications, corrections, routes
from ptsp.flows._afterwards import correction_views
from ptsp.flows._corrections import lodged
from ptsp.flows._names import task_name
from ptsp.flows.answer_correction import waiting
from ptsp.flows.track_bundle import find_bundle
from ptsp.flows.views import CorrectionForm
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work


def show_correction(work: Work, book: TenantBook, reference: str, key: str, ident: UUID) -> CorrectionForm:
    """Raises NotFound, also for a wrong key, and Conflict when it waits for no answer any more."""
    bundle = find_bundle(work, reference, key)
    waiting(work, bundle.id, ident)
    ones = lodged(work, book, bundle.id)
    rows, services = [one.row for one in ones], [one.service for one in ones]
    members = routes.graph_from_text(bundle.graph).members
    tasks = routes.tasks(work.connection, bundle.id)
    names = {
        task.seq: task_name(task.code, members[task.seq], services) for task in tasks if members[task.seq]
    }
    view = next(one for one in correction_views(work, rows, services, names) if one.id == ident)
    fields = {f"{at}.{spec.code}": spec for at, one in enumerate(services) for spec in one.fields}
    documents = {f"{at}.{spec.code}": spec for at, one in enumerate(services) for spec in one.requirements}
    stored = {at: applications.answers_from_text(row.answers) for at, row in enumerate(rows)}
    asked = [item.name for item in view.fields]
    values = {name: stored[at].get(code) for name in asked for at, code in [corrections.place(name)]}
    return CorrectionForm(
        correction=view,
        fields={name: fields[name] for name in asked},
        documents={item.name: documents[item.name] for item in view.documents},
        values={name: value for name, value in values.items() if value is not None},
        labels={name: spec.label for name, spec in (fields | documents).items()},
    )

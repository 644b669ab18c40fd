"""Hand out a stored file to whoever holds the bundle's key, and to the officer whose task it is for."""

from uuid import UUID

from ptsp.domain import applications, permits
from ptsp.flows._case import read_case
from ptsp.flows.show_case import papers_of
from ptsp.flows.track_bundle import find_bundle
from ptsp.infra.files import FileStore
from ptsp.infra.tenants import TenantBook
from ptsp.infra.work import Work
from ptsp.kernel.errors import Conflict, NotFound


def fetch_decision(work: Work, files: FileStore, reference: str, key: str, number: str) -> tuple[bytes, str]:
    """The signed PDF and its file name; the first time, that it was handed over is put on record.

    Raises Conflict while a payment after signature is still open.
    """
    bundle = find_bundle(work, reference, key)
    for decision in permits.decisions(work.connection, [bundle.id]):
        if decision.number != number or decision.sha256 is None:
            continue
        lodged = applications.applications(work.connection, [bundle.id])[bundle.id]
        state = next(one.state for one in lodged if one.id == decision.application_id)
        if state == "open":
            raise Conflict("the document can be collected once the fee is paid")
        permits.hand_over(work.connection, work.tenant.id, decision, work.now)
        return files.get(work.tenant.code, decision.sha256), f"{number.replace('/', '-')}.pdf"
    raise NotFound("this bundle has no such document")


def fetch_upload(
    work: Work, files: FileStore, reference: str, key: str, document: UUID | str
) -> tuple[bytes, applications.DocumentRow]:
    """A document the applicant handed in."""
    bundle = find_bundle(work, reference, key)
    for row in applications.documents(work.connection, bundle.id):
        if str(row.id) == str(document):
            return files.get(work.tenant.code, row.sha256), row
    raise NotFound("this bundle has no such document")


def fetch_for_desk(
    work: Work, book: TenantBook, files: FileStore, agency: str, task_id: UUID, document: UUID
) -> tuple[bytes, applications.DocumentRow]:
    """A document for one of the applications that a task of this desk is for."""
    case = read_case(work, book, agency, task_id)
    rows = applications.documents(work.connection, case.bundle.id)
    shown = {paper.id for paper in papers_of(case, rows)}
    for row in rows:
        if row.id == document and row.id in shown:
            return files.get(work.tenant.code, row.sha256), row
    raise NotFound("this task has no such document")

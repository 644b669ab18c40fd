"""An applicant uploads a document: judged by its content, kept under its hash, bound to a bundle later."""

from uuid import UUID, uuid4

from ptsp.domain import applications
from ptsp.flows._planning import offered_to
from ptsp.infra.files import FileStore, clean_name, judge
from ptsp.infra.work import Work
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import RequirementSpec


def find_requirement(
    work: Work,
    service: str,
    requirement: str,
    standing: applications.Standing = applications.Standing.PUBLIC,
) -> RequirementSpec:
    """What a document is for. Raises Invalid naming the field."""
    spec, wrong = offered_to(work.tenant, service, standing, "service")
    if spec is None:
        raise Invalid(wrong)
    for one in spec.requirements:
        if one.code == requirement:
            return one
    known = ", ".join(one.code for one in spec.requirements)
    raise Invalid([fault("requirement", "requirement", requirement=requirement, known=known)])


def store_document(
    work: Work,
    files: FileStore,
    service: str,
    requirement: str,
    name: str,
    data: bytes,
    standing: applications.Standing = applications.Standing.PUBLIC,
) -> UUID:
    """Judge and keep one file for a requirement of a service; returns the id to lodge with."""
    spec = find_requirement(work, service, requirement, standing)
    return keep_document(work, files, requirement, name, data, spec.accepts, spec.max_mb)


def keep_document(
    work: Work,
    files: FileStore,
    requirement: str,
    name: str,
    data: bytes,
    accepts: tuple[str, ...],
    max_mb: int,
) -> UUID:
    """The file is stored before its row is committed: a crash in between leaves a file that no row names,
    which is harmless; the other order would leave a row without its file.
    """
    media_type = judge(data, name, accepts=accepts, max_bytes=max_mb * 1024 * 1024)
    row = applications.DocumentRow(
        id=uuid4(),
        requirement=requirement,
        name=clean_name(name, media_type),
        media_type=media_type,
        size=len(data),
        sha256=files.put(work.tenant.code, data),
    )
    applications.add_document(work.connection, work.tenant.id, row)
    return row.id

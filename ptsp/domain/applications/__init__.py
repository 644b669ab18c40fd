"""Applications and the bundles they are lodged in."""

from ptsp.domain.applications.queries import applications, bundle, bundles, documents, lodged_before
from ptsp.domain.applications.rules import (
    answers_as_text,
    answers_from_text,
    applicant_faults,
    offer_fault,
    text_fault,
    typed_answers,
)
from ptsp.domain.applications.store import (
    add_document,
    attach_documents,
    end_applications,
)
from ptsp.domain.applications.types import (
    Applicant,
    ApplicationRow,
    BundleRow,
    DocumentRow,
    Inquiry,
    NewApplication,
    NewBundle,
    Order,
    Wanted,
)

__all__ = [
    "Applicant",
    "ApplicationRow",
    "BundleRow",
    "DocumentRow",
    "Inquiry",
    "NewApplication",
    "NewBundle",
    "Order",
    "Wanted",
    "add_document",
    "answers_as_text",
    "answers_from_text",
    "applicant_faults",
    "applications",
    "attach_documents",
    "bundle",
    "bundles",
    "documents",
    "end_applications",
    "lodged_before",
    "offer_fault",
    "text_fault",
    "typed_answers",
]

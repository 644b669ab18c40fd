"""Anybody checks a permit or a paper of money: by its code or by the file."""

import hashlib
from dataclasses import dataclass
from datetime import UTC

from flask import request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from ptsp.api.access import Access, access
from ptsp.api.reading import StrictBlueprint, actor
from ptsp.api.v1.shapes import shape
from ptsp.domain.permits import tenant_of_code
from ptsp.flows.verify_decision import VerifiedPermit, find_decision
from ptsp.flows.verify_paper import VerifiedPaper, find_paper
from ptsp.infra.signing import Verdict, ensure_trust, verify
from ptsp.kernel.errors import Invalid, NotFound
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import Text

blueprint = StrictBlueprint(
    "verification", __name__, url_prefix="/api/v1", description="Is this permit genuine?"
)


Found = VerifiedPermit | VerifiedPaper


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a file is genuine, why not, and what our register says of it."""

    valid: bool
    reasons: tuple[Text, ...]
    document: VerifiedPermit | None
    paper: VerifiedPaper | None


@blueprint.route("/permits/<code>")
class ByCode(MethodView):
    @blueprint.response(200, shape(VerifiedPermit), description="what the register says")
    def get(self, code: str) -> ResponseReturnValue:
        """What our register says of the document with this code."""
        found = by_code(access(), code)
        if found is None:
            raise NotFound("no document has this code")
        return found  # type: ignore[return-value]


@blueprint.route("/papers/<code>")
class PaperByCode(MethodView):
    @blueprint.response(200, shape(VerifiedPaper), description="what the register says, as it stands now")
    def get(self, code: str) -> ResponseReturnValue:
        """What our register says of the fee notice, proof of payment or overpayment notice with this code."""
        found = paper_by_code(access(), code)
        if found is None:
            raise NotFound("no paper has this code")
        return found  # type: ignore[return-value]


@blueprint.route("/permits/verify")
class ByFile(MethodView):
    @blueprint.response(200, shape(Checked), description="valid or not, why not, and what the register says")
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                "application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}
            },
        }
    )
    def post(self) -> ResponseReturnValue:
        """Check a signed PDF, a permit's or a paper's of money, sent as the body or as the form file `file`."""
        sent = request.files.get("file")
        data = sent.stream.read() if sent else request.get_data()
        if not data:
            raise Invalid([fault("file", "missing")])
        verdict, found = by_file(access(), data)
        is_valid = verdict.valid and found is not None
        permit = found if isinstance(found, VerifiedPermit) else None
        paper = found if isinstance(found, VerifiedPaper) else None
        return Checked(is_valid, reasons(verdict, found), permit, paper)  # type: ignore[return-value]


UNKNOWN = {
    "id": "Dokumen ini tidak tercatat pada kantor kami.",
    "en": "This document is not in our register.",
}


def by_code(to: Access, code: str) -> VerifiedPermit | None:
    """The issued document with this code. A tenant that does not exist has none."""
    try:
        with to.work(tenant_of_code(code), actor()) as work:
            return find_decision(work, to.book, code)
    except NotFound:
        return None


def paper_by_code(to: Access, code: str) -> VerifiedPaper | None:
    """The paper of money with this code. A tenant that does not exist has none."""
    try:
        with to.work(tenant_of_code(code), actor()) as work:
            return find_paper(work, to.book, code)
    except NotFound:
        return None


def by_file(to: Access, data: bytes) -> tuple[Verdict, Found | None]:
    """Check the signature, then ask the register: a file counts only if it is the very one we issued."""
    tenants = to.book.all()
    with to.work(tenants[0].code, actor()) as work:
        now = work.now.astimezone(UTC)
    verdict = verify(data, ensure_trust(to.keys_folder, now), now=now)
    if verdict.claimed:
        return _signed_by_person(to, data, verdict)
    code = verdict.code if verdict.valid and verdict.code else None
    found: Found | None = (by_code(to, code) or paper_by_code(to, code)) if code else None
    if found is not None and found.sha256 != hashlib.sha256(data).hexdigest():
        return verdict, None  # signed by us, but not the file the register names
    return verdict, found


def _signed_by_person(to: Access, data: bytes, verdict: Verdict) -> tuple[Verdict, VerifiedPermit | None]:
    """Signed through a service whose certificates we do not know: genuine if the register names this very file."""
    found = by_code(to, verdict.claimed or "")
    if found is None or found.sha256 != hashlib.sha256(data).hexdigest():
        return verdict, None
    return Verdict(valid=True, code=found.code, tenant=tenant_of_code(found.code)), found


def reasons(verdict: Verdict, found: Found | None) -> tuple[Text, ...]:
    if verdict.valid and found is None:
        return (UNKNOWN,)
    return verdict.texts

"""Pages that tell whether a document is real: by its code or by the file itself."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ptsp.flows.verify_decision import VerifiedPermit
from ptsp.flows.verify_paper import VerifiedPaper
from ptsp.web.pages import new_blueprint, pages, say

blueprint = new_blueprint("verify")
LONGEST_CODE = 120
ZONE = "Asia/Jakarta"  # of an office that is no longer on the platform


@blueprint.get("/verify")
def ask() -> ResponseReturnValue:
    """The form; with `?code=` straight to what the register says."""
    code = request.args.get("code", "").strip()[:LONGEST_CODE]
    if code:
        return redirect(url_for("verify.by_code", code=code), 303)
    problem = say("verify.no_code") if "code" in request.args else ""
    return render_template("pages/verify.html", problem=problem), 422 if problem else 200


@blueprint.get("/verify/<path:code>")
def by_code(code: str) -> ResponseReturnValue:
    """What our register says of a code."""
    found = pages().office.verify_code(code[:LONGEST_CODE])
    verdict = "invalid_code" if found is None else in_force(found, "valid_code")
    return render_template(
        "pages/verified.html",
        code=code[:LONGEST_CODE],
        file_name="",
        **of(found),
        verdict=verdict,
        reasons=(),
    )


@blueprint.post("/verify")
def by_file() -> ResponseReturnValue:
    """Whether an uploaded PDF is, to the last byte, what an office signed."""
    upload = request.files.get("file")
    data = upload.read() if upload else b""
    if not data:
        return render_template("pages/verify.html", problem=say("verify.no_file")), 422
    valid, reasons, found = pages().office.verify_file(data)
    name = (upload.filename or "") if upload else ""
    verdict = in_force(found, "valid_file") if valid and found else "invalid_file"
    return render_template(
        "pages/verified.html",
        code="",
        file_name=name[:LONGEST_CODE],
        **of(found),
        verdict=verdict,
        reasons=reasons,
    )


def of(found: VerifiedPermit | VerifiedPaper | None) -> dict[str, object]:
    """What the page shows of it: a permit, or a paper of money."""
    permit = found if isinstance(found, VerifiedPermit) else None
    paper = found if isinstance(found, VerifiedPaper) else None
    return {"permit": permit, "paper": paper, "zone": zone_of(permit)}


def in_force(permit: VerifiedPermit | VerifiedPaper, verdict: str) -> str:
    """The verdict, unless the document is genuine but is a refusal, was annulled, has expired or stands no more."""
    if isinstance(permit, VerifiedPaper):
        return permit.state if permit.state in ("cancelled", "lapsed") else verdict
    if permit.state == "annulled":
        return "annulled"
    if permit.kind == "refusal":
        return "refusal"
    return verdict if permit.state == "valid" else "not_valid"


def zone_of(permit: VerifiedPermit | None) -> str:
    """The time zone of the office that issued the document."""
    zones = [pack.time_zone for pack in pages().office.tenants() if permit and pack.name == permit.office]
    return zones[0] if zones else ZONE

"""What a desk is shown of a question that it answers in the place of an agency."""

from collections.abc import Collection, Iterator, Mapping

from ptsp.flows._case import Case
from ptsp.flows._dates import LOCALES, stored_date
from ptsp.flows._names import agency_name
from ptsp.flows.case_views import AskedPart, ByHand
from ptsp.flows.delivery_texts import CAUSES
from ptsp.infra.work import Work
from ptsp.kernel.identity import mask_nik
from ptsp.kernel.specs import Text

GENDERS: Mapping[str, Text] = {
    "male": {"id": "Laki-laki", "en": "Male"},
    "female": {"id": "Perempuan", "en": "Female"},
}
PERSON: Mapping[str, Text] = {
    "name": {"id": "Nama", "en": "Name"},
    "nik": {"id": "NIK", "en": "Identity number (NIK)"},
    "kk": {"id": "Nomor KK", "en": "Family card number (KK)"},
    "birth_place": {"id": "Tempat lahir", "en": "Place of birth"},
    "birth_on": {"id": "Tanggal lahir", "en": "Date of birth"},
    "gender": {"id": "Jenis kelamin", "en": "Gender"},
    "address": {"id": "Alamat", "en": "Address"},
}
MASKED = ("nik", "kk")


def by_hand(work: Work, case: Case, person: Mapping[str, str], seen: Collection[str]) -> ByHand | None:
    """None for a task of the desk's own. `seen` are the parts that the agency may see; its answers are shown apart."""
    task = case.task
    if not task.is_by_hand:
        return None
    parts = tuple(_parts(person)) if "applicant" in seen else ()
    why = CAUSES.get(task.cause or "") if task.desk != task.agency else None
    return ByHand(task.agency, agency_name(work.tenant, task.agency), why, parts)


def _parts(person: Mapping[str, str]) -> Iterator[AskedPart]:
    for code, label in PERSON.items():
        value = person.get(code)
        if value:
            yield AskedPart(label, _shown(code, str(value)))


def _shown(code: str, value: str) -> Text:
    if code == "gender":
        return GENDERS.get(value, {"id": value, "en": value})
    if code == "birth_on":
        return {language: stored_date(value, language) for language in LOCALES}
    told = mask_nik(value) if code in MASKED else value
    return {"id": told, "en": told}

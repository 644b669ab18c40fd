"""What an applicant is told when an application is returned: where to look and by when, and nothing personal."""

from uuid import uuid4

from ptsp.domain import corrections, messages
from ptsp.flows._dates import long_date

SUBJECT = "Berkas {reference} perlu diperbaiki paling lambat {day}"
BODY = """Kantor mengembalikan berkas {reference} untuk diperbaiki atau dilengkapi.

Buka halaman berkas Anda dengan kunci yang Anda terima ketika mengajukan (kunci tidak pernah kami kirim lewat surel) \
dan jawab pada bagian "Perlu diperbaiki" paling lambat {day}. Selama jawaban ditunggu, waktu layanan berhenti.

--
The office has returned {reference} to be corrected or completed.

Open the page of your applications with the key you got when you applied (we never send it by e-mail) and answer \
under "To be corrected" by {day_en}. The legal limit stands until then.
"""


def correction_letter(reference: str, one: corrections.Correction) -> messages.NewMessage:
    """Owed once for each round. What is to be corrected stands on the page alone, as it may be personal."""
    words = {
        "reference": reference,
        "day": long_date(one.due_on, "id"),
        "day_en": long_date(one.due_on, "en"),
    }
    return messages.NewMessage(
        id=uuid4(),
        key=f"correction:{one.id}",
        bundle_id=one.bundle_id,
        to_role=messages.APPLICANT,
        agency=None,
        kind="correction.asked",
        subject=SUBJECT.format(**words),
        body=BODY.format(**words),
    )

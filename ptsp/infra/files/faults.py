"""Why an uploaded file is refused, as one short list of plain reasons in two languages."""

from enum import StrEnum

from ptsp.kernel.errors import Fault, Invalid
from ptsp.kernel.specs import Text


class Why(StrEnum):
    """Stable words for machines."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_KIND = "wrong_kind"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active_content"
    HIDDEN_CONTENT = "hidden_content"
    TOO_MANY_PIXELS = "too_many_pixels"


TEXTS: dict[Why, Text] = {
    Why.EMPTY: {"id": "berkas kosong", "en": "the file is empty"},
    Why.TOO_LARGE: {
        "id": "berkas lebih besar daripada {limit} MB",
        "en": "the file is larger than {limit} MB",
    },
    Why.WRONG_KIND: {
        "id": "isi berkas bukan {kinds}",
        "en": "the content of the file is not {kinds}",
    },
    Why.DAMAGED: {
        "id": "berkas rusak dan tidak dapat dibaca; buat ulang lalu unggah kembali",
        "en": "the file is damaged and cannot be read; make it again and upload it once more",
    },
    Why.ENCRYPTED: {
        "id": "berkas dikunci dengan kata sandi; unggah tanpa kata sandi",
        "en": "the file is locked with a password; upload it without one",
    },
    Why.ACTIVE_CONTENT: {
        "id": "berkas memuat program, lampiran, atau tautan yang berjalan sendiri ({what})",
        "en": "the file holds a program, an attachment or an action that runs by itself ({what})",
    },
    Why.HIDDEN_CONTENT: {
        "id": "ada data lain setelah akhir dokumen; simpan ulang sebagai dokumen biasa",
        "en": "there is other data after the end of the document; save it again as a plain one",
    },
    Why.TOO_MANY_PIXELS: {
        "id": "gambar melebihi {limit} juta piksel; perkecil lalu unggah kembali",
        "en": "the picture has more than {limit} million pixels; make it smaller and upload it again",
    },
}


class BadFile(Invalid):
    """A refused upload. `why` is for machines, `text` for people, `faults` names the field `file`.

    `name` is what the sender called the file: to be shown back to them, never to be logged.
    """

    def __init__(self, why: Why, **words: object) -> None:
        self.why = why
        self.name = ""
        self.text: Text = {language: line.format(**words) for language, line in TEXTS[why].items()}
        super().__init__([Fault("file", self.text["en"])])

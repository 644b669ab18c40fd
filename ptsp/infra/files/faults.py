"""Why an uploaded file is refused, as one short list of plain reasons."""

from enum import StrEnum

from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault


class Why(StrEnum):
    """Stable words for machines; the code of the fault is the same with `file_` before it."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_KIND = "wrong_kind"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active_content"
    HIDDEN_CONTENT = "hidden_content"
    TOO_MANY_PIXELS = "too_many_pixels"


class BadFile(Invalid):
    """A refused upload. `why` is for machines, `faults` names the field `file`.

    `name` is what the sender called the file: to be shown back to them, never to be logged.
    """

    def __init__(self, why: Why, **words: object) -> None:
        self.why = why
        self.name = ""
        super().__init__([fault("file", f"file_{why}", **words)])

"""Read a statement whatever its format, within bounds."""

from ptsp.infra.statements.camt053 import read_camt053
from ptsp.infra.statements.csv_file import read_csv
from ptsp.infra.statements.types import StatementFile
from ptsp.kernel.errors import Invalid
from ptsp.kernel.reasons import fault

LARGEST_MB = 8
XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


def read_statement(data: bytes) -> StatementFile:
    """The statement in a file. Raises Invalid naming every line and column that is wrong."""
    if len(data) > LARGEST_MB * 1024 * 1024:
        raise Invalid([fault("file", "file_too_large", most=LARGEST_MB)])
    if not data.strip():
        raise Invalid([fault("file", "file_empty")])
    return read_camt053(data) if data.lstrip().startswith(XML) else read_csv(data)

"""Bank statements as files: CSV and ISO 20022 camt.053, read whole or refused with every place that is wrong."""

from ptsp.infra.statements.reading import read_statement
from ptsp.infra.statements.types import StatementFile, StatementLine

__all__ = ["StatementFile", "StatementLine", "read_statement"]

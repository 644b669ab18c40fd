"""Read past cases of the bound tenant."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from ptsp.domain.history.types import CaseRow

AT_ONCE = 1000  # rows in memory

OF_LOG = text("""
    SELECT c.deadline_at, c.ended_at, count(e.at) AS events,
           CAST(1000000 * EXTRACT(EPOCH FROM max(e.at) - min(e.at)) AS bigint) AS lasted
      FROM app.past_case c
      LEFT JOIN app.past_event e ON e.tenant_id = c.tenant_id AND e.source = c.source AND e.case_id = c.case_id
     WHERE c.source = :source
     GROUP BY c.tenant_id, c.source, c.case_id""")


def cases_of_log(connection: Connection, source: str) -> Iterator[CaseRow]:
    """Every case of a log, with what its events come to now."""
    streamed = connection.execution_options(yield_per=AT_ONCE)
    return (CaseRow(*row) for row in streamed.execute(OF_LOG, {"source": source}))

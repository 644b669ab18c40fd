"""One log line per event: JSON on standard error, fixed event names, keys and values.

Tracebacks come without the values of variables: those may be personal data.
"""

import sys

import structlog


def log_to_stderr() -> None:
    """Called once by each process as it starts."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

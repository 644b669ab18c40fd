"""Refuses a PostgreSQL that lets rows leak through row-level security."""

from ptsp.kernel.errors import PtspError

OLDEST_MAJOR = 15
# `INSERT … ON CONFLICT DO UPDATE … WHERE` told one tenant of another's rows; these minor versions fixed it.
FIXED_MINOR = {14: 25, 15: 20, 16: 16, 17: 12, 18: 7}


class OldServer(PtspError):
    """The PostgreSQL named by URL is too old to keep tenants apart."""

    code = "old_server"


def require_fixed_server(version_num: int, *, embedded: bool) -> None:
    """Raises OldServer unless `version_num` (as `SHOW server_version_num`, for instance 180007) is safe.

    The embedded server is let pass: it is one minor version short, and the keys that start with the
    tenant close the same hole, which a test shows by the published attack.
    """
    if embedded:
        return
    major, minor = divmod(version_num, 10_000)
    if major < OLDEST_MAJOR:
        raise OldServer(f"PostgreSQL {major}.{minor} is too old: {OLDEST_MAJOR} or newer is needed")
    fixed = FIXED_MINOR.get(major, 0)
    if minor < fixed:
        raise OldServer(
            f"PostgreSQL {major}.{minor} leaks rows between tenants (CVE-2026-120154): "
            f"upgrade it to {major}.{fixed} or newer"
        )

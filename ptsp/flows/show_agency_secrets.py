"""By which kind of secret each agency knows the office, and since when; never a value."""

from dataclasses import dataclass
from datetime import datetime

from ptsp.infra import agency_secrets
from ptsp.infra.work import Work


@dataclass(frozen=True, slots=True)
class SecretView:
    """`is_given`: the partner issued it, otherwise it is derived. `since` and `by` are None if it always was."""

    agency: str
    connector: str
    is_given: bool
    since: datetime | None = None
    by: str | None = None


def show_agency_secrets(work: Work) -> list[SecretView]:
    """Of all agencies with a connector, by agency."""
    acts = agency_secrets.last_acts(work.connection)
    views = []
    for code, agency in sorted(work.tenant.pack.agencies.items()):
        if agency.connector is None:
            continue
        act = acts.get(code)
        if act is None:
            views.append(SecretView(code, agency.connector, is_given=False))
        else:
            views.append(SecretView(code, agency.connector, act.is_given, act.at, act.by))
    return views

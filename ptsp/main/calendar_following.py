"""Open cases follow their office's newest calendar, all of them, after a command that may have changed it."""

from collections.abc import Mapping

from ptsp.flows.follow_calendar import Followed, follow_calendar
from ptsp.infra.tenants import TenantBook
from ptsp.infra.vault import Vault
from ptsp.infra.work import begin
from ptsp.main.connections import engine_for
from ptsp.main.settings import Settings

ACTOR = "operator"


def follow_calendars(settings: Settings, tenant: str | None = None) -> Mapping[str, Followed]:
    """Carry every open bundle of one office, or of all, over to the newest calendars, a batch a transaction.

    What is lodged meanwhile by a process that has not heard of the version yet, the workers carry over.
    """
    engine = engine_for(settings, "ptsp_app", pool_size=1)
    try:
        book = TenantBook(engine, Vault(settings.secret))
        done = {}
        for office in book.all() if tenant is None else [book.get(tenant)]:
            bundles = deadlines = 0
            while True:
                with begin(engine, office, actor=ACTOR) as work:
                    batch = follow_calendar(work)
                if not batch.bundles:
                    break
                bundles, deadlines = bundles + batch.bundles, deadlines + batch.deadlines
            done[office.code] = Followed(bundles, deadlines)
        return done
    finally:
        engine.dispose()


def followed_in_words(followed: Followed) -> str:
    return f"{followed.deadlines:,} open deadlines moved, in {followed.bundles:,} open bundles"

"""Carry open bundles over to a newer calendar that the command which made it missed, such as one lodged meanwhile."""

from ptsp.flows.follow_calendar import follow_calendar
from ptsp.infra.tenants import Tenant
from ptsp.infra.work import begin
from ptsp.jobs.rounds import go_round_again
from ptsp.jobs.tools import Tools


def follow_calendars(tools: Tools, tenant: Tenant) -> int:
    """One batch of one office, so that others' work goes on in between; returns how many bundles followed."""
    with begin(tools.engine, tenant, actor=tools.actor) as work:
        followed = follow_calendar(work).bundles
    if followed:
        go_round_again()
    return followed

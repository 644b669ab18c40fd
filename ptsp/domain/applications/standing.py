"""Who may apply for what. There are no log-ins: the door that somebody comes through is all that is known of them."""

from enum import StrEnum

from ptsp.kernel.hierarchy import Audience
from ptsp.kernel.specs import ServiceSpec


class Standing(StrEnum):
    """What an applicant is to the office."""

    PUBLIC = "public"  # came by the pages or the API, where nobody is asked who they are
    STAFF = "staff"  # stands before the counter, which has seen that they belong to the staff


def may_apply(service: ServiceSpec, standing: Standing) -> bool:
    """May somebody of this standing see the service and apply for it? Staff are also members of the public."""
    return service.audience is Audience.EXTERNAL or standing is Standing.STAFF

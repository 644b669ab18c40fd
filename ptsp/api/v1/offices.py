"""Offices and their published standards."""

from flask.typing import ResponseReturnValue
from flask.views import MethodView

from ptsp.api.access import access
from ptsp.api.reading import StrictBlueprint, actor
from ptsp.api.v1.published import (
    OfficesView,
    ServicesView,
    ServiceView,
    office_view,
    service_view,
    services_for,
)
from ptsp.api.v1.shapes import shape
from ptsp.domain.applications import Standing
from ptsp.flows.show_outages import OutagesView, show_outages
from ptsp.kernel.errors import NotFound

blueprint = StrictBlueprint(
    "offices", __name__, url_prefix="/api/v1", description="Offices and what they promise"
)


@blueprint.route("/offices")
class Offices(MethodView):
    @blueprint.response(200, shape(OfficesView), description="all offices of this installation, by code")
    def get(self) -> ResponseReturnValue:
        """The offices of this installation."""
        return OfficesView(tuple(map(office_view, access().book.all())))  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/services")
class Services(MethodView):
    @blueprint.response(200, shape(ServicesView), description="the services, by code")
    def get(self, tenant: str) -> ResponseReturnValue:
        """The services of an office with their published standards. Those for its own staff are not published."""
        return ServicesView(
            tuple(map(service_view, services_for(access().book.get(tenant), Standing.PUBLIC)))
        )  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/services/<service>")
class Service(MethodView):
    @blueprint.response(200, shape(ServiceView), description="the standard in force")
    def get(self, tenant: str, service: str) -> ResponseReturnValue:
        """The published standard of a service: what to bring, how it goes, how long, what it costs."""
        offered = {one.code: one for one in services_for(access().book.get(tenant), Standing.PUBLIC)}
        if service not in offered:
            raise NotFound(f"this office offers no service {service!r}")
        return service_view(offered[service])  # type: ignore[return-value]


@blueprint.route("/offices/<tenant>/outages")
class Outages(MethodView):
    @blueprint.response(200, shape(OutagesView), description="what is down now, the longest first")
    def get(self, tenant: str) -> ResponseReturnValue:
        """Outages that last: the clocks of what lies there stand meanwhile."""
        with access().work(tenant, actor()) as work:
            return show_outages(work)  # type: ignore[return-value]

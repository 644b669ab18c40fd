"""What an office publishes of itself and of its services, as views."""

from dataclasses import asdict, dataclass
from datetime import date

from ptsp.domain.applications import Standing, may_apply
from ptsp.infra.tenants import Tenant
from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import ServiceSpec, Text


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office. `services` are the codes of what it offers to anybody.

    `kind` is ministry, province, regency, city, mission or unit; `parent` is the code of the region, ministry or office
    that it lies under, empty for none. An office that is of no region has no `region_code`.
    """

    code: str
    name: Text
    region: str
    region_code: str
    kind: str
    parent: str
    time_zone: str
    pattern: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficesView:
    offices: tuple[OfficeView, ...]


@dataclass(frozen=True, slots=True)
class LimitView:
    """How long something may take. `unit` is working_days, working_hours, calendar_days or months."""

    value: int
    unit: str
    first_day_counts: bool


@dataclass(frozen=True, slots=True)
class TimeLimitView:
    """The promised time with its source; `basis` is confirmed or assumed."""

    value: int
    unit: str
    first_day_counts: bool
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """An answer to give. `type` is number, choice, text or yes_no; bounds are decimal texts."""

    code: str
    label: Text
    type: str
    unit: str
    minimum: str | None
    maximum: str | None
    decimals: int
    choices: tuple[str, ...]
    required: bool
    when: str | None


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A document to show. With `permit`, that service in the same bundle does instead."""

    code: str
    label: Text
    accepts: tuple[str, ...]
    max_mb: int
    permit: str | None
    when: str | None


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the procedure; its limit counts on the calendar of `agency`."""

    code: str
    name: Text
    agency: str
    limit: LimitView
    after: tuple[str, ...]
    when: str | None


@dataclass(frozen=True, slots=True)
class FeeView:
    """What it costs. No lines: free, by `legal_basis`."""

    legal_basis: str
    basis: str
    source: str
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """The published half of a service's standard: the six components of service delivery, UU 25/2009."""

    code: str
    name: Text
    outcome: str
    standard_version: int
    valid_from: date
    requirements: tuple[RequirementView, ...]
    procedure: Text
    steps: tuple[StepView, ...]
    time_limit: TimeLimitView
    fee: FeeView
    product: Text
    complaints: Text
    fields: tuple[FieldView, ...]
    offered_from: date
    offered_until: date | None


@dataclass(frozen=True, slots=True)
class ServicesView:
    services: tuple[ServiceView, ...]


def office_view(tenant: Tenant) -> OfficeView:
    pack = tenant.pack
    return OfficeView(
        code=pack.code,
        name=pack.name,
        region=pack.region,
        region_code=pack.region_code,
        kind=pack.level.value,
        parent=pack.above,
        time_zone=pack.time_zone,
        pattern=pack.pattern.value,
        services=tuple(one.code for one in services_for(tenant, Standing.PUBLIC)),
    )


def services_for(tenant: Tenant, standing: Standing) -> tuple[ServiceSpec, ...]:
    """What the office offers today to applicants of this standing, by code."""
    offered = (spec for _, (_, spec) in sorted(tenant.standards.items()))
    return tuple(spec for spec in offered if may_apply(spec, standing))


def service_view(service: ServiceSpec) -> ServiceView:
    standard, promised = service.standard, service.standard.time_limit
    return ServiceView(
        code=service.code,
        name=service.name,
        outcome=service.outcome.value,
        standard_version=standard.version,
        valid_from=standard.valid_from,
        requirements=tuple(
            RequirementView(one.code, one.label, one.accepts, one.max_mb, one.permit, one.when)
            for one in service.requirements
        ),
        procedure=standard.procedure,
        steps=tuple(
            StepView(one.code, one.name, one.agency, _limit_view(one.limit), one.after, one.when)
            for one in service.route
        ),
        time_limit=TimeLimitView(
            **asdict(_limit_view(promised.limit)), basis=promised.basis.value, source=promised.source
        ),
        fee=_fee_view(service),
        product=standard.product,
        complaints=standard.complaints,
        fields=_field_views(service),
        offered_from=service.offered_from,
        offered_until=service.offered_until,
    )


def _limit_view(limit: Limit) -> LimitView:
    return LimitView(limit.amount, limit.unit.value, limit.counts_first_day)


def _fee_view(service: ServiceSpec) -> FeeView:
    fee = service.fee
    return FeeView(fee.legal_basis, fee.basis.value, fee.source, tuple(line.label for line in fee.lines))


def _field_views(service: ServiceSpec) -> tuple[FieldView, ...]:
    return tuple(
        FieldView(
            code=field.code,
            label=field.label,
            type=field.type,
            unit=field.unit,
            minimum=None if field.minimum is None else format(field.minimum, "f"),
            maximum=None if field.maximum is None else format(field.maximum, "f"),
            decimals=field.decimals,
            choices=tuple(choice.code for choice in field.choices),
            required=field.required,
            when=field.when,
        )
        for field in service.fields
    )

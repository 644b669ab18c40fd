"""What a tenant may declare: the typed form of a pack. Its written form is in `schemas/`.

All values are frozen. Texts are mappings from a language (`id`, `en`) to words. Expressions stay
strings here; `ptsp.kernel.formulas` parses them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ptsp.kernel.calendar import Hours
from ptsp.kernel.fee_specs import BANK as BANK
from ptsp.kernel.fee_specs import TREASURER as TREASURER
from ptsp.kernel.fee_specs import Basis as Basis
from ptsp.kernel.fee_specs import CollectionSpec as CollectionSpec
from ptsp.kernel.fee_specs import FeeLineSpec as FeeLineSpec
from ptsp.kernel.fee_specs import FeeSpec as FeeSpec
from ptsp.kernel.fee_specs import InterestSpec as InterestSpec
from ptsp.kernel.fee_specs import SignerSpec as SignerSpec
from ptsp.kernel.fee_specs import TableSpec as TableSpec
from ptsp.kernel.fee_specs import Text as Text
from ptsp.kernel.hierarchy import Audience as Audience
from ptsp.kernel.hierarchy import OfficeKind as OfficeKind
from ptsp.kernel.hierarchy import kind_of_region
from ptsp.kernel.limits import Limit, Unit


class Pattern(StrEnum):
    """One door: linked services, one intake, one signer, one bill. One roof: each agency its own."""

    ONE_DOOR = "one_door"
    ONE_ROOF = "one_roof"


class Gate(StrEnum):
    """Where payment stands."""

    BEFORE_SIGNATURE = "before_signature"
    AFTER_SIGNATURE = "after_signature"
    NONE = "none"


class Outcome(StrEnum):
    """What an approved application ends in. A registration is an entry without a document."""

    PERMIT = "permit"
    RECOMMENDATION = "recommendation"
    REGISTRATION = "registration"


class StepKind(StrEnum):
    """What has to happen in a step. Packs declare ASK and DESK; the platform adds the rest."""

    ASK = "ask"  # an agency answers through its connector
    DESK = "desk"  # a person answers in our pages
    CHARGE = "charge"  # the fee notice is made
    PAYMENT = "payment"  # the applicant pays it
    DECIDE = "decide"  # the permit, or the refusal, is numbered, written and signed


class StopReason(StrEnum):
    """Why a clock may stand: a closed list, which a standard may narrow."""

    CLARIFICATION = "clarification"  # the applicant has to correct or complete something
    PAYMENT = "payment"  # the applicant has to pay
    MISSED_VISIT = "missed_visit"  # the applicant was not there when the site was to be visited
    OUTAGE = "outage"  # a central system or an agency's own is down
    FORCE_MAJEURE = "force_majeure"


@dataclass(frozen=True, slots=True)
class Figure:
    """A time limit with its source, as every figure of a pack has."""

    limit: Limit
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One answer the applicant gives. `type` is number, choice, text or yes_no."""

    code: str
    label: Text
    type: str
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    choices: tuple[Choice, ...] = ()
    required: bool = True
    when: str | None = None
    help: Text | None = None


@dataclass(frozen=True, slots=True)
class RequirementSpec:
    """What must be shown. With `permit`, that service's outcome in the same bundle satisfies it."""

    code: str
    label: Text
    accepts: tuple[str, ...]
    max_mb: int
    permit: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One node of a route. Its limit counts on the calendar of the agency that does it.

    `shared`: steps of a bundle with the same agency and the same key are one task.
    `needs`: requirement codes; where another permit of the bundle satisfies one, the step waits for it.
    """

    code: str
    name: Text
    kind: StepKind
    agency: str
    limit: Limit
    after: tuple[str, ...] = ()
    shared: str | None = None
    when: str | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtensionSpec:
    """By how much the limit may be extended at most in all, and by which law."""

    most: Limit
    legal_basis: str


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """How the legal clock of a service runs.

    `starts_after`: the step that finds the file complete and correct; None: the clock starts on lodging.
    `after_correction_anew`: an answered correction sets the clock back to the beginning (OSS 43 and 44) in
    place of letting it go on (41 and 42). Without `extension` none may be granted.
    """

    starts_after: str | None = None
    stops: frozenset[StopReason] = frozenset(StopReason)
    after_correction_anew: bool = False
    extension: ExtensionSpec | None = None


@dataclass(frozen=True, slots=True)
class CorrectionSpec:
    """How often an application may be returned, and how long the applicant has; silence lets it lapse."""

    most_rounds: int = 3
    answer_within: Limit = Limit(14, Unit.CALENDAR_DAYS)
    lapses: bool = True


@dataclass(frozen=True, slots=True)
class DeemedSpec:
    """Silence counts as approval (fiktif positif), by this law."""

    legal_basis: str


@dataclass(frozen=True, slots=True)
class ObjectionSpec:
    """Until when a refusal may be objected to, to whom, and how long that body has to decide."""

    within: Limit
    to: Text
    decided_within: Limit
    legal_basis: str


class WarnAt(StrEnum):
    """What `WarningSpec.value` counts."""

    USED = "used"  # percent of the limit
    LEFT = "left"  # working days left
    OVERDUE = "overdue"  # working days over the limit


@dataclass(frozen=True, slots=True)
class WarningSpec:
    """When a deadline is warned of, and whom. `to`: agency, supervisor, head or applicant.

    `of`: `step` warns of a task's own deadline, `application` of the legal one. `every` repeats the warning
    after so many working days for as long as nothing ends; None warns once.
    """

    at: WarnAt
    value: int
    to: tuple[str, ...]
    of: str = "step"
    every: int | None = None


@dataclass(frozen=True, slots=True)
class StandardSpec:
    """The published promise of a service: 14 components, UU 25/2009.

    Requirements and fee are components 1 and 4 and stand in the service itself; the route is
    component 2 together with `procedure`.
    """

    version: int
    valid_from: date
    valid_to: date | None
    time_limit: Figure
    procedure: Text
    product: Text
    complaints: Text
    internal: Mapping[str, Text]  # legal_basis facilities competence supervision staff
    #                               service_guarantee safety_guarantee evaluation
    clock: ClockSpec = ClockSpec()
    corrections: CorrectionSpec = CorrectionSpec()
    deemed: DeemedSpec | None = None
    objection: ObjectionSpec | None = None
    warnings: tuple[WarningSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """Something a citizen can apply for at one tenant, together with its standard."""

    code: str
    name: Text
    outcome: Outcome
    series: str
    pattern: Pattern
    gate: Gate
    signer: str  # agency code
    sign_limit: Limit
    offered_from: date
    offered_until: date | None
    standard: StandardSpec
    fields: tuple[FieldSpec, ...]
    requirements: tuple[RequirementSpec, ...]
    route: tuple[StepSpec, ...]
    fee: FeeSpec
    valid_months: int | None = None
    note: Text | None = None
    audience: Audience = Audience.EXTERNAL
    four_eyes: bool = False  # who assessed an application does not sign it


@dataclass(frozen=True, slots=True)
class DayOff:
    on: date
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Weekdays are 0 (Monday) to 6. National days come from the platform's calendar tables.

    `make_up_days` are worked though the week or a day off says otherwise. Without `hours` no limit may count
    in working hours.
    """

    weekdays: frozenset[int]
    collective_leave: bool  # are the government's collective leave days off too
    days_off: tuple[DayOff, ...]
    basis: Basis
    source: str
    make_up_days: tuple[DayOff, ...] = ()
    hours: Hours = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Where messages to a role go: an e-mail address, the webhook of a messaging gateway, or both."""

    email: str | None = None
    webhook: str | None = None


@dataclass(frozen=True, slots=True)
class BudgetSpec:
    """How much an agency may be asked. What is not said has no end.

    `reserve_percent` of a day is kept for urgent cases. A verdict is known again for `cache_days` (0: never), for
    `purpose` and for no other.
    """

    per_second: int | None = None
    per_day: int | None = None
    reserve_percent: int = 0
    cache_days: int = 0
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class TellsSpec:
    """What a central system is told: `events` of the ledger, as `type` or `type:word`, of the applications that
    have an answer `about`; the answers `answers` go along. It stands in the connector's manifest.
    """

    events: tuple[str, ...]
    about: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgencySpec:
    """A body that answers tasks: through a connector with options, or at a desk in our pages."""

    code: str
    name: Text
    connector: str | None
    options: Mapping[str, object]
    desk: bool
    contact: Contact | None = None
    calendar: CalendarSpec | None = None  # its own working week, where it is not the office's
    budget: BudgetSpec | None = None
    manual: str | None = None  # the desk that answers by hand what the agency cannot be asked
    alert_to: str = "head"  # the role that is told when nothing comes through
    ca: str = ""  # certificates (PEM) by which the agency is known, where these are not the world's
    tells: TellsSpec | None = None  # what it is told by itself, as its connector's manifest says


@dataclass(frozen=True, slots=True)
class TenantPack:
    """One office, as declared. `digest` is the SHA-256 of all its files after `extends`.

    `kind` and `parent` are as written, which an office of a region may leave out: `level` and `above` follow from its
    code then. `government` heads the papers of an office that is of no region.
    """

    code: str
    name: Text
    region: str  # or where the office stands, if it is of no region
    region_code: str  # Kemendagri, such as 35.15; empty if it is of no region
    time_zone: str
    pattern: Pattern
    prefix: str  # of references, such as SDA
    agencies: Mapping[str, AgencySpec]
    services: Mapping[str, ServiceSpec]
    calendar: CalendarSpec
    texts: Mapping[str, Text]
    templates: Mapping[str, str]  # name -> Typst source
    digest: str
    contacts: Mapping[str, Contact] = field(default_factory=dict)  # by role of the office: head, supervisor
    weight: int = 1  # its share of the workers beside the other offices
    kind: OfficeKind | None = None
    parent: str = ""  # code of a region, of a ministry, or of another office
    government: str = ""

    @property
    def level(self) -> OfficeKind:
        """What the office is of."""
        return self.kind or kind_of_region(self.region, self.region_code)

    @property
    def above(self) -> str:
        """What it lies under: `parent`, or the province of a regency or city; empty for what lies under nobody."""
        province, _, own = self.region_code.partition(".")
        return self.parent or (province if own else "")

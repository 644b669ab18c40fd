"""Pages for everybody: the offices, an office's catalogue, and its published standards."""

from collections.abc import Sequence
from typing import NoReturn

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue

from ptsp.kernel.errors import NotFound
from ptsp.kernel.specs import ServiceSpec, StopReason, TenantPack
from ptsp.web.drawing import draw
from ptsp.web.pages import count, new_blueprint, pages, read, say
from ptsp.web.published import condition, route_nodes

blueprint = new_blueprint(
    "public", template_folder="templates", static_folder="static", static_url_path="/assets"
)
INTERNAL = (
    "legal_basis",
    "facilities",
    "competence",
    "supervision",
    "staff",
    "service_guarantee",
    "safety_guarantee",
    "evaluation",
)
LONGEST_SEARCH = 80


@blueprint.get("/")
def offices() -> ResponseReturnValue:
    """All offices, narrowed by words, province and pattern."""
    everyone = pages().office.tenants()
    words = request.args.get("q", "")[:LONGEST_SEARCH].strip()
    region, pattern = request.args.get("region", ""), request.args.get("pattern", "")
    found = [
        pack
        for pack in everyone
        if (not region or province(pack) == region)
        and (not pattern or pack.pattern == pattern)
        and matches(pack, words)
    ]
    return render_template(
        "pages/offices.html",
        packs=found,
        total=len(everyone),
        q=words,
        region=region,
        pattern=pattern,
        regions=sorted({province(pack) for pack in everyone}),
        province=province,
        province_name=province_name,
    )


def province(pack: TenantPack) -> str:
    """The province part of the region's code, `35` of `35.15`; of no region, what kind of office it is."""
    return pack.region_code.split(".")[0] or pack.level


def province_name(code: str) -> str:
    return say(f"province.{code}") if pages().words.has(f"province.{code}") else code


def matches(pack: TenantPack, words: str) -> bool:
    """Every word stands in the office's names, its region or one of its services' names."""
    names = [pack.region, *pack.name.values(), province_name(province(pack))]
    names += [name for service in pack.services.values() for name in service.name.values()]
    text = " ".join(names).casefold()
    return all(word in text for word in words.casefold().split())


@blueprint.get("/<tenant>/")
def office(tenant: str) -> ResponseReturnValue:
    """An office and the services it offers, with what their standards promise."""
    pack = pages().office.tenant(tenant)
    down = pages().office.outages(tenant)
    return render_template("pages/office.html", pack=pack, texts=own_texts(pack), outages=down)


def own_texts(pack: TenantPack) -> Sequence[tuple[str, str]]:
    """The office's own words about itself, those that it has."""
    keys = ("about", "hours", "complaints")
    return [(key, read(pack.texts[f"office.{key}"])) for key in keys if f"office.{key}" in pack.texts]


@blueprint.get("/<tenant>/services/<code>")
def standard(tenant: str, code: str) -> ResponseReturnValue:
    """The published standard of a service: its 14 components."""
    pack = pages().office.tenant(tenant)
    service = service_of(pack, code)
    nodes = route_nodes(pack, service, g.lang, say, count)
    drawing = draw(
        nodes,
        ident="route",
        title=say("standard.drawing", service=read(service.name)),
        description=say("standard.drawing_told", steps=" → ".join(node.name for node in nodes)),
        stage=say("stage"),
    )
    return render_template(
        "pages/standard.html",
        pack=pack,
        service=service,
        nodes=nodes,
        drawing=drawing,
        internal=[
            (key, service.standard.internal[key]) for key in INTERNAL if key in service.standard.internal
        ],
        clock_after=_clock_after(service),
        stops=", ".join(say(f"standard.stop.{one}") for one in _stops(service)),
        labels={choice.code: read(choice.label) for spec in service.fields for choice in spec.choices},
        told=lambda text: condition(service, text, g.lang, say),
    )


def _clock_after(service: ServiceSpec) -> str | None:
    """The name of the step with which the legal clock starts; None where lodging starts it."""
    begins = service.standard.clock.starts_after
    return next((read(step.name) for step in service.route if step.code == begins), None)


def _stops(service: ServiceSpec) -> list[StopReason]:
    """For which reasons the clock may stand, in the order of the closed list."""
    return [one for one in StopReason if one in service.standard.clock.stops]


def service_of(pack: TenantPack, code: str) -> ServiceSpec:
    """A service of an office. Raises NotFound."""
    if code not in pack.services:
        raise NotFound(f"{pack.code} has no service {code}")
    return pack.services[code]


@blueprint.get("/<page_path:missing>")
def nothing_here(missing: str) -> NoReturn:  # noqa: ARG001  the address is named by the rule
    """Any other address: our own 404."""
    abort(404)

"""A published route as boxes to draw: the pack's steps, closed by fee, payment and signature."""

from collections.abc import Callable, Mapping

from ptsp.kernel.limits import Limit
from ptsp.kernel.specs import Gate, ServiceSpec, StepSpec, TenantPack
from ptsp.web.drawing import Node
from ptsp.web.intake import told
from ptsp.web.words import pick

Say = Callable[..., str]
Count = Callable[[str, int], str]


def route_nodes(pack: TenantPack, service: ServiceSpec, lang: str, say: Say, count: Count) -> list[Node]:
    """The route of a service, in order, with the platform's closing steps after its last ones."""
    keys = {step.code: number for number, step in enumerate(service.route)}
    nodes = [_step(step, pack, service, keys, lang, say, count) for step in service.route]
    waited_for = {code for step in service.route for code in step.after}
    last = tuple(keys[step.code] for step in service.route if step.code not in waited_for)
    for kind in closing(service):
        agency, limit = _who(kind, pack, service, lang, say)
        nodes.append(
            Node(
                key=len(nodes),
                name=say(f"closing.{kind}", product=pick(service.name, lang)),
                agency=agency,
                state="plan",
                state_text=count(limit.unit, limit.amount) if limit.amount else say("closing.at_once"),
                foot="",
                note="",
                after=last,
            )
        )
        last = (nodes[-1].key,)
    return nodes


def closing(service: ServiceSpec) -> tuple[str, ...]:
    """The platform's own steps, in the order of the service's gate."""
    if not service.fee.lines or service.gate is Gate.NONE:
        return ("decide",)
    if service.gate is Gate.BEFORE_SIGNATURE:
        return ("charge", "payment", "decide")
    return ("decide", "charge", "payment")


def signs(say: Say) -> Mapping[str, str]:
    """Words for the signs in a condition."""
    return {
        "==": "=",
        "!=": "≠",
        "<=": "≤",
        ">=": "≥",
        "and": say("sign.and"),
        "or": say("sign.or"),
        "not": say("sign.not"),
        "true": say("sign.true"),
        "false": say("sign.false"),
    }


def condition(service: ServiceSpec, text: str, lang: str, say: Say) -> str:
    """A condition of this service in words."""
    return told(text, {spec.code: spec for spec in service.fields}, lang, signs(say))


def _who(kind: str, pack: TenantPack, service: ServiceSpec, lang: str, say: Say) -> tuple[str, Limit]:
    if kind == "decide":
        return pick(pack.agencies[service.signer].name, lang), service.sign_limit
    return say(f"closing.{kind}_by"), Limit(0)


def _step(
    step: StepSpec,
    pack: TenantPack,
    service: ServiceSpec,
    keys: Mapping[str, int],
    lang: str,
    say: Say,
    count: Count,
) -> Node:
    return Node(
        key=keys[step.code],
        name=pick(step.name, lang),
        agency=pick(pack.agencies[step.agency].name, lang),
        state="plan",
        state_text=count(step.limit.unit, step.limit.amount),
        foot="",
        note=say("only_when", condition=condition(service, step.when, lang, say)) if step.when else "",
        after=tuple(keys[code] for code in step.after if code in keys),
    )

"""May this be asked, and is it answered: pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ptsp.domain.corrections.types import Ask, Correction, CorrectionState
from ptsp.kernel.errors import Fault
from ptsp.kernel.reasons import fault
from ptsp.kernel.specs import ServiceSpec, StopReason


def place(name: str) -> tuple[int, str]:
    """`0.floor_area` is (0, "floor_area"). Only for names that were judged."""
    position, _, code = name.partition(".")
    return int(position), code


def positions(names: Iterable[str]) -> tuple[int, ...]:
    """The applications that names speak of, in order, each once."""
    return tuple(sorted({place(name)[0] for name in names}))


def rounds_used(before: Iterable[Correction], position: int) -> int:
    """How often an application was returned. What the desk took back unanswered does not count."""
    counted = (one for one in before if one.state is not CorrectionState.WITHDRAWN)
    return sum(position in positions(one.names) for one in counted)


def ask_faults(
    ask: Ask,
    services: Mapping[int, ServiceSpec],
    covered: Collection[str],
    before: Sequence[Correction],
) -> list[Fault]:
    """Everything for which this cannot be asked.

    `services` are the standards of the applications that the task may return, by position; `covered` the
    documents (`position.requirement`) that another permit of the bundle stands for; `before` all corrections
    of the bundle so far.
    """
    fields = {f"{at}.{one.code}" for at, service in services.items() for one in service.fields}
    documents = {f"{at}.{one.code}" for at, service in services.items() for one in service.requirements}
    faults = [] if ask.names else [fault("fields", "nothing_asked")]
    faults += _name_faults("fields", ask.fields, fields)
    faults += _name_faults("documents", ask.documents, documents - set(covered))
    if faults:
        return faults
    for position in positions(ask.names):
        faults += _limit_faults(services[position], rounds_used(before, position))
    return faults


def answer_faults(kind: str, asked: Iterable[str], given: Collection[str]) -> list[Fault]:
    """Exactly what was asked has to be there: `kind` is `answers` or `documents`."""
    wanted = list(asked)
    faults = [fault(f"{kind}.{name}", "missing") for name in wanted if name not in given]
    return faults + [fault(f"{kind}.{name}", "unknown") for name in given if name not in wanted]


def round_number(ask: Ask, before: Sequence[Correction]) -> int:
    """Which time it is, for the application that was returned most often."""
    return 1 + max(rounds_used(before, position) for position in positions(ask.names))


def rounds_left(one: Correction, services: Mapping[int, ServiceSpec], before: Sequence[Correction]) -> int:
    """How often what it speaks of may be returned once more."""
    left = [
        services[at].standard.corrections.most_rounds - rounds_used(before, at) for at in positions(one.names)
    ]
    return max(0, min(left))


def ends_in_silence(asked: Iterable[int], services: Mapping[int, ServiceSpec]) -> bool:
    """Does silence end what was returned? Only where the standard of each of them says so."""
    return all(services[position].standard.corrections.lapses for position in asked)


def _name_faults(kind: str, names: Sequence[str], known: Collection[str]) -> list[Fault]:
    faults = [
        fault(f"{kind}[{at}]", "not_returnable", name=name, known=", ".join(sorted(known)))
        for at, name in enumerate(names)
        if name not in known
    ]
    twice = [at for at, name in enumerate(names) if name in names[:at]]
    return faults + [fault(f"{kind}[{at}]", "named_twice", name=names[at]) for at in twice]


def _limit_faults(service: ServiceSpec, used: int) -> list[Fault]:
    stops, most = service.standard.clock.stops, service.standard.corrections.most_rounds
    faults = []
    if StopReason.CLARIFICATION not in stops:
        allowed = ", ".join(sorted(stops))
        faults.append(fault("fields", "stop_not_allowed", service=service.code, allowed=allowed))
    if used >= most:
        faults.append(fault("fields", "no_rounds_left", service=service.code, most=most))
    return faults

"""What the submit form asks for a choice of services: each field and each document once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ptsp.kernel.specs import FieldSpec, RequirementSpec, ServiceSpec, TenantPack

APPLICANT = (  # name, required, longest, kind of input
    ("nik", True, 16, "digits"),
    ("kk", False, 16, "digits"),
    ("name", True, 120, "text"),
    ("birth_place", True, 80, "text"),
    ("birth_on", True, 10, "date"),
    ("gender", True, 6, "gender"),
    ("address", True, 400, "lines"),
    ("phone", False, 24, "tel"),
    ("email", False, 160, "email"),
)
LONGEST_ANSWER = 2000
PATH = re.compile(r"^applications\[(\d+)\]\.(answers|documents)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the form, and the services that want its answer. `name` is the input's."""

    name: str
    spec: FieldSpec
    services: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document of the form, and the services that want it."""

    name: str
    spec: RequirementSpec
    services: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """A requirement that needs no upload: `by`, a service of the same bundle, satisfies it."""

    spec: RequirementSpec
    service: str
    by: str


@dataclass(frozen=True, slots=True)
class Intake:
    """The whole form for these services, in this order."""

    services: tuple[ServiceSpec, ...]
    asked: tuple[Asked, ...]
    wanted: tuple[Wanted, ...]
    covered: tuple[Covered, ...]

    def input_of(self, path: str) -> str | None:
        """The input a fault's path speaks of, such as `applications[0].answers.floors`; None if none."""
        if path.startswith("applicant."):
            name = path.removeprefix("applicant.")
            return path if any(name == known for known, *_ in APPLICANT) else None
        found = PATH.match(path)
        if not found or int(found[1]) >= len(self.services):
            return None
        service = self.services[int(found[1])].code
        rows: Sequence[Asked | Wanted] = self.asked if found[2] == "answers" else self.wanted
        return next((row.name for row in rows if row.spec.code == found[3] and service in row.services), None)


def plan_intake(pack: TenantPack, codes: Sequence[str]) -> Intake:
    """The form for the services of `codes` that the office has, in the office's order."""
    services = tuple(service for code, service in pack.services.items() if code in codes)
    chosen = {service.code for service in services}
    covered = tuple(
        Covered(spec, service.code, spec.permit)
        for service in services
        for spec in service.requirements
        if spec.permit in chosen and spec.permit is not None and spec.permit != service.code
    )
    return Intake(services, _asked(services), _wanted(services, chosen), covered)


def _asked(services: Sequence[ServiceSpec]) -> tuple[Asked, ...]:
    groups: dict[object, list[tuple[str, FieldSpec]]] = {}
    for service in services:
        for spec in service.fields:
            alike = (spec.code, spec.type, spec.unit, tuple(choice.code for choice in spec.choices))
            groups.setdefault(alike, []).append((service.code, spec))
    return tuple(
        Asked(
            name=f"answer.{rows[0][0]}.{rows[0][1].code}",
            spec=rows[0][1],
            services=tuple(code for code, _ in rows),
            required=any(spec.required and spec.when is None for _, spec in rows),
        )
        for rows in groups.values()
    )


def _wanted(services: Sequence[ServiceSpec], chosen: set[str]) -> tuple[Wanted, ...]:
    groups: dict[object, list[tuple[str, RequirementSpec]]] = {}
    for service in services:
        for spec in service.requirements:
            if spec.permit in chosen - {service.code}:
                continue
            groups.setdefault((spec.code, spec.accepts), []).append((service.code, spec))
    return tuple(
        Wanted(
            name=f"document.{rows[0][0]}.{rows[0][1].code}",
            spec=rows[0][1],
            services=tuple(code for code, _ in rows),
            required=any(spec.when is None for _, spec in rows),
        )
        for rows in groups.values()
    )


TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]\w*|==|!=|<=|>=')


def told(condition: str, fields: Mapping[str, FieldSpec], lang: str, signs: Mapping[str, str]) -> str:
    """A condition of a pack in words: `floors > 2` becomes `Jumlah lantai > 2`."""
    choices = {choice.code: choice.label for spec in fields.values() for choice in spec.choices}

    def word(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith('"'):
            label = choices.get(token.strip('"'))
            return f"“{label[lang] if label else token.strip(chr(34))}”"
        if token in fields:
            return fields[token].label[lang]
        return signs.get(token, token)

    return TOKEN.sub(word, condition)

"""Mistakes of sense in fees: gates that do not fit, tariffs on what is free by statute, tables with holes."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ptsp.infra.packs.sense.route import unknown_agency
from ptsp.infra.packs.sense.scene import Found, Scene, Sheet, repeated
from ptsp.kernel.free_by_statute import free_by_statute
from ptsp.kernel.specs import TREASURER, Gate


def fee_faults(scene: Scene) -> Iterator[Found]:
    """Everything wrong with the fee of one service, but for its expressions."""
    yield from _free_or_not(scene.raw["fee"])
    yield from _gate(scene)
    yield from _statute(scene)
    yield from _treasurer(scene)
    yield from _agencies(scene)
    yield from tariff_faults(scene)


def tariff_faults(sheet: Sheet) -> Iterator[Found]:
    """Lines and tables given twice, tables with holes."""
    fee = sheet.raw["fee"]
    yield from repeated((one["code"] for one in fee.get("lines", [])), "line", ".fee.lines[{}].code")
    yield from repeated((one["code"] for one in fee.get("tables", [])), "table", ".fee.tables[{}].code")
    for at, table in enumerate(fee.get("tables", [])):
        yield from _table(table, f".fee.tables[{at}].rows")


def _free_or_not(fee: Mapping[str, Any]) -> Iterator[Found]:
    free = fee.get("free", False)
    if free:
        for key in ("lines", "lets", "tables", "collection", "signers"):
            if fee.get(key):
                yield (
                    f".fee.{key}",
                    f"the fee says `free: true` and has {key} all the same; take one of them away",
                )
    elif not fee.get("lines"):
        yield ".fee", "there are no lines: say `free: true` if nothing is charged, or give the lines"


def _gate(scene: Scene) -> Iterator[Found]:
    has_lines = bool(scene.spec.fee.lines)
    if scene.spec.gate is Gate.NONE and has_lines:
        reason = "is `none`, but the fee has lines"
        yield ".gate", f"{reason}: say when it is paid, `before_signature` or `after_signature`"
    if scene.spec.gate is not Gate.NONE and scene.raw["fee"].get("free"):
        yield ".gate", f"is `{scene.spec.gate}`, but the service is free: a free service has the gate `none`"


def _statute(scene: Scene) -> Iterator[Found]:
    rule = free_by_statute(scene.spec.code, scene.spec.series)
    if rule and scene.spec.fee.lines:
        reason = f"`{scene.spec.code}` is free by statute ({rule.why}; basis: {rule.basis}, {rule.source})"
        path = ".fee.by_law" if scene.spec.fee.by_law else ".fee.lines"
        yield path, f"{reason}; it cannot have a tariff"


def _treasurer(scene: Scene) -> Iterator[Found]:
    if scene.agencies is not None and scene.spec.fee.lines and TREASURER not in scene.agencies:
        yield (
            ".fee",
            f"is charged, but {scene.layers.code} has no agency `{TREASURER}` to make the fee notice",
        )


def _agencies(scene: Scene) -> Iterator[Found]:
    """Whose revenue a line is, and who signs the papers of money."""
    fee, agencies = scene.spec.fee, scene.agencies
    if agencies is None or not fee.lines:
        return
    for at, line in enumerate(fee.lines):
        if line.agency not in agencies and line.agency != TREASURER:
            yield f".fee.lines[{at}].agency", unknown_agency(scene, line.agency)
    for paper, code in scene.raw["fee"].get("signers", {}).items():
        if code not in agencies:
            yield f".fee.signers.{paper}", unknown_agency(scene, code)
        elif not agencies[code].desk:
            yield f".fee.signers.{paper}", f"`{code}` has no desk; who signs needs one (desk: true)"


def _table(table: Mapping[str, Any], path: str) -> Iterator[Found]:
    firsts = [row[0] for row in table["rows"]]
    if table["kind"] == "choices":
        yield from _keys(firsts, path)
        return
    for at, bound in enumerate(firsts):
        if isinstance(bound, str):
            yield (
                f"{path}[{at}][0]",
                f"the bound `{bound}` is a text; a bound is a number, or null for the last row",
            )
            return
    if firsts[-1] is not None:
        reason = f"the last row ends at {firsts[-1]}; its bound must be null, so that nothing lies above it"
        yield f"{path}[{len(firsts) - 1}][0]", reason
    yield from _rising([Decimal(one) if one is not None else None for one in firsts], path)


def _keys(keys: list[object], path: str) -> Iterator[Found]:
    yield from repeated((str(key) for key in keys), "key", path + "[{}][0]")
    for at, key in enumerate(keys):
        if key is None:
            yield f"{path}[{at}][0]", "a table of choices has a key in every row; null is none"


def _rising(bounds: list[Decimal | None], path: str) -> Iterator[Found]:
    before: Decimal | None = None
    for at, bound in enumerate(bounds):
        if bound is None:
            if at < len(bounds) - 1:
                yield f"{path}[{at}][0]", "only the last bound may be null; the rows after it are never used"
            continue
        if before is not None and bound <= before:
            yield (
                f"{path}[{at}][0]",
                f"the bound {bound} is not above the one before it, {before}; bounds go up",
            )
        before = bound

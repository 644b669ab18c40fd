"""What the quote and the tracking page both tell: the steps in order, and how an amount was reckoned."""

from collections.abc import Sequence

from ptsp.flows.views import BillLineView, TaskView
from ptsp.kernel.formulas import explain
from ptsp.kernel.specs import TenantPack
from ptsp.web.intake import told
from ptsp.web.layout import Box, depths

SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}


def in_order(tasks: Sequence[TaskView]) -> list[TaskView]:
    """By depth in the graph, then by number: the order in which a person reads the steps."""
    depth = depths([Box(task.seq, task.after, 0) for task in tasks])
    return sorted(tasks, key=lambda task: (depth[task.seq], task.seq))


def reckoning(line: BillLineView, pack: TenantPack, service: str, lang: str) -> list[str]:
    """How an amount was reckoned, part by part, with the names of the service's own fields."""
    if not line.receipt:
        return []
    fields = {spec.code: spec for spec in pack.services[service].fields} if service in pack.services else {}
    return [told(text, fields, lang, SIGNS).replace(" * ", " × ") for text in explain(line.receipt)]

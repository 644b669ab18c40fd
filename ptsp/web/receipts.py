"""What the quote and the tracking page both tell: the steps in order."""

from collections.abc import Sequence

from ptsp.flows.views import TaskView
from ptsp.web.layout import Box, depths


def in_order(tasks: Sequence[TaskView]) -> list[TaskView]:
    """By depth in the graph, then by number: the order in which a person reads the steps."""
    depth = depths([Box(task.seq, task.after, 0) for task in tasks])
    return sorted(tasks, key=lambda task: (depth[task.seq], task.seq))

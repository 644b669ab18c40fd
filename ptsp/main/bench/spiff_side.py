"""SpiffWorkflow: a BPMN process with parallel gateways, the whole state saved to PostgreSQL after each task.

SpiffWorkflow's fair settings: it is a library without a queue, so a table claimed with SKIP LOCKED feeds its
workers one bundle at a time; a bundle stays in its worker's memory and is never restored from what was saved;
the specification is parsed once; the state goes to a text column as the library's own JSON (in a `jsonb` column
the keys change order and restoring was seen to fail); the last save and the bundle's row are one commit.
"""

import time
from typing import Any

from psycopg import Connection
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import ScriptTask
from SpiffWorkflow.task import Task

from ptsp.main.bench import shape
from ptsp.main.bench.crew import worker_processes
from ptsp.main.bench.measure import Result, timed
from ptsp.main.bench.stores import connect, count_done, finish, schema, server_processes
from ptsp.main.bench.worker import announce_ready

SCHEMA = "ptsp_bench_spiff"
PROCESS = "permit_bundle"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
IDLE_S = 0.01
TABLES = (
    f"CREATE TABLE {SCHEMA}.process (bundle int PRIMARY KEY, claimed boolean NOT NULL, state text)",
    f"CREATE INDEX ON {SCHEMA}.process (bundle) WHERE NOT claimed",
)
SUBMIT = f"INSERT INTO {SCHEMA}.process VALUES (%s, false, NULL)"
CLAIM = (
    f"UPDATE {SCHEMA}.process SET claimed = true WHERE bundle = ("
    f"SELECT bundle FROM {SCHEMA}.process WHERE NOT claimed ORDER BY bundle LIMIT 1 FOR UPDATE SKIP LOCKED"
    ") RETURNING bundle"
)
SAVE = f"UPDATE {SCHEMA}.process SET state = %s WHERE bundle = %s"


def run(*, bundles: int, workers: int, database_url: str, redis_url: str) -> Result:
    with schema(database_url, SCHEMA) as connection:
        for statement in TABLES:
            connection.execute(statement)
        with worker_processes("spiff", workers, database_url=database_url, redis_url=redis_url) as crew:
            return timed(
                bundles=bundles,
                submit=lambda: _submit_all(connection, bundles),
                done=lambda: count_done(connection, SCHEMA),
                crew=crew,
                servers=list(server_processes(database_url, redis_url).values()),
            )


def work(*, number: int, database_url: str, redis_url: str) -> None:
    parser = BpmnParser()
    parser.add_bpmn_str(_bpmn().encode())
    specification = parser.get_spec(PROCESS)
    engine = PythonScriptEngine(TaskDataEnvironment({"task": shape.task}))
    serializer = BpmnWorkflowSerializer()
    with connect(database_url) as connection:
        announce_ready()
        while True:
            claimed = connection.execute(CLAIM).fetchone()
            if claimed is None:
                time.sleep(IDLE_S)
                continue
            workflow = BpmnWorkflow(specification, script_engine=engine)
            _Bundle(connection, serializer, workflow, claimed[0]).finish()


class _Bundle:
    """One bundle on its way through the process."""

    def __init__(
        self,
        connection: Connection[Any],
        serializer: BpmnWorkflowSerializer,
        workflow: BpmnWorkflow,
        bundle: int,
    ) -> None:
        self._connection = connection
        self._serializer = serializer
        self._workflow = workflow
        self._bundle = bundle

    def finish(self) -> None:
        start = self._workflow.get_next_task(state=TaskState.READY)
        start.data["bundle"] = self._bundle
        self._workflow.do_engine_steps(did_complete_task=self._save)

    def _save(self, completed: Task) -> None:
        """Gateways are no tasks of ours: their state is saved with the next task's."""
        if not isinstance(completed.task_spec, ScriptTask):
            return
        state = self._serializer.serialize_json(self._workflow)
        if completed.task_spec.bpmn_id != shape.SIGN:
            self._connection.execute(SAVE, (state, self._bundle))
            return
        with self._connection.transaction():
            self._connection.execute(SAVE, (state, self._bundle))
            finish(self._connection, SCHEMA, self._bundle)


def _submit_all(connection: Connection[Any], bundles: int) -> None:
    for bundle in range(bundles):
        connection.execute(SUBMIT, (bundle,))


def _bpmn() -> str:
    """The graph of `shape` as BPMN; two parallel gateways join what came before and fork what follows."""
    flows = [("start", "fork")]
    flows += [("fork", root) for root in shape.ROOTS] + [(root, "middle") for root in shape.ROOTS]
    flows += [("middle", check) for check in shape.MIDDLE] + [(check, "gather") for check in shape.MIDDLE]
    flows += [("gather", shape.JOIN), (shape.JOIN, shape.SIGN), (shape.SIGN, "end")]
    nodes = ['<startEvent id="start"/>', '<endEvent id="end"/>']
    nodes += [f'<parallelGateway id="{name}"/>' for name in ("fork", "middle", "gather")]
    nodes += [
        f'<scriptTask id="{step}"><script>{step} = task(bundle, "{step}")</script></scriptTask>'
        for step in shape.AFTER
    ]
    nodes += [
        f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in flows
    ]
    body = "".join(nodes)
    return f'<definitions xmlns="{BPMN}"><process id="{PROCESS}" isExecutable="true">{body}</process></definitions>'

"""`ptsp simulate`: one process of fake agencies for one connector, with books of its own."""

import json
import os
import signal
import threading
from contextlib import nullcontext
from pathlib import Path

import click

from ptsp.infra.gateway import Registry
from ptsp.main.settings import ROOT, SHORTEST_SECRET, parse_secret
from ptsp.main.simulated_queue import behind_broker
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.manifest import Style
from ptsp.sdk.simulator import BadScript, Script, running


@click.command()
@click.argument("code")
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--books", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--script", default="{}", help="Faults and delays as JSON; see connectors/README.md.")
@click.option("--secret-env", default="PTSP_SECRET", help="The variable that holds the master secret.")
@click.option(
    "--connectors", default=ROOT / "connectors", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def simulate(code: str, port: int, books: Path, script: str, secret_env: str, connectors: Path) -> None:
    """Run the simulated agencies of connector CODE until SIGTERM or Ctrl-C.

    Prints one JSON line, {"code", "port", "url"}, when it is there. Its agencies are found under
    /<tenant>/<agency> of the URL; /_script and /_books are at the port.
    """
    master = _master(secret_env)
    plan = _script(script)
    broker_url = os.environ.get("PTSP_BROKER_URL", "").strip()
    try:
        registry = Registry(connectors)
        kind, is_behind_broker = registry.fake_agency(code), registry.manifest(code).style is Style.BROKER
    except Misconfigured as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
    if is_behind_broker and not broker_url:
        raise click.ClickException("PTSP_BROKER_URL: must name the broker that the agencies are behind")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with (
            running(kind, books=books, master=master, port=port, script=plan) as agency,
            behind_broker(agency, broker_url) if is_behind_broker else nullcontext(),
        ):
            click.echo(json.dumps({"code": code, "port": agency.port, "url": agency.base}))
            ended.wait()
    except OSError as error:
        raise click.ClickException(f"cannot listen on port {port}: {error.strerror}") from error


def _master(secret_env: str) -> bytes:
    master = parse_secret(os.environ.get(secret_env, "").strip())
    if len(master) < SHORTEST_SECRET:
        raise click.ClickException(f"{secret_env}: must hold a secret of at least {SHORTEST_SECRET} bytes")
    return master


def _script(written: str) -> Script:
    try:
        return Script.read(json.loads(written))
    except (BadScript, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--script") from error

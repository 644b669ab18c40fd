"""`ptsp demo`: the whole platform here, two bundles through it, and the pages left open to look at."""

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ptsp.flows.apply_pack import Applied
from ptsp.infra.ledger import ChainReport
from ptsp.main.demo.client import Client
from ptsp.main.demo.orders import STORIES, TENANT
from ptsp.main.demo.platform import desk_tokens, free_port, platform
from ptsp.main.demo.run import Finished, collect, lodge, play, summary
from ptsp.main.ledger_cli import check_all
from ptsp.main.migrate_cli import apply_packs, bring_up
from ptsp.main.runtime import running
from ptsp.main.settings import Settings

SIGNS = {
    "blocked": "·", "ready": "○", "running": "◐", "asked": "◑", "stuck": "!",
    "approved": "●", "rejected": "✗", "cut": "–",
}  # fmt: skip


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and end.")
@click.option("--port", default=8080, show_default=True, help="Of the pages; another if it is taken.")
def demo(*, as_json: bool, port: int) -> None:
    """Run the whole platform here and send bundles through it."""
    console = Console(stderr=as_json)
    began = time.monotonic()
    with ExitStack() as held:
        settings = held.enter_context(running(Settings.from_env(os.environ)))
        packs: list[Applied] = []
        with console.status("Tables, packs, agencies, web, relay, worker"):
            whole = platform(
                settings,
                port=free_port(port),
                tables=bring_up,
                offices=lambda settings: packs.extend(apply_packs(settings)),
            )
            here = held.enter_context(whole)
        set_up_s, began = time.monotonic() - began, time.monotonic()
        client = Client(here.base, TENANT)
        finished = _bundles(console, client, here.bank, desk_tokens(here.settings, TENANT))
        totals = _totals(len(packs), finished, check_all(here.settings), set_up_s, time.monotonic() - began)
        if as_json:
            click.echo(json.dumps(totals))
            return
        _tell(console, totals, finished, here.base)
        _stay_open()


def _bundles(console: Console, client: Client, bank: str, tokens: Mapping[str, str]) -> list[Finished]:
    lodged = [lodge(client, story) for story in STORIES]
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        views = play(client, bank, tokens, lodged, lambda views: live.update(_table(views)), time.sleep)
    return [
        collect(client, story, bundle, view)
        for story, bundle, view in zip(STORIES, lodged, views, strict=True)
    ]


def _table(views: Sequence[Mapping[str, Any]]) -> Table:
    """Each bundle with a sign per task, and what is under way just now."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Bundle")
    table.add_column("Tasks")
    table.add_column("Under way")
    for view in views:
        signs = "".join(SIGNS[task["state"]] for task in view["tasks"])
        now = [task["name"]["id"] for task in view["tasks"] if task["state"] in ("ready", "running", "asked")]
        table.add_row(view["reference"], signs, ", ".join(now[:3]) or view["outcome"] or "")
    return table


def _totals(
    tenants: int,
    finished: Sequence[Finished],
    reports: Mapping[str, ChainReport],
    set_up_s: float,
    run_s: float,
) -> dict[str, object]:
    return {
        "tenants": tenants,
        "bundles": [one.as_json() for one in finished],
        "ledger": {
            "events": sum(report.events for report in reports.values()),
            "chain_ok": not any(report.broken for report in reports.values()),
        },
        "set_up_s": round(set_up_s, 2),
        "run_s": round(run_s, 2),
    }


def _tell(console: Console, totals: Mapping[str, Any], finished: Sequence[Finished], base: str) -> None:
    for line in summary(finished):
        console.print(line, highlight=False, soft_wrap=True)
    chain = "whole" if totals["ledger"]["chain_ok"] else "BROKEN"
    console.print(
        f"{totals['tenants']} offices; ledger of {totals['ledger']['events']} events, chain {chain}"
    )
    console.print(f"Ready after {totals['set_up_s']} s, bundles ended after {totals['run_s']} s.")
    console.print(f"\nOffices and services: {base}/", soft_wrap=True)
    console.print(f"Check a permit:       {base}/verify", soft_wrap=True)
    console.print(f"API:                  {base}/api/v1/openapi.json", soft_wrap=True)
    console.print("\nCtrl-C ends everything.")


def _stay_open() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()

"""The `ptsp` command. Each subcommand's module is imported only when it is called or asked for help."""

import importlib
from typing import Final

import click

from ptsp.kernel.errors import Invalid, PtspError

COMMANDS: Final = {
    "demo": ("ptsp.main.demo_cli:demo", "Run the whole platform here and send bundles through it."),
    "web": ("ptsp.main.web_cli:web", "Serve the pages and the API."),
    "relay": ("ptsp.main.relay_cli:relay", "Ring the doorbell for what is due."),
    "worker": ("ptsp.main.worker_cli:worker", "Claim what is owed and do it."),
    "consumer": ("ptsp.main.consumer_cli:consumer", "Take what agencies answer by messages."),
    "broker": ("ptsp.main.broker_cli:broker", "Show what stands in the broker, and send on what died there."),
    "migrate": ("ptsp.main.migrate_cli:migrate", "Bring the database to the newest form."),
    "desk": ("ptsp.main.desk_cli:desk", "Make a token that opens a desk."),
    "people": (
        "ptsp.main.people_cli:people",
        "Accounts of an office: who works there, and what each may do.",
    ),
    "tenants": (
        "ptsp.main.tenants_cli:tenants",
        "Write one office to a file, check it, bring it back, or remove it.",
    ),
    "packs": ("ptsp.main.packs_cli:packs", "Start, check, show, plan and apply the tenants' packs."),
    "connectors": ("ptsp.main.connectors_cli:connectors", "Show, write and try connectors of agencies."),
    "simulate": ("ptsp.main.simulate_cli:simulate", "Run one simulated agency."),
    "time": ("ptsp.main.time_cli:time", "Hold our arithmetic of time against other people's."),
    "calendar": ("ptsp.main.calendar_cli:calendar", "Show and change the calendars of an office."),
    "promise": ("ptsp.main.promise_cli:promise", "Explain promised dates, and fold every deadline again."),
    "fees": ("ptsp.main.fees_cli:fees", "Explain fee notices, work all of them out again, and correct them."),
    "outage": ("ptsp.main.outage_cli:outage", "Put outages on record, and end them."),
    "cases": ("ptsp.main.cases_cli:cases", "Show cases that silence approves, and move running ones."),
    "tasks": ("ptsp.main.tasks_cli:tasks", "Show what is due."),
    "deliveries": ("ptsp.main.deliveries_cli:deliveries", "Show what does not come through, and send it on."),
    "reconcile": (
        "ptsp.main.reconcile_cli:reconcile",
        "Balance days with agencies: what we asked, what they have.",
    ),
    "agencies": ("ptsp.main.agencies_cli:agencies", "Keep the secrets that agencies issue."),
    "budgets": ("ptsp.main.budgets_cli:budgets", "Show how much agencies were asked, of what they may be."),
    "replay": ("ptsp.main.replay_cli:replay", "Import the history of another system."),
    "messages": ("ptsp.main.messages_cli:messages", "Show what is owed to people, and send it on."),
    "central": ("ptsp.main.central_cli:central", "What central systems sent us, and what they know."),
    "tellings": (
        "ptsp.main.tellings_cli:tellings",
        "What central systems are told, and why not; send it on.",
    ),
    "complaints": ("ptsp.main.complaints_cli:complaints", "Hand complaints over to the national system."),
    "treasury": ("ptsp.main.treasury_cli:treasury", "Cash, bank statements, differences and revenue."),
    "ledger": ("ptsp.main.ledger_cli:ledger", "Check the chain of events."),
    "prove": ("ptsp.main.prove_cli:prove", "Prove that nothing is lost and nothing is done twice."),
    "bench": ("ptsp.main.bench_cli:bench", "Measure the platform beside others."),
    "servers": ("ptsp.main.servers_cli:servers", "Show, check or stop the servers."),
}


class Lazy(click.Group):
    """Lists its commands without importing them, and turns our errors into one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Invalid as wrong:
            raise click.ClickException("\n  ".join(["this is wrong:", *map(str, wrong.faults)])) from wrong
        except PtspError as refused:
            raise click.ClickException(str(refused)) from refused


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ptsp")
def cli() -> None:
    """A platform for regional one-stop licensing offices.

    Commands that need servers and find no PTSP_DATABASE_URL or PTSP_REDIS_URL use embedded ones in PTSP_HOME
    (default .ptsp), shared with other commands of the same folder and stopped with the last of them.
    """


if __name__ == "__main__":
    cli(prog_name="ptsp")

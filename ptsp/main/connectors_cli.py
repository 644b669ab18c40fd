"""`ptsp connectors`: what is there, a new one, somebody's real system on trial, and the documents agencies need."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import yaml

from ptsp.infra.gateway import Registry
from ptsp.kernel.errors import Fault, Invalid
from ptsp.main.kit.answering import answering
from ptsp.main.kit.report import page, tried
from ptsp.main.kit.trial import Trial
from ptsp.main.partner_documents import documents
from ptsp.main.settings import ROOT, parse_secret
from ptsp.main.skeleton import LIKE, write_skeleton
from ptsp.sdk.addresses import BadAddress, check_url, read_reach
from ptsp.sdk.contract import Settings
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.quality import level
from ptsp.sdk.webhooks import secret_from_text

CONNECTORS = ROOT / "connectors"
FOLDER = click.Path(file_okay=False, path_type=Path)
ON_TRIAL = {"webhook": "permits", "polling": "ho", "immediate": "ktp"}
REAL = {"read_s": 10.0, "total_s": 20.0}


@click.group()
def connectors() -> None:
    """Connectors of agencies: list them, write a new one, try somebody's real system."""


@connectors.command("list")
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=CONNECTORS,
    show_default=False,
    help="Where connectors are.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(*, folder: Path, as_json: bool) -> None:
    """Show the connectors that are there: style, quality level, what the agency gets to see."""
    rows = list(_rows(folder))
    if as_json:
        click.echo(json.dumps({"connectors": rows}, ensure_ascii=False, indent=2))
        return
    for row in rows:
        seen = ", ".join(row["receives"]) or "nothing"
        click.echo(
            f"{row['code']:<10} {row['style']:<10} {row['level']:<8} sees {seen:<30} {row['name']['en']}"
        )


@connectors.command("new")
@click.argument("name")
@click.option(
    "--style",
    type=click.Choice(sorted(LIKE)),
    default="webhook",
    show_default=True,
    help="How the agency answers.",
)
@click.option(
    "--dir", "folder", type=FOLDER, default=CONNECTORS, show_default=False, help="Where connectors are."
)
def new_command(*, name: str, style: str, folder: Path) -> None:
    """Write a connector NAME that works: manifest, code, fake agency, quality and README. It passes the contract."""
    made = write_skeleton(CONNECTORS, folder, name, style)
    click.echo(
        f"{made} is written and works. Change its words into those of the agency; README.md there says where."
    )


@connectors.command("docs")
@click.option(
    "--out",
    type=FOLDER,
    default=ROOT / "schemas",
    show_default=False,
    help="The folder to write to; schemas/ of the platform if left out.",
)
def docs_command(*, out: Path) -> None:
    """Write the OpenAPI documents for agencies: what they may call, and what we expect of them."""
    out.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (out / name).write_text(document, encoding="utf-8")
        click.echo(str(out / name))


@connectors.command("check")
@click.argument("url")
@click.option(
    "--kind",
    type=click.Choice(sorted(ON_TRIAL)),
    default="webhook",
    show_default=True,
    help="How the system answers: at once, when asked again, or by calling back.",
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="`whsec_` and base64, or text.",
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates (PEM) of the system.",
)
@click.option(
    "--callback-port", type=click.IntRange(0, 65_535), help="Listen for callbacks here; 0 takes a free port."
)
@click.option("--callback-url", default="", help="How the system reaches that port, if not on this machine.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=15.0,
    show_default=True,
    help="So many seconds verdicts may take.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; progress goes to stderr.")
@click.option(
    "--html", "html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page."
)
def check_command(  # noqa: PLR0913 - one parameter an option
    *, url: str, kind: str, secret_file: Path | None, ca_file: Path | None, callback_port: int | None,
    callback_url: str, wait_s: float, as_json: bool, html: Path | None,
) -> None:  # fmt: skip
    """Try the system at URL as the platform would call it. Exits with 1 if it is not ready.

    Only the host that URL names is called. It opens some test cases there, about nobody, whose references
    begin with UJI-.
    """
    secret = _secret(secret_file)
    with ExitStack() as ending:
        box = None
        if callback_port is not None:
            box = ending.enter_context(answering(callback_port, callback_url))
        settings = Settings(
            url, secret, box.url if box else "http://127.0.0.1:9/replies", dict(REAL), _text(ca_file)
        )
        trial = _trial(settings, kind, wait_s, box)
        ending.callback(trial.close)
        found = tried(trial, lambda said: click.echo(said, err=as_json))
    if html:
        html.write_text(
            page(found, on=f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d %H:%M} UTC"), encoding="utf-8"
        )
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(_summary(found))
    if not found["ready"]:
        raise SystemExit(1)


def _trial(settings: Settings, kind: str, wait_s: float, box: Any) -> Trial:
    registry = Registry(CONNECTORS)
    code = ON_TRIAL[kind]
    parts = urlsplit(settings.url)
    try:
        reach = read_reach("").with_services([settings.url])
        check_url(settings.url, reach)
        made = Trial(
            settings,
            registry.manifest(code),
            lambda given, line: registry.build_any(code, given, line),
            registry.fake_agency(code),
            reach=reach,
            answering=box,
            wait_s=wait_s,
        )
        made.connector()
    except (BadAddress, Misconfigured) as error:
        # Never the whole of it: a password may stand there.
        named = f"{parts.scheme}://{parts.hostname}: " if parts.hostname else ""
        raise click.BadParameter(f"{named}{error}", param_hint="URL") from error
    return made


def _secret(path: Path | None) -> bytes:
    """From a file, never from the command line, which others can see."""
    text = _text(path).strip()
    if not text.startswith("whsec_"):
        return parse_secret(text) if text else b"only for trials, and known to all"
    try:
        return secret_from_text(text)
    except ValueError as error:
        raise Invalid([Fault("--secret-file", str(error))]) from error


def _text(path: Path | None) -> str:
    return path.read_text(encoding="utf-8") if path else ""


def _summary(found: dict[str, Any]) -> str:
    lines = [
        f"{found['passed']} of {found['checks']} checks passed: {'ready' if found['ready'] else 'NOT READY'}"
    ]
    for row in found["results"]:
        if row["change"]:
            lines.append(f"  {row['check']} ({'must' if row['must'] else 'should'}): {row['change']['en']}")
    return "\n".join(lines)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for code, manifest in Registry(folder).manifests.items():
        path = folder / code / "quality.yaml"
        quality = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        yield {
            "code": code,
            "style": manifest.style.value,
            "level": level(quality) or "none",
            "receives": sorted(manifest.receives),
            "finds": manifest.finds,
            "owner": manifest.owner,
            "name": dict(manifest.name),
        }

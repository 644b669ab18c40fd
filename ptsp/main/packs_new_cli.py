"""`ptsp packs new`: an office's pack started from its region, a base pack and questions."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ptsp.infra.packs import look_at
from ptsp.infra.packs.new import (
    Answers,
    Base,
    Neighbours,
    answer_faults,
    new_pack,
    place_faults,
    proposed,
    read_base,
    read_neighbours,
)
from ptsp.infra.packs.places import did_you_mean
from ptsp.infra.regions import Region, find_region, parents
from ptsp.kernel.errors import BadPack, Fault, Invalid
from ptsp.main.settings import Settings

LISTS = ("weekdays", "services")  # answers of several words, with commas between them
QUESTIONS = {
    "pattern": "Pattern (one_door: one intake, signer and bill; one_roof: each agency its own)",
    "weekdays": "Days of the week worked",
    "prefix": "Prefix of references",
    "services": "Services of the base to offer",
    "head": "E-mail of the head of the office",
    "supervisor": "E-mail of the supervisor",
}


@click.command("new")
@click.argument("code")
@click.option(
    "--from", "region", required=True, metavar="REGION", help="Code or name, such as 35.16 or `Kota Madiun`."
)
@click.option("--dir", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--base", default="_base", show_default=True, help="The base pack to build on.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is proposed is the answer.")
@click.option("--answer", "given", multiple=True, metavar="KEY=VALUE", help=f"One of {', '.join(QUESTIONS)}.")
def new(*, code: str, region: str, folder: Path | None, base: str, yes: bool, given: tuple[str, ...]) -> None:
    """Start the pack CODE: who the office is, its agencies, calendar, texts and services, as files to edit."""
    root = folder or Settings.from_env(os.environ).tenants_dir
    found = find_region(region, field="from")
    of_base, neighbours = read_base(root, base), read_neighbours(root)
    faults = place_faults(code, found, root, neighbours)
    if faults:
        raise Invalid(faults)
    _introduce(found)
    answers = with_answers(proposed(code, found, of_base, neighbours.prefixes), given)
    if not yes:
        answers = _ask(answers, [one.partition("=")[0] for one in given], of_base, neighbours)
    faults = answer_faults(answers, of_base, neighbours)
    if faults:
        raise Invalid(faults)
    for path in write_pack(root, code, new_pack(code, found, answers, of_base)):
        click.echo(f"  {path}")
    click.echo(f"edit them, then: ptsp packs check, ptsp packs plan {code}, ptsp packs apply {code}")


def with_answers(answers: Answers, given: Sequence[str]) -> Answers:
    """The proposed answers, those given as `key=value` in place. Raises Invalid naming each that is none."""
    faults = []
    for one in given:
        key, is_answer, value = one.partition("=")
        if key not in QUESTIONS or not is_answer:
            faults.append(Fault("answer", f"`{one}` is no answer{did_you_mean(key, QUESTIONS)}"))
        else:
            answers = _answered(answers, key, value)
    if faults:
        raise Invalid(faults)
    return answers


def write_pack(root: Path, code: str, files: dict[str, str]) -> list[str]:
    """Write the folder, all of it or nothing. Raises BadPack where it does not pass the check, and takes it back."""
    made = root / f".new-{code}"
    shutil.rmtree(made, ignore_errors=True)
    write_files(made, files)
    made.rename(root / code)
    faults = look_at(root, only=code).faults
    if faults:
        shutil.rmtree(root / code)
        raise BadPack(faults)
    return [f"{code}/{name}" for name in files]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their path in the folder, which is made."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _introduce(region: Region) -> None:
    lies_in = "".join(f", {one.name} {one.code}" for one in parents(region))
    click.echo(f"{region.name} {region.code}{lies_in}, {region.time_zone}")


def _ask(answers: Answers, known: Sequence[str], base: Base, neighbours: Neighbours) -> Answers:
    """Each question that was not answered on the command line; a wrong answer is asked again."""
    for key, words in QUESTIONS.items():
        if key not in known:
            default = getattr(answers, key)
            shown = ",".join(default) if key in LISTS else default
            check = _checked(answers, key, base, neighbours)
            answers = _answered(answers, key, click.prompt(words, default=shown, value_proc=check))
    return answers


def _checked(answers: Answers, key: str, base: Base, neighbours: Neighbours) -> Callable[[str], str]:
    def check(value: str) -> str:
        for fault in answer_faults(_answered(answers, key, value), base, neighbours):
            if fault.field == key:
                raise click.UsageError(str(fault))
        return value

    return check


def _answered(answers: Answers, key: str, value: str) -> Answers:
    words = tuple(one.strip() for one in value.split(",") if one.strip())
    changed: dict[str, Any] = {key: words if key in LISTS else value.strip()}
    return replace(answers, **changed)

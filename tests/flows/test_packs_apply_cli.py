"""`ptsp packs diff`, `plan`, `apply`, `rollback` and `history` on an office with open cases."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from ptsp.flows.apply_pack import apply_packs as apply_many
from ptsp.infra.packs import read_pack
from ptsp.kernel.errors import BadPack, Forbidden
from ptsp.main.cli import cli
from ptsp.main.migrate_cli import apply_packs
from ptsp.main.wiring import engine_for
from tests.flows.acts import HO, SIUP, lodge, now_in_force, with_service
from tests.offices import Office
from tests.tenants.planting import copied, day, drop, index, plant, put

Run = Callable[..., Any]
SIUP_FILE, HO_FILE = "sidoarjo/services/siup.yaml", "sidoarjo/services/ho.yaml"
HOLIDAY = {"on": day("2027-01-29"), "name": "Hari Jadi", "source": "Perbup 1/2027"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path, "sidoarjo", "bontang", "lamongan")


@pytest.fixture
def run(office: Office, root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PTSP_TENANTS_DIR", str(root))
    return lambda *words, **more: CliRunner().invoke(cli, ["packs", *words], **more)


def slower(root: Path, *, version: int = 2, days: int = 5) -> None:
    plant(root, SIUP_FILE, put("standard", "version", value=version))
    plant(root, SIUP_FILE, put("standard", "time_limit", "value", value=days))


def everything(office: Office) -> Any:
    """The rows of all offices, not only of this one."""
    names = ("tenant", "pack", "standard", "calendar", "bundle", "application", "task", "event")
    url = make_url(office.settings.admin_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        return [
            connection.execute(f"SELECT t::text FROM app.{name} t ORDER BY 1".encode()).fetchall()
            for name in names
        ]


def limit_now(office: Office) -> int:
    return now_in_force(office).tenant.pack.services["siup"].standard.time_limit.limit.amount


def test_diff_says_what_changes_and_what_open_cases_keep(office: Office, root: Path, run: Run) -> None:
    lodge(office, SIUP)
    lodge(office, SIUP)
    slower(root)
    plant(root, SIUP_FILE, put("valid_months", value=12))
    done = run("diff", "sidoarjo")
    assert done.exit_code == 0, done.output
    assert "  SIUP: 3 menjadi 5 hari kerja; 2 permohonan berjalan tetap 3\n" in done.output
    assert "  SIUP: versi standar: 1 menjadi 2\n" in done.output
    assert "  SIUP: 2 permohonan berjalan tetap pada standar versi 1\n" in done.output
    english = run("diff", str(root / "sidoarjo"), "--lang", "en").output
    assert "  SIUP: 3 to 5 working days; 2 open cases keep 3\n" in english
    assert run("diff", "bontang").output == "bontang: tidak ada perubahan\n"


def test_diff_of_two_folders_needs_no_database(root: Path, tmp_path: Path, run: Run) -> None:
    before = copied(tmp_path / "before", "sidoarjo")
    slower(root)
    done = run("diff", "sidoarjo", "--against", str(before), "--lang", "en")
    assert done.output.splitlines()[0] == "without a database: open cases are not counted"
    assert "  SIUP: 3 to 5 working days\n" in done.output


def test_plan_tells_effects_and_writes_nothing(office: Office, root: Path, run: Run) -> None:
    lodged = lodge(office, HO)
    plant(root, HO_FILE, put("standard", "version", value=2))
    plant(root, "_bylaws/malang_21_2008.yaml", put("tables", 0, "rows", 0, 1, value=2000))
    promised = lodged.promised_on
    plant(root, "sidoarjo/calendar.yaml", put("days_off", value=[{**HOLIDAY, "on": promised}]))
    before = everything(office)
    done = run("plan", "sidoarjo", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "  HO: 1 open cases keep version 1 of the standard\n" in done.output
    assert "promised dates: 1 of 1 open bundles move with the calendar" in done.output
    assert f"    {lodged.reference}: " in done.output
    (planned,) = json.loads(run("plan", "sidoarjo", "--json").output)
    assert planned["open_cases"] == {"ho": {"1": 1}}
    ((reference, first, second),) = planned["moved"]
    assert (reference, first) == (lodged.reference, promised.isoformat())
    assert second > first
    dearer = [one for one in planned["fees"] if one["before"] != one["after"]]
    assert dearer or planned["fees"], "the by-law's worked examples were not priced"
    assert everything(office) == before


def test_apply_does_what_was_planned_and_again_nothing(office: Office, root: Path, run: Run) -> None:
    old = lodge(office, SIUP)
    slower(root)
    plant(root, "sidoarjo/calendar.yaml", put("days_off", value=[{**HOLIDAY, "on": old.promised_on}]))
    done = run("apply", "sidoarjo", "--yes")
    assert done.exit_code == 0, done.output
    assert "sidoarjo: now in force, new standards: siup\n" in done.output
    assert done.output.endswith("open deadlines moved, in 1 open bundles\n")
    assert limit_now(office) == 5
    (row,) = office.rows("SELECT promised_on, first_promised_on FROM app.bundle")
    assert row.promised_on > row.first_promised_on == old.promised_on
    after = everything(office)
    again = run("apply", "sidoarjo", "--yes")
    assert "sidoarjo: in force already\n" in again.output
    assert everything(office) == after


def test_apply_asks_first_and_a_no_changes_nothing(office: Office, root: Path, run: Run) -> None:
    slower(root)
    before = everything(office)
    assert run("apply", "sidoarjo", input="n\n").exit_code == 1
    assert everything(office) == before


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        pytest.param(
            lambda root: plant(root, SIUP_FILE, put("valid_months", value=9)),
            "sidoarjo/services/siup.yaml: $.standard.version: version 1 is in force with other content",
            id="a standard edited under its version",
        ),
        pytest.param(
            lambda root: plant(root, "sidoarjo/tenant.yaml", put("prefix", value="JBR")),
            "sidoarjo/tenant.yaml: $.prefix: `JBR` is that of jembrana already",
            id="the prefix of an office in another folder",
        ),
        pytest.param(
            lambda root: without_agency(root),
            "sidoarjo/agencies.yaml: $.agencies: `trade` is left out, but 1 open tasks are its own",
            id="an agency with open tasks",
        ),
    ],
)
def test_what_would_be_refused_is_planned_as_such_and_refused(
    office: Office, root: Path, run: Run, edit: Callable[[Path], Any], says: str
) -> None:
    lodge(office, SIUP)
    edit(root)
    before = everything(office)
    for words in (("plan", "sidoarjo"), ("apply", "sidoarjo", "--yes")):
        done = run(*words)
        assert done.exit_code == 1
        assert says in done.output
    assert everything(office) == before


def without_agency(root: Path) -> None:
    """The trade agency goes, and the licence is checked at the back office from version 2 on."""

    def away(raw: Any) -> str:
        del raw["agencies"][index(raw["agencies"], "trade")]
        return ""

    def at_desk(raw: Any) -> str:
        for step in raw["route"]:
            if step["agency"] == "trade":
                step.update(agency="back_office", kind="desk")
        return ""

    plant(root, "sidoarjo/agencies.yaml", away)
    for path in sorted((root / "sidoarjo/services").glob("*.yaml")):
        if "agency: trade" in path.read_text():
            plant(root, f"sidoarjo/services/{path.name}", at_desk)
            plant(root, f"sidoarjo/services/{path.name}", put("standard", "version", value=2))


def test_a_province_is_applied_whole_or_not_at_all(office: Office, root: Path, run: Run) -> None:
    """Lamongan's fault is found only at its office: Sidoarjo, which comes later and is right, stays as it was."""
    slower(root)
    plant(root, "lamongan/services/ho.yaml", put("valid_months", value=7))
    before = everything(office)
    done = run("apply", "--province", "Jawa Timur", "--yes")
    assert done.exit_code == 1
    assert "lamongan/services/ho.yaml: $.standard.version" in done.output
    assert everything(office) == before
    plant(root, "lamongan/services/ho.yaml", put("standard", "version", value=2))
    done = run("apply", "--province", "35", "--yes")
    assert done.exit_code == 0, done.output
    assert "lamongan: now in force, new standards: ho\n" in done.output
    assert "sidoarjo: now in force, new standards: siup\n" in done.output
    assert "bontang" not in done.output


def test_a_base_is_applied_with_all_that_build_on_it(office: Office, root: Path, run: Run) -> None:
    plant(root, "_base/texts.yaml", put("texts", "office.hours", "id", value="Buka setiap hari kerja."))
    done = run("apply", "--base", "_base", "--yes")
    assert done.exit_code == 0, done.output
    assert [f"{code}: now in force\n" in done.output for code in ("bontang", "lamongan", "sidoarjo")] == [
        True
    ] * 3
    texts = {one.code: one.pack.texts["office.hours"]["id"] for one in office.tools.book.all()}
    assert [texts[code] for code in ("bontang", "lamongan")] == ["Buka setiap hari kerja."] * 2
    assert texts["jembrana"] != "Buka setiap hari kerja."


WRONG_CHOICES = (
    ((), "name packs, or give one of --all, --province and --base"),
    (("sidoarjo", "--all"), "name packs, or give one of"),
    (("--province", "Sidoarjo"), "province: Kabupaten Sidoarjo is no province"),
    (("--province", "Bali"), "no pack is of an office in Provinsi Bali"),
    (("--base", "_jatim"), "no pack builds on `_jatim`"),
    (("sidoardjo",), "there is no pack `sidoardjo`; did you mean `sidoarjo`?"),
)


def test_what_cannot_be_chosen_is_said(run: Run) -> None:
    for words, says in WRONG_CHOICES:
        done = run("apply", "--yes", *words)
        assert done.exit_code == 1
        assert says in done.output


def test_rollback_brings_the_pack_before_back_and_deletes_nothing(
    office: Office, root: Path, run: Run
) -> None:
    old = lodge(office, SIUP)
    slower(root)
    run("apply", "sidoarjo", "--yes")
    new = lodge(now_in_force(office), SIUP)
    done = run("rollback", "sidoarjo", "--lang", "en", "--yes")
    assert done.exit_code == 0, done.output
    assert "  SIUP: 5 to 3 working days; 1 open cases keep 5\n" in done.output
    assert limit_now(office) == 3
    pinned = office.rows(
        """SELECT b.reference, s.version FROM app.application a JOIN app.bundle b ON b.id = a.bundle_id
             JOIN app.standard s ON s.id = a.standard_id"""
    )
    assert dict(map(tuple, pinned)) == {old.reference: 1, new.reference: 2}
    assert len(office.rows("SELECT id FROM app.pack")) == 3
    listed = run("history", "sidoarjo").output.splitlines()
    assert [line.endswith("in force") for line in listed] == [True, False, False]
    assert "ptsp packs rollback" in listed[0]
    forth = run("rollback", "sidoarjo", "--to", listed[1].split()[0], "--yes")
    assert forth.exit_code == 0, forth.output
    assert limit_now(office) == 5


WRONG_WAYS_BACK = (
    (("sidoarjo",), "no other pack has been in force at sidoarjo"),
    (("sidoarjo", "--to", "abc"), "needs at least 8 digits"),
    (("sidoarjo", "--to", "abcdefab"), "no other pack abcdefab has been in force"),
    (("sidoardjo",), "there is no office with the code 'sidoardjo'"),
)


def test_a_rollback_to_nothing_is_refused(run: Run) -> None:
    for words, says in WRONG_WAYS_BACK:
        done = run("rollback", *words, "--yes")
        assert done.exit_code == 1
        assert says in done.output


def test_migrate_brings_a_rolled_back_pack_of_the_files_into_force_again(
    office: Office, root: Path, run: Run
) -> None:
    slower(root)
    settings = replace(office.settings, tenants_dir=root)
    apply_packs(settings)
    run("rollback", "sidoarjo", "--yes")
    assert limit_now(office) == 3
    apply_packs(settings)
    assert limit_now(office) == 5


def test_a_service_of_the_base_that_is_left_out_is_not_offered(root: Path, run: Run) -> None:
    plant(root, "bontang/tenant.yaml", put("without", value=["tdp"]))
    assert "tdp" not in read_pack(root, "bontang").services
    done = run("diff", "bontang")
    assert "TDP: layanan tidak lagi ditawarkan" in done.output
    plant(root, "bontang/tenant.yaml", put("without", value=["tpd", "pbg"]))
    output = run("check").output
    assert "$.without[0]: the base has no service `tpd`; did you mean `tdp`?" in output
    assert "$.without[1]: `pbg` is written by this office itself" in output
    plant(root, "bontang/tenant.yaml", drop("without"))
    assert "tdp" in read_pack(root, "bontang").services


# archives


@pytest.fixture
def signed(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """`signed("bontang")`: an archive of the pack as its files are now, signed by whom this installation trusts."""
    key = Ed25519PrivateKey.generate()
    private, trust = tmp_path / "key.pem", tmp_path / "trust.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    trust.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    monkeypatch.setenv("PTSP_PACK_SIGNERS", str(trust))

    def make(code: str, *, is_signed: bool = True) -> Path:
        archive = tmp_path / f"{code}.ptsp-pack"
        assert run("pack", code, "-o", str(archive)).exit_code == 0
        if is_signed:
            assert run("sign", str(archive), "--key", str(private)).exit_code == 0
        return archive

    return make


def test_where_signers_are_set_only_what_they_signed_is_applied(
    office: Office, root: Path, run: Run, signed: Callable[..., Path], tmp_path: Path
) -> None:
    slower(root)
    before = everything(office)
    unsigned = signed("bontang", is_signed=False)
    altered = signed("lamongan")
    altered.write_bytes(altered.read_bytes() + b"\0")
    refused = {
        "sidoarjo": "no plain folders",
        "--all": "no plain folders",
        "--province=35": "no plain folders",
        str(unsigned): "bontang.ptsp-pack is not signed",
        str(altered): "lamongan.ptsp-pack is not what key",
        str(tmp_path / "x.ptsp-pack"): "there is no file",
    }
    for word, says in refused.items():
        done = run("apply", word, "--yes")
        assert (done.exit_code, says in done.output) == (1, True), done.output
    with pytest.raises(Forbidden, match="no plain folders"):
        apply_packs(replace(office.settings, tenants_dir=root, pack_signers=tmp_path / "trust.pem"))
    assert everything(office) == before
    done = run("apply", str(signed("sidoarjo")), "--yes")
    assert done.exit_code == 0, done.output
    assert limit_now(office) == 5
    assert "ptsp packs apply, signed by key " in run("history", "sidoarjo").output.splitlines()[0]


def test_archives_are_applied_together_or_not_at_all(
    office: Office, root: Path, run: Run, signed: Callable[..., Path]
) -> None:
    slower(root)
    right = signed("sidoarjo")
    plant(root, "lamongan/services/ho.yaml", put("valid_months", value=7))
    wrong = signed("lamongan")
    before = everything(office)
    done = run("apply", str(right), str(wrong), "--together", "--yes")
    assert done.exit_code == 1
    assert "lamongan/services/ho.yaml: $.standard.version" in done.output
    assert everything(office) == before


def test_of_two_packs_none_is_applied_when_one_is_refused(office: Office, packs: list[Any]) -> None:
    """The flow itself, without a plan before it."""
    sidoarjo, bontang = (next(one for one in packs if one.code == code) for code in ("sidoarjo", "bontang"))
    right = with_service(bontang, "siup", version=2, digest="right", valid_months=9)
    wrong = with_service(sidoarjo, "siup", version=1, digest="wrong", valid_months=9)
    before = everything(office)
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    try:
        with pytest.raises(BadPack, match="sidoarjo/services/siup.yaml"):
            apply_many(owner, [right, wrong], by="test")
    finally:
        owner.dispose()
    assert everything(office) == before


def test_two_packs_at_once_or_none_also_when_the_second_one_fails_late(
    office: Office, packs: list[Any]
) -> None:
    """Not refused by a rule, but by the database, after the first pack was written."""
    before = everything(office)
    bontang, sidoarjo = (next(one for one in packs if one.code == code) for code in ("bontang", "sidoarjo"))
    first = replace(sidoarjo, digest="first")
    second = replace(bontang, digest=None)  # the column takes no null
    owner = engine_for(office.settings, "ptsp_owner", pool_size=1)
    try:
        with pytest.raises(IntegrityError):
            apply_many(owner, [first, second], by="test")
    finally:
        owner.dispose()
    assert everything(office) == before

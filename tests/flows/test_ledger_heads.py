"""The ledger is sealed every day; its heads are stamped and handed over, sooner or later, and it is said which."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from ptsp.domain import heads
from ptsp.infra.holders import FolderHolder
from ptsp.infra.signing import NotStamped
from ptsp.jobs.seal_ledger import seal_ledger
from ptsp.main.cli import cli
from ptsp.verifier.main import verify
from tests.flows.acts import as_admin
from tests.flows.letters import with_mail
from tests.post.rooms import MailRoom
from tests.stamping import Authority, new_authority
from tests.verifier.ledgers import export, grow, hand_over, lodge_at, office_root, seal_at, stamps_of

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made() -> Authority:
    return new_authority()


@pytest.fixture
def authority(made: Authority):
    made.answer, made.at, made.asked, made.folder = None, None, 0, None
    with made.open():
        yield made


def with_tools(office, **changes):
    return replace(office, tools=replace(office.tools, **changes))


def newest(office) -> heads.HeadRow:
    with office.work() as work:
        return heads.newest(work.connection, limit=1)[0]


def sealed(office):
    return [
        json.loads(bytes(row.statement))
        for row in office.rows("SELECT statement FROM app.ledger_head ORDER BY day")
    ]


def codes(findings):
    return {one.code for one in findings}


def test_a_day_is_sealed_once_and_says_what_has_grown(office):
    first, second = lodge_at(office, NOW - 3 * DAY), lodge_at(office, NOW - 3 * DAY)
    done = seal_at(office, NOW - 2 * DAY)
    assert (done.root.bundles, done.root.grown, done.breaks) == (2, 2, ())
    assert seal_at(office, NOW - 2 * DAY) is None
    grow(office, first, NOW - 2 * DAY, 3)
    assert seal_ledger(office.tools, office.tenant) == 1
    assert seal_ledger(office.tools, office.tenant) == 0
    assert seal_at(office, NOW - DAY) is None  # a clock that went back makes no second past
    one, two = sealed(office)
    assert [two[key] for key in ("bundles", "grown", "breaks")] == [2, 1, 0]
    assert two["events"] == one["events"] + 3
    assert two["previous"] == heads.hash_of(done.head.statement)
    assert {
        row.bundle_id
        for row in office.rows("SELECT bundle_id FROM app.ledger_leaf WHERE day = :day", day=two["day"])
    } == {first}
    assert first != second


def test_an_office_without_bundles_is_sealed_too(office, tmp_path):
    assert seal_ledger(office.tools, office.tenant) == 1
    report = verify(export(office, tmp_path / "ledger.zip"), None, [office_root(office)])
    assert (report.faults, report.heads, report.bundles) == ([], 1, 0)


TAMPERINGS = {
    "chain_remade": """
        UPDATE app.event SET body = body || ' ', hash = sha256('x') WHERE bundle_id = '{it}' AND seq = 4""",
    "chain_cut": """
        DELETE FROM app.event WHERE bundle_id = '{it}' AND seq > 2;
        UPDATE app.bundle SET last_event = 2, head = e.hash FROM app.event e
         WHERE id = '{it}' AND bundle_id = id AND seq = 2""",
    "bundle_gone": """
        SET session_replication_role = replica;
        DELETE FROM app.event WHERE bundle_id = '{it}'; DELETE FROM app.bundle WHERE id = '{it}'""",
}


@pytest.mark.parametrize(("code", "act"), TAMPERINGS.items())
def test_what_was_tampered_with_never_gets_a_head_that_agrees(office, tmp_path, code, act):
    bundle = lodge_at(office, NOW - 3 * DAY)
    grow(office, bundle, NOW - 3 * DAY, 3)
    (last,) = office.rows("SELECT last_event FROM app.bundle")
    assert last.last_event == 4
    before = seal_at(office, NOW - 2 * DAY)
    as_admin(office, act.format(it=bundle))
    done = seal_at(office, NOW - DAY)
    assert done.breaks == (bundle,)
    assert (done.root.bundles, done.root.hash) == (1, before.root.hash)
    report = verify(export(office, tmp_path / "ledger.zip"), None, [office_root(office)])
    assert {code, "head_breaks"} <= codes(report.faults)


def test_a_head_is_stamped_and_taken_when_both_are_there(office, authority, tmp_path):
    lodge_at(office, NOW)
    folder = tmp_path / "holder"
    office = with_tools(office, stamps=stamps_of(authority), holders=(FolderHolder(folder),))
    authority.answer = (503, b"")
    assert seal_ledger(office.tools, office.tenant) == 1  # sealed; nobody there to stamp or to take it
    assert newest(office).token is None
    folder.mkdir()
    assert seal_ledger(office.tools, office.tenant) == 1  # taken without a stamp
    room = folder / office.tenant.code
    assert len(list(room.iterdir())) == 3
    authority.answer = None
    assert seal_ledger(office.tools, office.tenant) == 2  # stamped, and taken again with it
    assert seal_ledger(office.tools, office.tenant) == 0
    assert sorted(path.suffix for path in room.iterdir()) == [".json", ".jsonl", ".p7s", ".tst"]
    report = verify(export(office, tmp_path / "ledger.zip"), folder, [office_root(office), authority.root])
    assert (report.faults, report.not_checked, report.stamped, report.held) == ([], [], 1, 1)


def test_an_authority_that_failed_is_left_alone_for_a_while(office, authority):
    stamps = stamps_of(authority, rest_s=60)
    authority.answer = (500, b"")
    for _ in range(3):
        with pytest.raises(NotStamped):
            stamps.stamp(b"x")
    assert authority.asked == 1


@pytest.mark.parametrize("answer", [b"", b"<html>", b"0\x03\x02\x01\x02", bytes(200)])
def test_what_is_no_time_stamp_is_none(authority, answer):
    authority.answer = (200, answer)
    with pytest.raises(NotStamped):
        stamps_of(authority).stamp(b"x")


def test_a_stamp_over_something_else_or_asked_for_before_is_refused(authority):
    kept = []
    honest = authority.reply
    authority.reply = lambda query: kept.append(query) or honest(kept[0])  # type: ignore[method-assign]
    try:
        stamps = stamps_of(authority)
        assert stamps.stamp(b"x").token
        for content in (b"x", b"y"):
            with pytest.raises(NotStamped, match="something else"):
                stamps.stamp(content)
    finally:
        del authority.reply


def test_openssl_stamps_as_well(office, authority, tmp_path):
    authority.with_openssl(tmp_path)
    lodge_at(office, NOW)
    office = with_tools(office, stamps=stamps_of(authority))
    assert seal_ledger(office.tools, office.tenant) == 2
    report = verify(export(office, tmp_path / "ledger.zip"), None, [office_root(office), authority.root])
    assert (codes(report.faults), codes(report.not_checked), report.stamped) == (set(), {"no_holder"}, 1)


def test_a_holder_with_other_bytes_keeps_them(office, tmp_path):
    lodge_at(office, NOW - 2 * DAY)
    seal_at(office, NOW - DAY)
    seal_at(office, NOW)
    room = tmp_path / "holder" / office.tenant.code
    room.mkdir(parents=True)
    (room / f"{newest(office).day}.p7s").write_bytes(b"other")
    assert hand_over(office, tmp_path / "holder") == 1  # the other day
    assert (room / f"{newest(office).day}.p7s").read_bytes() == b"other"
    assert hand_over(office, tmp_path / "holder") == 0


def test_roles_get_a_mail_once_which_proves_the_head(office, authority, tmp_path):
    bundle = lodge_at(office, NOW)
    folder = tmp_path / "mails"
    folder.mkdir()
    with MailRoom().open() as room:
        office = with_tools(
            with_mail(office, room), holder_roles=("head", "supervisor"), stamps=stamps_of(authority)
        )
        authority.answer = (503, b"")
        assert seal_ledger(office.tools, office.tenant) == 1  # the mail waits an hour for its stamp
        authority.answer = None
        assert seal_ledger(office.tools, office.tenant) == 3
        assert seal_ledger(office.tools, office.tenant) == 0
        office.drain()
        mail = next(mail for mail in room.mails if mail.recipients[0].startswith("kepala@"))
        assert len(room.mails) == 2
    text_ = mail.message.get_content()
    assert heads.hash_of(newest(office).statement) in text_
    assert "Ringkasan harian catatan kejadian" in text_
    assert "Daily head of the ledger" in text_
    (folder / "1.eml").write_bytes(mail.content)
    path, trust = tmp_path / "ledger.zip", [office_root(office), authority.root]
    report = verify(export(office, path), folder, trust)
    assert (report.faults, report.not_checked, report.held) == ([], [], 1)
    as_admin(
        office,
        f"UPDATE app.ledger_stamp SET token = '\\x00'; DELETE FROM app.event WHERE bundle_id = '{bundle}'",
    )
    report = verify(export(office, tmp_path / "after.zip"), folder, trust)
    assert {"held_differs", "bundle_gone", "stamp_form"} <= codes(report.faults)


@pytest.fixture
def run(office, monkeypatch):
    for name, value in office.settings.as_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PTSP_HEADS_TO", "head")

    def ran(*words: str):
        done = CliRunner().invoke(cli, ["ledger", *words])
        return done.exit_code, done.output.splitlines()

    return ran


def test_the_command_says_how_every_head_stands(office, run, authority, tmp_path):
    assert run("heads", "sidoarjo") == (0, ["sidoarjo  no head yet"])
    lodge_at(office, NOW - 2 * DAY)
    seal_at(office, NOW - DAY)
    (tmp_path / "holder").mkdir()
    office = with_tools(
        office,
        stamps=stamps_of(authority),
        holders=(FolderHolder(tmp_path / "holder"),),
        holder_roles=("head",),
    )
    seal_ledger(office.tools, office.tenant)
    code, lines = run("heads")
    assert (code, len(lines)) == (0, 7)
    ours = [line for line in lines if line.startswith("sidoarjo")]
    assert all("1 bundles, 1 events; signed; stamped 20" in line and "head owed" in line for line in ours)
    told = json.loads(run("heads", "sidoarjo", "--json", "--last", "1")[1][0])
    assert (told["tenant"], told["bundles"], told["is_signed"], told["breaks"]) == ("sidoarjo", 1, True, 0)
    assert set(told["holders"]) == {str(tmp_path / "holder"), "head"}
    assert run("export", "sidoarjo", "-o", str(tmp_path / "ledger.zip")) == (
        0,
        [f"1 bundles, 1 events, 2 heads in {tmp_path / 'ledger.zip'}"],
    )
    assert run("export", "sidoarjo", "-o", str(tmp_path / "ledger.zip"))[0] == 1
    as_admin(office, "UPDATE app.ledger_head SET signature = decode('3000', 'hex')")
    code, lines = run("heads", "sidoarjo")
    assert code == 1
    assert "SIGNATURE DOES NOT HOLD" in lines[0]


def test_what_goes_on_while_an_export_is_written_is_not_half_in_it(office, tmp_path, monkeypatch):
    """Everything is read as it stood at one moment."""
    bundle = lodge_at(office, NOW - DAY)
    seal_at(office, NOW)
    whole = heads.all_heads

    def interrupted(connection):
        found = whole(connection)
        grow(office, bundle, NOW)
        return found

    monkeypatch.setattr("ptsp.main.ledger_export.heads.all_heads", interrupted)
    report = verify(export(office, tmp_path / "ledger.zip"), None, [office_root(office)])
    assert (report.faults, report.events) == ([], 1)
    assert office.rows("SELECT last_event FROM app.bundle")[0].last_event == 2

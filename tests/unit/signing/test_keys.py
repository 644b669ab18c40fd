"""Keys are made once, by whoever comes first, and nobody else on the machine can read them."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ptsp.infra.signing import ensure_keys, ensure_trust
from ptsp.kernel.errors import Invalid

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RACER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from ptsp.infra.signing import ensure_keys

def race(_):
    signer = ensure_keys(Path(sys.argv[1]), "sidoarjo", "Kantor", datetime.fromisoformat(sys.argv[2]))
    return signer.certificate.sha256_fingerprint + signer.authority.sha256_fingerprint

with ThreadPoolExecutor(4) as threads:
    sys.stdout.write("|".join(sorted(set(threads.map(race, range(4))))))
"""


def test_the_second_call_reads_what_the_first_made(tmp_path: Path) -> None:
    first = ensure_keys(tmp_path / "keys", "sidoarjo", "Kantor", NOW)
    second = ensure_keys(tmp_path / "keys", "sidoarjo", "Kantor", NOW + timedelta(days=100))
    assert first.certificate.dump() == second.certificate.dump()
    assert ensure_trust(tmp_path / "keys", NOW).authority.dump() == first.authority.dump()


def test_every_tenant_has_its_own_key_under_one_authority(tmp_path: Path) -> None:
    one = ensure_keys(tmp_path, "sidoarjo", "Kantor", NOW)
    two = ensure_keys(tmp_path, "bontang", "Kantor", NOW)
    assert one.key.dump() != two.key.dump()
    assert one.authority.dump() == two.authority.dump()


def test_keys_are_readable_by_their_owner_only_and_no_drafts_stay(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "keys"
    ensure_keys(folder, "sidoarjo", "Kantor", NOW)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [".lock", "authority/authority.pem", "sidoarjo.pem"]
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}


def test_two_processes_of_four_threads_agree_on_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACER, str(tmp_path / "keys"), NOW.isoformat()]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    answers = {racer.communicate(timeout=120)[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0] * 2
    assert len(answers) == 1
    assert b"|" not in answers.pop()


@pytest.mark.parametrize(
    ("subject", "later"), [("Dinas Baru", timedelta(0)), ("Kantor", timedelta(days=365 * 10))]
)
def test_a_new_name_or_a_certificate_that_ran_out_gives_a_new_certificate(
    tmp_path: Path, subject: str, later: timedelta
) -> None:
    old = ensure_keys(tmp_path, "sidoarjo", "Kantor", NOW)
    new = ensure_keys(tmp_path, "sidoarjo", subject, NOW + later)
    assert old.certificate.dump() != new.certificate.dump()
    assert old.authority.dump() == new.authority.dump()


def test_a_signer_never_shows_its_key(tmp_path: Path) -> None:
    assert repr(ensure_keys(tmp_path, "sidoarjo", "Kantor", NOW)) == "Signer('sidoarjo')"


@pytest.mark.parametrize(
    ("tenant", "subject", "field"),
    [("../x", "Kantor", "tenant"), ("authority/authority", "Kantor", "tenant"), ("sidoarjo", " ", "subject")],
)
def test_bad_names_are_refused_by_field(tmp_path: Path, tenant: str, subject: str, field: str) -> None:
    with pytest.raises(Invalid, match=field):
        ensure_keys(tmp_path, tenant, subject, NOW)


def test_a_long_office_name_is_cut_and_still_found_again(tmp_path: Path) -> None:
    long = "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kabupaten Sidoarjo Jawa Timur"
    first = ensure_keys(tmp_path, "sidoarjo", long, NOW)
    assert ensure_keys(tmp_path, "sidoarjo", long, NOW).certificate.dump() == first.certificate.dump()

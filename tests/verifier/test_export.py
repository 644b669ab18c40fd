"""An export that nobody touched holds; what could not be checked is said; two other programs agree."""

import json
import re
import shutil
import subprocess
import sys
import zipfile

from cryptography.hazmat.primitives import serialization

from ptsp.verifier.main import verify
from tests.checks import not_checked
from tests.verifier.ledgers import Exported


def codes(findings):
    return {one.code for one in findings}


def test_what_nobody_touched_holds(exported: Exported) -> None:
    report = verify(exported.path, exported.folder, exported.trust)
    assert (report.faults, report.not_checked) == ([], [])
    assert (report.bundles, report.heads, report.stamped, report.held) == (9, 4, 4, 4)
    window = report.window
    assert (window.events_after, window.bundles_after) == (3, 1)
    assert window.since_head_s == window.since_stamp_s == window.since_held_s
    assert 20 * 3600 < window.since_head_s < 46 * 3600


def test_without_trust_and_without_a_copy_it_is_said_what_was_not_checked(exported: Exported) -> None:
    report = verify(exported.path, None, [])
    assert report.faults == []
    assert codes(report.not_checked) == {"no_trust", "no_stamp_trust", "no_holder"}
    assert report.window.since_stamp_s is report.window.since_held_s is None
    assert len(report.authorities) == 1
    report = verify(exported.path, None, exported.trust[1:])
    assert codes(report.faults) == {"signature_untrusted"}


def test_openssl_agrees(exported: Exported, tmp_path) -> None:
    if shutil.which("openssl") is None:
        not_checked("heads by OpenSSL, which is not installed")
    for name, root in zip(("office.pem", "tsa.pem"), exported.trust, strict=True):
        (tmp_path / name).write_bytes(root.public_bytes(serialization.Encoding.PEM))
    for day in exported.days:
        held = exported.folder / exported.tenant / day
        signed = [
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            f"{held}.p7s",
            "-content",
            f"{held}.json",
        ]
        stamped = ["ts", "-verify", "-token_in", "-in", f"{held}.tst", "-data", f"{held}.p7s"]
        for command, root in ((signed, "office.pem"), (stamped, "tsa.pem")):
            done = subprocess.run(
                ["openssl", *command, "-CAfile", str(tmp_path / root)], capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr


FORBIDDING = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        ours = name == "ptsp" or name == "ptsp.verifier" or name.startswith("ptsp.verifier.")
        if not (ours or top in sys.stdlib_module_names or top in {ALLOWED!r} or top.startswith("_")):
            raise ImportError(f"forbidden: {{name}}")
sys.meta_path.insert(0, Wall())
from ptsp.verifier.main import main
main()
"""
ALLOWED = ("cryptography", "asn1crypto")


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    program = FORBIDDING.format(ALLOWED=ALLOWED)
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_program_runs_without_the_platform(exported: Exported, tmp_path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in exported.trust))
    done = run(exported.path, "--heads", exported.folder, "--trust", trust)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Semua yang dapat diperiksa: BENAR." in done.stdout
    assert re.search(r"ringkasan terakhir pada pemegang kedua: \d\d,\d jam sebelum ekspor", done.stdout)
    told = json.loads(run(exported.path, "--json").stdout)
    assert (told["holds"], told["heads"], told["faults"]) == (True, 4, [])
    assert "All that could be checked HOLDS." in run(exported.path, "--lang", "en").stdout


def test_the_wall_of_the_test_before_stands() -> None:
    program = FORBIDDING.format(ALLOWED=()).replace(
        "ptsp.verifier.main import main", "ptsp.kernel import errors"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "forbidden: ptsp.kernel" in done.stderr


def test_what_is_no_export_is_said_so(exported: Exported, tmp_path) -> None:
    path = tmp_path / "ledger.zip"
    path.write_bytes(exported.path.read_bytes()[:-100])
    assert run(path).returncode == run(tmp_path / "nowhere").returncode == 2
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export.json", "{}")
    assert run(path).returncode == 2
    assert run(exported.path, "--heads", tmp_path / "nowhere").returncode == 2
    (tmp_path / "none.pem").write_text("none")
    assert run(exported.path, "--trust", tmp_path / "none.pem").returncode == 2

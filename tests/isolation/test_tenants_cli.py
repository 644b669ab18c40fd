"""What a person reads of the commands for whole offices; their effects are in the tests of restoring and removing."""

import json
import re

from tests.isolation.lives import BY, Life
from tests.isolation.worlds import HERE, THERE

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"


def said(life: Life, *words: object, status: int = 0) -> str:
    result = life.run(*words)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def test_an_office_is_written_checked_brought_back_and_looked_through(life: Life) -> None:
    assert re.search(rf"^ +{life.worlds.here}  {HERE}  JBR  \d\d\.\d\d$", said(life, "list"), re.MULTILINE)
    path = life.folder / "one.zip"
    told = said(life, "export", HERE, "-o", path)
    assert re.search(rf"^{HERE}: \d+ rows of \d+ tables, 1 documents in {path}$", told, re.MULTILINE)
    assert re.search(rf"^as of {MOMENT}, digest [0-9a-f]{{64}}$", told, re.MULTILINE)
    assert "documents that rows name are not in the store" in told
    assert f"{path} is there already" in said(life, "export", HERE, "-o", path, status=1)
    assert "there is no folder" in said(life, "export", HERE, "-o", life.folder / "no" / "a.zip", status=1)
    unknown = said(life, "export", "nirwana", "-o", life.folder / "n.zip", status=1)
    assert "there is no office with the code 'nirwana'" in unknown
    assert not list(life.folder.glob(".*.part"))

    assert re.search(
        rf"^{HERE} as of {MOMENT}: whole, and signed by the office$", said(life, "check", path), re.M
    )
    whole = json.loads(said(life, "check", path, "--json"))
    assert (whole["office"], whole["faults"]) == (HERE, [])
    assert "by: is needed" in said(life, "restore", HERE, path, status=1)
    before = life.hashes()
    assert life.run("restore", HERE, path, *BY, typed=THERE).exit_code == 1
    assert life.hashes() == before
    back = life.run("restore", HERE, path, *BY, typed=HERE)
    assert (back.exit_code, f"{HERE} is as of" in back.stdout) == (0, True)
    assert "the state until now is in" in back.stderr
    assert f"{HERE}  restored by admin-1: Uji." in said(life, "list")

    assert re.search(r"^markers found 0, looked at \d+ tables, ", said(life, "scan", "tidak-ada-di-mana-pun"))
    found = said(life, "scan", "Pemohon-Uji", "JBR-", status=1)
    assert re.search(r"^  JBR-: \d+ in table app\.bundle$", found, re.MULTILINE)

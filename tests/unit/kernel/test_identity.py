"""What the form of a NIK tells. All numbers here are synthetic: serials from 9990 on."""

import csv
import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.kernel.errors import Invalid
from ptsp.kernel.identity import BadNik, NikFacts, NikProblem, check_nik, mask_nik

DATA = Path(os.environ.get("PTSP_DATA", Path(__file__).parents[4] / "shared" / "data")) / "indonesia"
REGIONS = frozenset({"3171", "3515"})


@pytest.mark.parametrize(
    ("nik", "facts"),
    [
        pytest.param("3171011708459990", NikFacts("3171", "317101", 17, 8, 45, "male"), id="a man"),
        pytest.param("3171015708459990", NikFacts("3171", "317101", 17, 8, 45, "female"), id="a woman"),
        pytest.param(
            "3515082902009991", NikFacts("3515", "351508", 29, 2, 0, "male"), id="a leap day of 2000"
        ),
        pytest.param(
            "3515087112999992", NikFacts("3515", "351508", 31, 12, 99, "female"), id="the latest day"
        ),
    ],
)
def test_a_well_formed_nik_tells_these_facts(nik, facts):
    assert check_nik(nik, REGIONS) == facts
    assert check_nik(nik, None) == facts


@pytest.mark.parametrize(
    ("nik", "problem"),
    [
        pytest.param("", NikProblem.LENGTH, id="nothing"),
        pytest.param("351508150190999", NikProblem.LENGTH, id="15 digits"),
        pytest.param("35150815019099901", NikProblem.LENGTH, id="17 digits"),
        pytest.param("3515081501909990\n", NikProblem.LENGTH, id="a line feed at the end"),
        pytest.param(" 351508150190999", NikProblem.DIGITS, id="a blank"),
        pytest.param("35150815O1909990", NikProblem.DIGITS, id="a letter O"),
        pytest.param("３５１５０８１５０１９０９９９０", NikProblem.DIGITS, id="full-width digits"),
        pytest.param("٣٥١٥٠٨١٥٠١٩٠٩٩٩٠", NikProblem.DIGITS, id="Arabic digits"),
        pytest.param("9971011708459990", NikProblem.REGION, id="no such region"),
        pytest.param("3171013002009990", NikProblem.BIRTH_DATE, id="30 February"),
        pytest.param("3515087002009990", NikProblem.BIRTH_DATE, id="30 February of a woman"),
        pytest.param("3515082902019990", NikProblem.BIRTH_DATE, id="29 February of no leap year"),
        pytest.param("3515083501909990", NikProblem.BIRTH_DATE, id="day 35"),
        pytest.param("3515084001909990", NikProblem.BIRTH_DATE, id="day 40"),
        pytest.param("3515080001909990", NikProblem.BIRTH_DATE, id="day 0"),
        pytest.param("3515087201909990", NikProblem.BIRTH_DATE, id="day 72"),
        pytest.param("3515081500909990", NikProblem.BIRTH_DATE, id="month 0"),
        pytest.param("3515081513909990", NikProblem.BIRTH_DATE, id="month 13"),
        pytest.param("3515081501900000", NikProblem.SERIAL, id="serial 0000"),
    ],
)
def test_what_cannot_be_a_nik_is_refused_with_its_reason(nik, problem):
    with pytest.raises(BadNik) as caught:
        check_nik(nik, REGIONS, field="applicant.nik")
    assert caught.value.problem is problem
    assert caught.value.faults[0].field == "applicant.nik"
    assert caught.value.faults[0].code == f"nik_{problem}"
    assert not nik or nik not in str(caught.value)


def test_without_a_list_of_regions_only_impossible_ones_are_refused():
    assert check_nik("3599011708459990", None).region == "3599"
    for nik in ("0071011708459990", "3100011708459990", "9971011708459990"):
        with pytest.raises(BadNik, match="region"):
            check_nik(nik, None)


def test_a_birth_date_agrees_in_either_century():
    facts = check_nik("3171015708059990", REGIONS)
    assert facts.agrees_with(date(2005, 8, 17))
    assert facts.agrees_with(date(1905, 8, 17))
    assert not facts.agrees_with(date(2005, 8, 18))
    assert not facts.agrees_with(date(2006, 8, 17))


def test_a_masked_nik_hides_the_birth_date():
    assert mask_nik("3515081501909991") == "3515**********91"
    assert mask_nik("35150815") == "****************"
    assert mask_nik("not a number, 16") == "****************"


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=20), st.text("0123456789", min_size=16, max_size=16)))
def test_any_text_is_facts_or_a_fault(text):
    try:
        facts = check_nik(text, None)
    except Invalid:
        return
    assert text.startswith(facts.district)


def test_the_collected_vectors_are_judged_as_by_the_published_libraries():
    if not (DATA / "nik_vectors.json").is_file():
        pytest.skip(f"NOT CHECKED: no NIK vectors in {DATA}; set PTSP_DATA to the folder that has them")
    with (DATA / "regions" / "regencies.csv").open(newline="") as file:
        regions = frozenset(row["code"].replace(".", "") for row in csv.DictReader(file))
    for vector in json.loads((DATA / "nik_vectors.json").read_text())["vectors"]:
        if not vector["nik_lookup"]:
            with pytest.raises(BadNik):
                check_nik(vector["nik"], regions)
            continue
        facts = check_nik(vector["nik"], regions)
        assert facts.agrees_with(date.fromisoformat(vector["birth_date"])), vector["case"]
        assert facts.gender == vector["gender"]

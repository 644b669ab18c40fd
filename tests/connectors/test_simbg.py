"""SIMBG is only read: what a consultation says becomes a verdict by a table, and nothing of it is guessed."""

import json
from dataclasses import replace

import pytest
import yaml

from ptsp.sdk.contract import Verdict
from ptsp.sdk.errors import Forged, Misconfigured, RefusedByAgency, TryLater
from ptsp.sdk.testing import GARBAGE, HonestFolder
from ptsp.sdk.workbench import Letterbox
from tests.connectors.trial import ROOT, of

NUMBER = "PBG-351501-02032026-01"
ROW = {"status": 200, "no_konsultasi": NUMBER, "status_konsultasi": "15"}


@of("simbg")
class TestSimbg(HonestFolder):
    @pytest.fixture
    def quality(self):
        return yaml.safe_load((ROOT / "connectors" / "simbg" / "quality.yaml").read_text())

    def test_it_is_open_until_it_has_ended_and_the_figures_stay_words(self, bench):
        bench.follow(delay_s=30)
        connector, question = bench.connector(), bench.question()
        assert connector.ask(question).verdict is None
        bench.follow(delay_s=0)
        receipt = connector.look(question, NUMBER)
        assert (receipt.verdict, receipt.agency_ref) == (Verdict.APPROVED, NUMBER)
        assert receipt.findings["area"] == "1.200,5"  # theirs, to the sign
        assert "Pemilik" not in json.dumps(receipt.findings)  # whose it is was not asked

    def test_a_rejection_has_a_reason(self, bench):
        receipt = bench.verdict(bench.connector(), bench.question(bench.kind.rejected))
        assert receipt.verdict is Verdict.REJECTED
        assert receipt.reasons

    def test_a_number_that_is_not_there_goes_to_a_person(self, bench):
        for answers in ({}, {"simbg_consultation": ""}, {"simbg_consultation": "PBG-000000-1"}):
            with pytest.raises(RefusedByAgency):
                bench.connector().ask(bench.question({"answers": answers}))

    def test_a_wrong_key_is_misconfigured_though_http_says_200(self, bench):
        bench.connector().check()
        for secret in (b"x" * 32, b""):
            with pytest.raises(Misconfigured):
                bench.connector(secret=secret).check()

    @pytest.mark.parametrize("fault", [*GARBAGE, "500", "503", "timeout"])
    def test_garbage_is_no_verdict(self, bench, fault):
        bench.follow({"do": fault, "on": "look", "seconds": 5})
        with pytest.raises(TryLater):
            bench.connector().ask(bench.question())

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"status": "200", "status_konsultasi": 15}, None),
            ({"status_konsultasi": "77"}, RefusedByAgency),
            ({"status_konsultasi": None}, RefusedByAgency),
            ({"no_konsultasi": "PBG-2"}, TryLater),
            ({"status": 500}, TryLater),
            ({"status": None}, TryLater),
            ({"status": "403"}, Misconfigured),
            ({"status": "404"}, RefusedByAgency),
        ],
        ids=str,
    )
    def test_its_codes_mean_this(self, bench, changed, error):
        with Letterbox(body=json.dumps(ROW | changed).encode()).open() as there:
            connector = bench.connector(url=there.url)
            if error is None:
                assert connector.ask(bench.question()).verdict is Verdict.APPROVED
            else:
                with pytest.raises(error):
                    connector.ask(bench.question())

    def test_the_words_of_an_office_take_the_place_of_the_table(self, bench):
        made = replace(bench.settings(), options={"approved": ["SELESAI"], "open": ["15"], "field": "pbg"})
        question = bench.question({"answers": {"pbg": NUMBER}})
        bench.follow(delay_s=0)
        assert bench.make(made).ask(question).verdict is None
        twice = replace(made, options={"approved": ["15"], "rejected": ["15"]})
        with pytest.raises(Misconfigured, match="15"):
            bench.make(twice)

    def test_it_never_calls_back(self, bench):
        with pytest.raises(Forged):
            bench.connector().read_reply({}, b"{}")

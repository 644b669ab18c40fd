"""The library of by-laws: what a fee takes over, what it writes itself, and how it is collected."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ptsp.domain.fees import interest, price
from ptsp.infra.packs import check_packs, look_at, read_all, read_pack
from ptsp.kernel.formulas import Value
from ptsp.kernel.specs import TREASURER, Basis, SignerSpec, TenantPack
from tests.tenants.fee_plants import HO, IMB, MALANG, collection, let
from tests.tenants.planting import TENANTS, Edit, Raw, copied, is_named, plant, put
from tests.tenants.prices import PRICES

D = Decimal
SIGNED = {"notice": "head"}


@pytest.fixture(scope="module")
def packs() -> dict[str, TenantPack]:
    return {pack.code: pack for pack in read_all(TENANTS)}


def _line(code: str, amount: str) -> Raw:
    return {"code": code, "label": {"id": "x", "en": "x"}, "account": "4.1.2.03.01", "amount": amount}


# What is taken over


def test_figures_stand_once(packs: dict[str, TenantPack]) -> None:
    """No charged service writes a table of its own: each has them from its by-law."""
    for office in look_at(TENANTS).offices:
        for code, part in office.services.items():
            fee = packs[office.code].services[code].fee
            own = [at for at in fee.tables if f".fee.tables[{list(fee.tables).index(at)}]" not in part.loans]
            assert own == []
            assert fee.by_law is not None or not fee.lines


def test_what_a_fee_writes_itself_replaces_that_one_entry(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    before = read_pack(root, "sidoarjo").services["imb"].fee
    table = {"code": "function_index", "kind": "choices", "basis": "confirmed", "source": "-"}
    rows = [[code, 7] for code, _ in before.tables["function_index"].rows]

    def edit(raw: Raw) -> str:
        raw["fee"]["tables"] = [{**table, "rows": rows}]
        raw["fee"]["lets"] += [
            {"name": "stories", "value": "floors"},
            {"name": "seismic_part", "value": "stories"},
        ]
        raw["fee"]["lines"] = [_line("stamp", "6000"), _line("form", "9000")]
        return ""

    plant(root, IMB, edit)
    fee = read_pack(root, "sidoarjo").services["imb"].fee
    assert list(fee.lets) == ["rounds_products", "stories", *list(before.lets)[1:]]
    assert fee.lets["seismic_part"] == "stories"
    assert [line.code for line in fee.lines] == ["building", "fence", "waste_plant", "form", "stamp"]
    assert [line.amount for line in fee.lines[3:]] == ["9000", "6000"]
    assert list(fee.tables) == list(before.tables)
    assert {value for _, value in fee.tables["function_index"].rows} == {D(7)}
    assert fee.tables["weight"] == before.tables["weight"]


def test_lines_are_left_out_by_name(packs: dict[str, TenantPack]) -> None:
    assert [line.code for line in packs["lamongan"].services["imb"].fee.lines] == ["building", "fence"]


def test_the_legal_basis_is_the_regulation_unless_the_fee_names_its_own(packs: dict[str, TenantPack]) -> None:
    assert packs["sragen"].services["imb"].fee.legal_basis == "Perda Kabupaten Sragen 15/2011"
    assert (
        packs["sidoarjo"].services["ho"].fee.legal_basis
        == "Perda Kabupaten Sidoarjo 5/2012 dan Perbup Sidoarjo 32/2012"
    )


def test_a_confirmed_figure_is_assumed_where_the_fee_only_assumes_it(packs: dict[str, TenantPack]) -> None:
    """Malang's tariff is confirmed for Malang; Sragen's factors are Sragen's own."""
    bases = {
        code: packs[code].services["ho"].fee.tables["road_index"].basis for code in ("sidoarjo", "jembrana")
    }
    assert bases == {"sidoarjo": Basis.ASSUMED, "jembrana": Basis.ASSUMED}
    assert look_at(TENANTS).library.by_laws["malang_21_2008"].raw["tables"][0]["basis"] == "confirmed"
    assert packs["sragen"].services["imb"].fee.tables["work_factor"].basis is Basis.CONFIRMED


def test_the_days_of_effect_are_pinned(packs: dict[str, TenantPack]) -> None:
    fee = packs["bontang"].services["pbg"].fee
    assert (fee.by_law, str(fee.in_force_from), fee.in_force_until) == ("pp_16_2021", "2021-02-02", None)


def test_a_by_law_may_make_free(packs: dict[str, TenantPack]) -> None:
    reklame = packs["bontang"].services["reklame"]
    assert price(reklame, {}).lines == ()
    assert reklame.fee.legal_basis.startswith("Izin reklame tanpa retribusi")


@pytest.mark.parametrize(("code", "service", "answers", "total"), PRICES)
def test_amounts_are_what_they_were_before_by_laws(
    packs: dict[str, TenantPack], code: str, service: str, answers: dict[str, Value], total: int
) -> None:
    """Prices that the packs gave when each still wrote its own tables."""
    assert price(packs[code].services[service], answers).total == total


@pytest.mark.parametrize(
    ("by_law", "base", "tenant", "fee", "days"),
    [
        pytest.param(None, 11, None, None, 11, id="of the base"),
        pytest.param(None, 11, 22, None, 22, id="of the office before the base"),
        pytest.param(33, 11, 22, None, 33, id="of the by-law before the office"),
        pytest.param(33, 11, 22, 44, 44, id="of the fee before the by-law"),
        pytest.param(None, 11, None, 44, 44, id="of the fee before the base"),
    ],
)
def test_collection_and_signers_are_taken_whole_from_the_nearest(
    tmp_path: Path, by_law: int | None, base: int, tenant: int | None, fee: int | None, days: int
) -> None:
    root = copied(tmp_path, "sidoarjo")

    def says(value: int | None, *holder: str) -> Edit:
        def edit(raw: Raw) -> str:
            place: Any = raw[holder[0]] if holder else raw
            place |= {"collection": {**collection("1000"), "due_days": value}} if value else {}
            place |= {"signers": SIGNED if value == days else {"receipt": "head"}} if value else {}
            return ""

        return edit

    for file, edit in (
        (MALANG, says(by_law)),
        ("_base/standard_defaults.yaml", says(base)),
        ("sidoarjo/standard_defaults.yaml", says(tenant)),
        (HO, says(fee, "fee")),
    ):
        plant(root, file, edit)
    found = read_pack(root, "sidoarjo").services["ho"].fee
    assert found.collection.due_days == days
    assert found.collection.warn_after_days == 7
    assert found.signers == SignerSpec(notice="head", receipt=TREASURER, demand=TREASURER)


def test_what_is_free_is_not_collected(packs: dict[str, TenantPack]) -> None:
    assert packs["sidoarjo"].services["siup"].fee.collection.interest is None
    assert packs["sidoarjo"].services["imb"].fee.collection.interest is not None


def test_interest_of_the_base_is_two_per_cent_of_at_most_24_months(packs: dict[str, TenantPack]) -> None:
    imb = packs["sidoarjo"].services["imb"]
    months = {months: interest(imb, unpaid=187_625, months=months).total for months in (1, 2, 3, 24, 25, 600)}
    assert months == {1: 3753, 2: 7505, 3: 11258, 24: 90060, 25: 90060, 600: 90060}


def test_a_line_is_booked_for_the_agency_it_names(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    plant(root, MALANG, lambda raw: put("lines", 0, "agency", value="environment")(raw))
    ho = read_pack(root, "sidoarjo").services["ho"]
    bill = price(ho, {"area": D(50), "road": "local", "land_use": "trade", "disturbance": "small"})
    assert [line.agency for line in bill.lines] == ["environment"]


# The library itself


def test_the_library_is_no_office_and_no_base(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    assert [office.code for office in look_at(root).offices] == ["sidoarjo"]
    path = plant(root, "sidoarjo/tenant.yaml", put("extends", value="_bylaws"))
    assert is_named(check_packs(root), "sidoarjo/tenant.yaml", path, "there is no base `_bylaws`")


@pytest.mark.parametrize("name", ["malang.yml", "old/malang.yaml"])
def test_a_stray_file_of_the_library_is_named(tmp_path: Path, name: str) -> None:
    root = copied(tmp_path, "sidoarjo")
    (root / "_bylaws" / name).parent.mkdir(exist_ok=True)
    (root / "_bylaws" / name).write_text("code: malang\n")
    assert is_named(check_packs(root), f"_bylaws/{name}", "", "is no by-law")


def test_a_by_law_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    """The services that take it over are not blamed, and the rest of them is still checked."""
    root = copied(tmp_path, "sidoarjo")
    (root / MALANG).write_text("code: [\n")
    plant(root, HO, put("signer", "agency", value="haed"))
    faults = check_packs(root)
    assert [fault.field for fault in faults] == [MALANG, f"{HO}: $.signer.agency"]


def test_only_the_by_laws_of_an_office_matter_to_it(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo", "bontang")
    plant(root, MALANG, put("regulation", value=" "))
    assert read_pack(root, "bontang").code == "bontang"
    assert is_named(check_packs(root), MALANG, "$.regulation", "is blank")


def test_without_a_library_the_fees_that_name_a_by_law_say_so(tmp_path: Path) -> None:
    root = copied(tmp_path, "bontang")
    for file in (root / "_bylaws").iterdir():
        file.unlink()
    faults = check_packs(root)
    assert [fault.field for fault in faults] == [
        "bontang/services/pbg.yaml: $.fee.by_law",
        "bontang/services/reklame.yaml: $.fee.by_law",
    ]
    assert all("there is no by-law" in fault.reason for fault in faults)


def test_a_mistake_in_a_let_of_the_fee_stands_in_the_fee(tmp_path: Path) -> None:
    root = copied(tmp_path, "sidoarjo")
    path = plant(root, IMB, let("rounds_products", "flors > 1"))
    (fault,) = check_packs(root)
    assert fault.field == f"{IMB}: {path}"
    assert "did you mean `floors`?" in fault.reason

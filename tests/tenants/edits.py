"""Edits that plant a fault by more than one change; each says at which path it should be found."""

from typing import Any

from tests.tenants.planting import Raw, day, index, path_to


def circle_in_route(raw: Raw) -> str:
    first = index(raw["route"], "file_check")
    raw["route"][first]["after"] = ["technical"]
    return path_to("route", first, "after")


def circle_in_bundle(raw: Raw) -> str:
    """The location waits for the IMB, which waits for the location."""
    at = index(raw["route"], "spatial_check")
    raw["requirements"].append(
        {"code": "building", "label": {"id": "IMB", "en": "IMB"}, "accepts": ["application/pdf"], "max_mb": 5}
        | {"permit": "imb"}
    )
    raw["route"][at]["needs"] = ["building"]
    return "$.route"


def dead_needs(raw: Raw) -> str:
    at = index(raw["route"], "technical")
    raw["route"][at]["needs"] = ["lokation"]
    return path_to("route", at, "needs", 0)


def unread_file(raw: Raw) -> str:
    at = index(raw["requirements"], "pbb")
    raw["requirements"][at]["accepts"] = ["application/exe"]
    return path_to("requirements", at, "accepts", 0)


def unknown_after(raw: Raw) -> str:
    at = index(raw["route"], "technical")
    raw["route"][at]["after"] = ["site_vist"]
    return path_to("route", at, "after", 0)


def shared_twice(raw: Raw) -> str:
    at = index(raw["route"], "structure")
    raw["route"][at]["shared"] = "site_visit"
    return path_to("route", at, "shared")


def free_but_charged(raw: Raw) -> str:
    raw["gate"] = "before_signature"
    raw["fee"] = {"legal_basis": "Perda 1/2020", "basis": "assumed", "source": "-"} | {
        "lines": [fee_line("5000")]
    }
    return "$.fee.lines"


def neither_free_nor_charged(raw: Raw) -> str:
    del raw["fee"]["free"]
    return "$.fee"


def standard_that_ends(raw: Raw) -> str:
    raw["standard"]["valid_to"] = day("2026-12-31")
    return "$.offered.until"


def fee_line(amount: str) -> Raw:
    return {
        "code": "form",
        "label": {"id": "Formulir", "en": "Form"},
        "account": "4.1.2.03.01",
        "amount": amount,
    }


def in_law(group: str, code: str, key: str, value: Any) -> Any:
    def edit(raw: Raw) -> str:
        at = index(raw[group], code)
        raw[group][at][key] = value
        return path_to(group, at, key)

    return edit


def table_row(code: str, row: int, cell: int, value: Any) -> Any:
    def edit(raw: Raw) -> str:
        at = index(raw["tables"], code)
        rows = raw["tables"][at]["rows"]
        rows[row][cell] = value
        return path_to("tables", at, "rows", row % len(rows), cell)

    return edit


def hole_in_choices(raw: Raw) -> str:
    table = raw["tables"][index(raw["tables"], "road_index")]
    table["rows"] = [row for row in table["rows"] if row[0] != "local"]
    return "$.lines[0].amount"


def agency_without_way(raw: Raw) -> str:
    at = index(raw["agencies"], "land")
    del raw["agencies"][at]["connector"]
    del raw["agencies"][at]["options"]
    return path_to("agencies", at)


def agency_option(raw: Raw) -> str:
    at = index(raw["agencies"], "land")
    raw["agencies"][at]["options"]["treshold"] = 90
    return path_to("agencies", at, "options", "treshold")


def day_twice(raw: Raw) -> str:
    one = {"on": day("2026-01-31"), "name": "Hari Jadi Sidoarjo", "source": "-"}
    raw["days_off"] = [one, dict(one)]
    return "$.days_off[1].on"


def blank_text(raw: Raw) -> str:
    raw["texts"]["office.about"]["en"] = "   "
    return '$.texts["office.about"].en'


def missing_text(raw: Raw) -> str:
    del raw["texts"]["office.hours"]
    return '$.texts["office.hours"]'


def wrong_choice(raw: Raw) -> str:
    at = index(raw["requirements"], "environment_document")
    raw["requirements"][at]["when"] = 'disturbance != "smal"'
    return path_to("requirements", at, "when")


def optional_in_fee(raw: Raw) -> str:
    """An answer that may be left out is used by the by-law as if it were always there."""
    raw["fields"][index(raw["fields"], "area")]["required"] = False
    return "$.fee.by_law"


def fraction_of_rupiah(raw: Raw) -> str:
    raw["lines"][0]["amount"] = "base * choose(road_index, road) * choose(land_use_index, land_use) * 0.01"
    return "$.lines[0].amount"

"""The faults that are planted, one a row: each must be found, alone and at the right place."""

from tests.tenants.edits import (
    agency_option,
    agency_without_way,
    blank_text,
    circle_in_bundle,
    circle_in_route,
    day_twice,
    dead_needs,
    fraction_of_rupiah,
    free_but_charged,
    hole_in_choices,
    in_law,
    missing_text,
    neither_free_nor_charged,
    optional_in_fee,
    shared_twice,
    standard_that_ends,
    table_row,
    unknown_after,
    unread_file,
    wrong_choice,
)
from tests.tenants.planting import Plant, again, day, drop, item, put

IMB, HO, SIUP = (f"sidoarjo/services/{code}.yaml" for code in ("imb", "ho", "siup"))
MALANG, INDEX = "_bylaws/malang_21_2008.yaml", "_bylaws/imb_indeks_2007.yaml"
LOCATION = "sidoarjo/services/rekomendasi_lokasi.yaml"
TENANT, AGENCIES = "sidoarjo/tenant.yaml", "sidoarjo/agencies.yaml"
CALENDAR, TEXTS = "sidoarjo/calendar.yaml", "_base/texts.yaml"

BELOW = "0 - base * choose(road_index, road) * choose(land_use_index, land_use)"

PLANTS = [
    # who the office is
    Plant("a region code of the wrong form", TENANT, put("region_code", value="3515"), "such as `35.15`"),
    Plant("a region code read as a number", TENANT, put("region_code", value=35), "write it in quotes"),
    Plant("a wrong time zone", TENANT, put("time_zone", value="Asia/Jakrta"), "did you mean `Asia/Jakarta`?"),
    Plant("an unknown base", TENANT, put("extends", value="_bas"), "did you mean `_base`?"),
    Plant("extending a tenant", TENANT, put("extends", value="sidoarjo"), "is no base"),
    Plant(
        "another code than the folder's", TENANT, put("code", value="sidoardjo"), "the folder is `sidoarjo`"
    ),
    Plant("an unknown key", TENANT, put("timezone", value="x"), "did you mean `time_zone`?"),
    Plant("a missing key", TENANT, drop("prefix"), "is missing"),
    Plant(
        "an address that is none",
        TENANT,
        put("contacts", "head", "email", value="kepala sidoarjo.example"),
        "such as `kepala@sidoarjo.example`",
    ),
    Plant(
        "two addresses in one",
        TENANT,
        put("contacts", "head", "email", value="a@sidoarjo.example,b@sidoarjo.example"),
        "has not the right form",
    ),
    Plant(
        "an address that no mail reaches",
        TENANT,
        put("contacts", "head", "email", value="kepala@ptsp.invalid"),
        "no mail can reach",
    ),
    Plant(
        "a role nobody writes to",
        TENANT,
        put("contacts", "haed", value={"email": "a@sidoarjo.example"}),
        "did you mean `head`?",
    ),
    Plant("a contact without a way", TENANT, put("contacts", "head", value={}), "it needs at least one of"),
    Plant(
        "a gateway without encryption",
        TENANT,
        put("contacts", "head", "webhook", value="http://gateway.example/ptsp"),
        "must be an https address",
    ),
    # agencies, calendar, texts
    Plant(
        "an agency without connector or desk", AGENCIES, agency_without_way, "neither a connector nor a desk"
    ),
    Plant(
        "an unknown connector",
        AGENCIES,
        put("agencies", 0, "connector", value="permit"),
        "did you mean `permits`?",
    ),
    Plant(
        "a connector for payments",
        AGENCIES,
        put("agencies", 0, "connector", value="bank"),
        "tells of payments",
        others=9,
    ),
    Plant(
        "a signer without a desk",
        AGENCIES,
        put("agencies", 0, "connector", value="bsre"),
        "the agency needs a desk",
        others=9,
    ),
    Plant("an unknown option", AGENCIES, agency_option, "is not an option of the connector `permits`"),
    Plant("an agency given twice", AGENCIES, again("agencies"), "is given twice"),
    Plant("a day off given twice", CALENDAR, day_twice, "2026-01-31 is given twice"),
    Plant("a calendar without source", CALENDAR, drop("source"), "is missing"),
    Plant("a blank text", TEXTS, blank_text, "is blank", others=9),
    Plant(
        "a missing text", TEXTS, missing_text, "pages of the office show it", found_in="sidoarjo/texts.yaml"
    ),
    # the service and its standard
    Plant("a missing translation", IMB, drop("name", "en"), "is missing"),
    Plant("a figure without source", IMB, drop("standard", "time_limit", "source"), "is missing"),
    Plant(
        "an unknown basis",
        IMB,
        put("standard", "time_limit", "basis", value="sure"),
        "must be one of confirmed, assumed",
    ),
    Plant(
        "a limit shorter than its route",
        IMB,
        put("standard", "time_limit", "value", value=3),
        "shorter than the longest path",
    ),
    Plant(
        "a standard that ends before it begins",
        IMB,
        put("standard", "valid_to", value=day("2025-12-31")),
        "before it begins",
    ),
    Plant(
        "an offer before its standard",
        IMB,
        put("offered", "from", value=day("2025-12-31")),
        "its standard is valid only from",
    ),
    Plant(
        "an offer after its standard",
        IMB,
        standard_that_ends,
        "without end",
    ),
    Plant(
        "an offer that ends before it begins",
        IMB,
        put("offered", "until", value=day("2025-12-31")),
        "the offer ends",
    ),
    Plant("a series used twice", IMB, put("series", value="HO"), "the series `HO` is that of `ho` already"),
    Plant(
        "another code than the file's", IMB, put("code", value="imb_baru"), "the file is imb.yaml", others=9
    ),
    Plant("an unknown signer", IMB, put("signer", "agency", value="haed"), "did you mean `head`?"),
    Plant("a signer without a desk", IMB, put("signer", "agency", value="population"), "has no desk"),
    Plant("a wrong outcome", IMB, put("outcome", value="permission"), "must be one of permit"),
    # fields
    Plant("a field given twice", IMB, again("fields"), "the field `floor_area` is given twice"),
    Plant("a number without maximum", IMB, lambda raw: drop("fields", 0, "maximum")(raw), "absurd numbers"),
    Plant("a minimum above the maximum", IMB, item("fields", "floors", minimum=61), "above the maximum 60"),
    Plant(
        "a field that is a word of the language",
        IMB,
        item("fields", "use_time", code="not"),
        "expression language",
        others=9,
    ),
    # the route
    Plant("a step after an unknown step", IMB, unknown_after, "did you mean `site_visit`?"),
    Plant("a circle in a route", IMB, circle_in_route, "wait for each other in a circle"),
    Plant(
        "a circle in a bundle",
        LOCATION,
        circle_in_bundle,
        "when all services of sidoarjo are lodged together",
    ),
    Plant(
        "an unknown agency",
        IMB,
        item("route", "technical", agency="public_work"),
        "did you mean `public_works`?",
    ),
    Plant(
        "an ask at a desk",
        IMB,
        item("route", "technical", kind="ask", agency="front_office"),
        "has only a desk",
    ),
    Plant(
        "an ask at a system that is only told",
        IMB,
        item("route", "technical", agency="bank"),
        "`bank` is never asked",
    ),
    Plant(
        "a desk step at a connector", IMB, item("route", "technical", kind="desk"), "answers by its connector"
    ),
    Plant("negative days", IMB, item("route", "technical", days=-1), "-1 is too small"),
    Plant("absurd days", IMB, item("route", "technical", days=400), "400 is too large"),
    Plant(
        "days with a fraction",
        IMB,
        item("route", "technical", days="2"),
        "must be a whole number, but is `2`",
    ),
    Plant("a step given twice", IMB, again("route"), "the step `file_check` is given twice"),
    Plant("two steps of a route shared", IMB, shared_twice, "would become one task"),
    Plant("a step the platform adds", IMB, item("route", "technical", code="decision"), "adds itself"),
    Plant(
        "a step kind of the platform",
        IMB,
        item("route", "technical", kind="decide"),
        "must be one of ask, desk",
    ),
    # requirements
    Plant("needs of an unknown requirement", IMB, dead_needs, "did you mean `location`?"),
    Plant("a requirement given twice", IMB, again("requirements"), "is given twice"),
    Plant(
        "a requirement without file or permit",
        IMB,
        item("requirements", "pbb", accepts=[]),
        "accepts no file and names no permit",
    ),
    Plant(
        "a permit nobody gives",
        IMB,
        item("requirements", "location", permit="izin_lokasi", accepts=[]),
        "nobody can satisfy",
    ),
    Plant(
        "a permit misspelt",
        IMB,
        item("requirements", "location", permit="rekomendasi_lokas"),
        "did you mean `rekomendasi_lokasi`?",
    ),
    Plant(
        "a requirement of itself",
        IMB,
        item("requirements", "location", permit="imb"),
        "that is this service itself",
    ),
    Plant(
        "a kind of file nobody reads",
        IMB,
        unread_file,
        "must be one of application/pdf",
    ),
    # expressions
    Plant(
        "a condition that cannot be read",
        IMB,
        item("requirements", "structure_calculation", when="floors >"),
        "cannot be read",
    ),
    Plant("an unknown field", IMB, item("route", "structure", when="flors > 2"), "did you mean `floors`?"),
    Plant(
        "a condition that is a number",
        IMB,
        item("route", "structure", when="floors + 2"),
        "true or false is needed",
    ),
    Plant(
        "a condition that compares unlike things",
        IMB,
        item("route", "structure", when='floors == "two"'),
        "cannot be compared",
    ),
    Plant(
        "a condition that never holds", IMB, item("route", "structure", when="floors > 60"), "is never true"
    ),
    Plant("a condition on an unknown choice", HO, wrong_choice, "did you mean `small`?"),
    Plant(
        "a condition that reads a table",
        HO,
        item("route", "environment_review", when="band(tariff, area) > 1"),
        "only fees may read tables",
    ),
    # the fee
    Plant("a fee without legal basis", SIUP, drop("fee", "legal_basis"), "is missing"),
    Plant("a fee with a blank legal basis", IMB, put("fee", "legal_basis", value=" "), "is blank"),
    Plant("a table without source", INDEX, lambda raw: drop("tables", 0, "source")(raw), "is missing"),
    Plant(
        "a gate of a free service",
        SIUP,
        put("gate", value="before_signature"),
        "a free service has the gate `none`",
    ),
    Plant("a paid service without a gate", IMB, put("gate", value="none"), "say when it is paid"),
    Plant("a tariff on what is free by statute", SIUP, free_but_charged, "free by statute"),
    Plant("neither free nor charged", SIUP, neither_free_nor_charged, "say `free: true`"),
    Plant(
        "an unknown table",
        MALANG,
        in_law(
            "lines",
            "nuisance",
            "amount",
            "round(band(tarif, area) * choose(road_index, road) * choose(land_use_index, land_use) * base, 0)",
        ),
        "did you mean `tariff`?",
    ),
    Plant(
        "a table read the wrong way",
        MALANG,
        in_law(
            "lines",
            "nuisance",
            "amount",
            "round(slice(tariff, area) * choose(road_index, road) * choose(land_use_index, land_use) * base, 0)",
        ),
        "its kind is bands",
    ),
    Plant("a choice without a row", MALANG, hole_in_choices, "has no row for"),
    Plant("a line that is no whole rupiah", MALANG, fraction_of_rupiah, "wrap it in round(..., 0)"),
    Plant("a line below zero", MALANG, in_law("lines", "nuisance", "amount", BELOW), "below zero"),
    Plant("a fee on an answer that may be missing", HO, optional_in_fee, "`area` has no value"),
    Plant(
        "an unknown part",
        INDEX,
        in_law(
            "lets",
            "integrated_index",
            "value",
            "choose(function_index, function) * parametr_sum * choose(level_other, use_time)",
        ),
        "did you mean `parameter_sum`?",
    ),
    Plant("bounds that do not rise", MALANG, table_row("tariff", 1, 0, 25), "bounds go up"),
    Plant("a table without an open end", MALANG, table_row("tariff", -1, 0, 900), "must be null"),
    Plant("a bound that is a text", MALANG, table_row("tariff", 0, 0, "small"), "a bound is a number"),
    Plant(
        "an account number without quotes",
        MALANG,
        in_law("lines", "nuisance", "account", 41203),
        "write it in quotes",
    ),
]

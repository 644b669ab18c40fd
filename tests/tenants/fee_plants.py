"""Faults in by-laws, in how services take them over, and in how fees are collected, one a row."""

from typing import Any

from tests.tenants.planting import Edit, Plant, Raw, again, day, drop, index, item, put

HO, IMB, SIUP = (f"sidoarjo/services/{code}.yaml" for code in ("ho", "imb", "siup"))
PBG, DEFAULTS = "bontang/services/pbg.yaml", "_base/standard_defaults.yaml"
MALANG, FREE, LATE = (f"_bylaws/{code}.yaml" for code in ("malang_21_2008", "reklame", "bunga_2_persen"))
WORDS = {"id": "Bunga", "en": "Interest"}


def at(path: str, *edits: Edit) -> Edit:
    """These edits together; the fault is expected at another place than the last one's."""

    def edit(raw: Raw) -> str:
        for one in edits:
            one(raw)
        return path

    return edit


def without_field(code: str) -> Edit:
    def edit(raw: Raw) -> str:
        del raw["fields"][index(raw["fields"], code)]
        return ""

    return edit


def field(code: str, path: str, **changes: Any) -> Edit:
    """Change a field of the HO; the fault is expected at `path` inside it."""

    def edit(raw: Raw) -> str:
        position = index(raw["fields"], code)
        raw["fields"][position].update(changes)
        return f"$.fields[{position}]{path}"

    return edit


def another_choice(raw: Raw) -> str:
    position = index(raw["fields"], "land_use")
    choices = raw["fields"][position]["choices"]
    choices.append({"code": "mall", "label": {"id": "Mal", "en": "Mall"}})
    return f"$.fields[{position}].choices[{len(choices) - 1}].code"


def figure_asked(raw: Raw) -> str:
    raw["fee"]["lets"] = []
    raw["fields"].append({"code": "rounds_products", "label": WORDS, "type": "yes_no"})
    return f"$.fields[{len(raw['fields']) - 1}].code"


def lets(**values: str) -> Edit:
    return put("fee", "lets", value=[{"name": name, "value": value} for name, value in values.items()])


def let(name: str, value: str) -> Edit:
    def edit(raw: Raw) -> str:
        position = index(raw["fee"]["lets"], name)
        raw["fee"]["lets"][position]["value"] = value
        return f"$.fee.lets[{position}].value"

    return edit


def unread(raw: Raw) -> str:
    raw["inputs"].append({"code": "height", "label": WORDS, "type": "yes_no"})
    return f"$.inputs[{len(raw['inputs']) - 1}].code"


def collection(amount: str) -> Raw:
    interest = {"label": WORDS, "account": "4.1.4.08.01", "amount": amount}
    return {"legal_basis": "Perda", "basis": "assumed", "source": "-", "interest": interest}


CHARGED_SIUP = at(
    "$.fee.by_law",
    put("fee", value={"by_law": "malang_21_2008", "basis": "assumed"}),
    lets(area="50", road='"local"', land_use='"trade"'),
    put("gate", value="before_signature"),
)

FORM_PLANTS = [
    Plant("a by-law with an unknown key", MALANG, put("regulatoin", value="x"), "did you mean `regulation`?"),
    Plant("a by-law without a regulation", MALANG, drop("regulation"), "is missing"),
    Plant("a by-law without a source", MALANG, drop("source"), "is missing"),
    Plant("a by-law from no day", MALANG, put("in_force", "from", value="2021-2-2"), "is no day"),
    Plant("an input of no type", MALANG, item("inputs", "area", type="numeral"), "must be one of number"),
    Plant("an input without a name", MALANG, lambda raw: drop("inputs", 0, "label")(raw), "is missing"),
    Plant("an input without maximum", MALANG, lambda raw: drop("inputs", 0, "maximum")(raw), "absurd"),
    Plant("an input given twice", MALANG, again("inputs"), "the field `area` is given twice"),
    Plant("an example without inputs", MALANG, drop("examples", 0, "inputs"), "is missing"),
    Plant("an example without a basis", MALANG, drop("examples", 0, "basis"), "is missing"),
    Plant(
        "an example of what", MALANG, put("examples", 0, "of", value="fine"), "must be one of fee, interest"
    ),
    Plant("a total that is a text", MALANG, put("examples", 0, "total", value="1"), "must be a whole number"),
    Plant(
        "a line of half a rupiah", MALANG, put("examples", 0, "lines", "nuisance", value="x"), "whole number"
    ),
    Plant("a line's agency with a blank", MALANG, item("lines", "nuisance", agency="Dinas PU"), "right form"),
    Plant(
        "due days where they stood once", HO, put("fee", "due_days", value=15), "is not a key that is known"
    ),
    Plant("a collection without a source", DEFAULTS, drop("collection", "source"), "is missing"),
    Plant("a collection without a law", DEFAULTS, drop("collection", "legal_basis"), "is missing"),
    Plant("due at once", DEFAULTS, put("collection", "due_days", value=0), "0 is too small"),
    Plant("claims for ever", DEFAULTS, put("collection", "claim_years", value=99), "99 is too large"),
    Plant("interest of nothing", DEFAULTS, drop("collection", "interest", "amount"), "is missing"),
    Plant("interest on no account", DEFAULTS, drop("collection", "interest", "account"), "is missing"),
    Plant(
        "a paper nobody knows", DEFAULTS, put("signers", "notices", value="head"), "did you mean `notice`?"
    ),
]

TAKING_PLANTS = [
    Plant(
        "a by-law misspelt",
        HO,
        put("fee", "by_law", value="malang_21_2009"),
        "did you mean `malang_21_2008`?",
    ),
    Plant("a figure not set", IMB, at("$.fee.by_law", drop("fee", "lets")), "there is no let here"),
    Plant(
        "an input without a field",
        HO,
        at("$.fee.by_law", without_field("land_use")),
        "there is no field or let here",
    ),
    Plant("an input of another type", HO, field("area", ".type", type="yes_no"), "as a number", others=9),
    Plant("a choice the by-law does not have", HO, another_choice, "`mall` is no choice of `land_use`"),
    Plant("more than the by-law takes", HO, field("area", ".maximum", maximum=200000), "from 1 to 100000"),
    Plant("less than the by-law takes", HO, field("area", ".minimum", minimum=0), "from 1 to 100000"),
    Plant(
        "a figure of another type", IMB, let("rounds_products", "1"), "reads `rounds_products` as a yes_no"
    ),
    Plant("a figure above its bound", PBG, let("ilo", "0.006"), "the by-law takes `ilo` from 0 to 0.005"),
    Plant("a figure below its bound", PBG, let("shst", "0 - 1"), "the by-law takes `shst` from 0"),
    Plant("a figure that applicants are asked for", IMB, figure_asked, "set by the region"),
    Plant(
        "a let that is none of the choices",
        HO,
        at("$.fee.lets[0].value", without_field("land_use"), lets(land_use='"malls"')),
        "none of the by-law's choices of `land_use`",
    ),
    Plant(
        "a let that reads a later one",
        IMB,
        let("rounds_products", "parameter_sum > 1"),
        "neither a field nor",
    ),
    Plant(
        "a line left out that is none",
        IMB,
        at("$.fee.without[0]", put("fee", "without", value=["fences"])),
        "did you mean `fence`?",
    ),
    Plant("lines left out of nothing", SIUP, put("fee", "without", value=["form"]), "the fee names none"),
    Plant(
        "a standard older than its by-law",
        MALANG,
        at("$.standard.valid_from", put("in_force", "from", value=day("2026-01-02"))),
        "is in force only from 2026-01-02",
        found_in=HO,
    ),
    Plant(
        "a standard younger than its by-law",
        MALANG,
        at("$.standard.valid_from", put("in_force", "until", value=day("2025-12-31"))),
        "is in force only until 2025-12-31",
        found_in=HO,
    ),
    Plant("a tariff by a by-law on what is free by statute", SIUP, CHARGED_SIUP, "free by statute"),
    Plant(
        "free and yet by a tariff",
        HO,
        at("$.fee.lines", put("fee", "free", value=True)),
        "says `free: true` and has lines",
        others=9,
    ),
    Plant("a tariff without a gate", HO, put("gate", value="none"), "say when it is paid"),
    Plant(
        "a gate of what a by-law makes free",
        HO,
        at("$.gate", put("fee", "by_law", value="reklame")),
        "is free",
    ),
    Plant(
        "a fee that is only collected",
        HO,
        at("$.fee", put("fee", "by_law", value="bunga_2_persen")),
        "there are no lines",
    ),
    Plant(
        "a collection of what is free", SIUP, put("fee", "collection", value=collection("0")), "free: true"
    ),
]
BY_LAW_PLANTS = [
    Plant(
        "a by-law of another code than its file", MALANG, put("code", value="malang"), "the file is malang_21"
    ),
    Plant(
        "a by-law that ends before it begins",
        MALANG,
        at(
            "$.in_force.until", put("in_force", value={"from": day("2008-02-01"), "until": day("2008-01-01")})
        ),
        "before it begins",
    ),
    Plant(
        "a by-law both free and charged",
        MALANG,
        at("$.lines", put("free", value=True)),
        "take one of them away",
    ),
    Plant("a by-law that says nothing", FREE, at("$", drop("free")), "says nothing"),
    Plant("an input that nothing reads", MALANG, unread, "read by no expression"),
    Plant("a part of a by-law given twice", MALANG, again("lets"), "is given twice"),
    Plant("a table of a by-law given twice", MALANG, again("tables"), "the table `tariff` is given twice"),
    Plant("a line of a by-law given twice", MALANG, again("lines"), "the line `nuisance` is given twice"),
    Plant("a choice of an input without a row", MALANG, lambda raw: _no_row(raw), "has no row for"),
    Plant(
        "a line of an agency that is not there",
        MALANG,
        at("$.fee.by_law", item("lines", "nuisance", agency="public_work")),
        "did you mean `public_works`?",
        found_in=HO,
    ),
    Plant(
        "a by-law signed by nobody here",
        MALANG,
        at("$.fee.by_law", put("signers", value={"notice": "mayor"})),
        "mayor",
        found_in=HO,
    ),
]

COLLECTION_PLANTS = [
    Plant(
        "interest of part of a rupiah",
        DEFAULTS,
        put("collection", "interest", "amount", value="exact"),
        "whole",
    ),
    Plant(
        "interest below zero",
        DEFAULTS,
        put("collection", "interest", "amount", value="0 - unpaid"),
        "below zero",
    ),
    Plant(
        "interest on answers",
        DEFAULTS,
        put("collection", "interest", "amount", value="round(exact * floor_area, 0)"),
        "uses `floor_area`, which is not known here",
    ),
    Plant(
        "interest on a part that is none",
        DEFAULTS,
        put("collection", "interest", "amount", value="round(exakt, 0)"),
        "did you mean `exact`?",
    ),
    Plant(
        "interest in words",
        DEFAULTS,
        put("collection", "interest", "amount", value='"two"'),
        "no amount of money",
    ),
    Plant(
        "interest that cannot be read",
        DEFAULTS,
        put("collection", "interest", "amount", value="2 %"),
        "cannot be",
    ),
    Plant(
        "interest that reads a table",
        DEFAULTS,
        put("collection", "interest", "amount", value="round(band(rate, months), 0)"),
        "reads the table `rate`",
    ),
    Plant(
        "a part of interest that has no value",
        DEFAULTS,
        at(
            "$.collection.interest.lets[0].value",
            put("collection", "interest", "lets", 0, "value", value="unpaid / (months - 1)"),
        ),
        "has no value",
    ),
    Plant(
        "interest of one service",
        HO,
        at("$.fee.collection.interest.amount", put("fee", "collection", value=collection("unpaid * 0.02"))),
        "whole rupiah",
    ),
    Plant(
        "interest of a by-law", LATE, put("collection", "interest", "amount", value="exact"), "whole rupiah"
    ),
    Plant(
        "a signer nobody knows",
        DEFAULTS,
        put("signers", "notice", value="treasure"),
        "did you mean `treasurer`?",
    ),
    Plant("a signer without a desk", DEFAULTS, put("signers", "demand", value="population"), "has no desk"),
    Plant(
        "a technical agency that signs without a desk",
        PBG,
        at("$.fee.signers.notice", put("fee", "signers", value={"notice": "public_works"})),
        "`public_works` has no desk",
    ),
]


def _no_row(raw: Raw) -> str:
    table = raw["tables"][index(raw["tables"], "land_use_index")]
    table["rows"] = table["rows"][1:]
    return "$.lines[0].amount"


FEE_PLANTS = [*FORM_PLANTS, *TAKING_PLANTS, *BY_LAW_PLANTS, *COLLECTION_PLANTS]

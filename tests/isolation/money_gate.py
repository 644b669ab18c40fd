"""Statements by which a permit might come out unpaid, or a rupiah be used twice, past all of the platform's code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# {owing}, {other}: applications that are charged and not paid; {ready}: paid, not decided; {permit}: paid and
# approved. Where payment follows the signature, {signed}: decided and not paid; {collectable}: paid; {unsigned}: only
# lodged. {x_bundle}, {x_notice}, {x_total}, {x_payment} and {x_decision} belong to them. {loose}: a payment that
# nothing is booked for; {double_payment}: one that is owed back, by {refund}. {fresh}: an id that nothing has.

UNPAID: Final = "no_permit_without_payment"
EXACT: Final = "settled_to_the_rupiah"
TWICE: Final = "no_rupiah_twice"
CLOSED: Final = "closed_once_and_unpaid"
CHARGED: Final = "charged_stays_charged"
DENIED: Final = "42501"  # no right to
KNOWN: Final = "23505"  # it is there already
NO_PARENT: Final = "23503"
POSITIVE: Final = "allocation_amount_check"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One transaction, refused by a constraint of that name or with that code; where none is named, it passes."""

    name: str
    statements: Sequence[str]
    refused_by: str = ""
    after_signature: bool = False


def decision(of: str, kind: str = "permit") -> str:
    return (
        "INSERT INTO app.decision (tenant_id, id, bundle_id, application_id, kind, number, code, state, drafted_at,"
        f" reasons) VALUES ({{tenant}}, gen_random_uuid(), {{{of}_bundle}}, {{{of}}}, '{kind}', 'T-1', 'T-code',"
        " 'drafted', clock_timestamp(), ARRAY['x'])"
    )


def received(amount: str = "{owing_total}", ref: str = "new") -> str:
    return (
        "INSERT INTO app.payment (tenant_id, id, bill, amount, provider, provider_ref, paid_at, channel)"
        f" VALUES ({{tenant}}, {{fresh}}, 'x', {amount}, 'bank', '{ref}', clock_timestamp(), 'va')"
    )


def settlement(of: str = "owing", notice: str = "", total: str = "") -> str:
    return (
        "INSERT INTO app.settlement (tenant_id, notice_id, application_id, total, settled_at)"
        f" VALUES ({{tenant}}, {{{notice or of}_notice}}, {{{of}}}, {total or f'{{{of}_total}}'}, clock_timestamp())"
    )


def allocation(
    amount: str = "{owing_total}", payment: str = "{fresh}", notice: str = "owing", line: str = "line1"
) -> str:
    return (
        "INSERT INTO app.allocation (tenant_id, payment_id, notice_id, line, account, agency, amount)"
        f" VALUES ({{tenant}}, {payment}, {{{notice}_notice}}, '{line}', '4.1', 'treasurer', {amount})"
    )


def reversal(of: str) -> str:
    return (
        "INSERT INTO app.reversal (tenant_id, notice_id, reason, by, at)"
        f" VALUES ({{tenant}}, {{{of}_notice}}, 'x', 'x', clock_timestamp())"
    )


def refund(payment: str, amount: str) -> str:
    return (
        "INSERT INTO app.refund (tenant_id, id, payment_id, number, amount, reason, owed_at, owed_by, code)"
        f" VALUES ({{tenant}}, gen_random_uuid(), {payment}, gen_random_uuid()::text, {amount}, 'double',"
        " clock_timestamp(), 'x', gen_random_uuid()::text)"
    )


def payout(of: str, reference: str = "T-1") -> str:
    return (
        "INSERT INTO app.payout (tenant_id, refund_id, reference, paid_at, by)"
        f" VALUES ({{tenant}}, {of}, '{reference}', clock_timestamp(), 'x')"
    )


def handover(of: str, application: str = "") -> str:
    return (
        "INSERT INTO app.handover (tenant_id, decision_id, application_id, at)"
        f" VALUES ({{tenant}}, {{{of}_decision}}, {{{application or of}}}, clock_timestamp())"
    )


def approved(of: str) -> str:
    return f"UPDATE app.application SET state = 'approved', ended_at = clock_timestamp() WHERE id = {{{of}}}"


def cancelled(of: str) -> str:
    return (
        "UPDATE app.fee_notice SET state = 'cancelled', closed_on = current_date, closed_for = 'x'"
        f" WHERE id = {{{of}_notice}}"
    )


def new_application(state: str) -> str:
    return (
        "INSERT INTO app.application SELECT (jsonb_populate_record(a, jsonb_build_object('id', {fresh},"
        f" 'position', 90, 'state', '{state}', 'ended_at', clock_timestamp()))).* FROM app.application a"
        " WHERE id = {owing}"
    )


PAYS: Final = (received(), settlement(), allocation())  # to the rupiah, by new money
AT_ONCE: Final = "SET CONSTRAINTS ALL IMMEDIATE"
FREE: Final = "(SELECT id FROM app.standard WHERE gate = 'none' LIMIT 1)"
NOBODY: Final = "SELECT set_config('app.tenant', '9999', true)"
NO_TENANT: Final = "SELECT set_config('app.tenant', '', true)"
LATER: Final = "SET CONSTRAINTS ALL DEFERRED"
RESTORING: Final = "SELECT set_config('app.restoring', CAST({tenant} AS text), true)"

ATTEMPTS: Final = (
    # The gate before the signature.
    Attempt("a permit without a payment", [decision("owing")], UNPAID),
    Attempt("a recommendation without a payment", [decision("owing", "recommendation")], UNPAID),
    Attempt("a registration without a payment", [decision("owing", "registration")], UNPAID),
    Attempt("an approval without a payment", [approved("owing")], UNPAID),
    Attempt("an application that begins approved", [new_application("approved")], UNPAID),
    Attempt(
        "a refusal that becomes a permit",
        [
            decision("owing", "refusal"),
            "UPDATE app.decision SET kind = 'permit' WHERE application_id = {owing}",
        ],
        DENIED,
    ),
    Attempt(
        "a permit handed to another application",
        ["UPDATE app.decision SET application_id = {owing} WHERE application_id = {permit}"],
        DENIED,
    ),
    Attempt("paid and taken back again", [*PAYS, decision("owing"), reversal("owing")], UNPAID),
    Attempt("paid, taken back, then decided", [*PAYS, reversal("owing"), decision("owing")], UNPAID),
    Attempt("the payment of a permit taken back", [reversal("permit")], UNPAID),
    Attempt("a permit and its payment taken back", [decision("ready"), reversal("ready")], UNPAID),
    Attempt(
        "money moved from a permit to another application",
        [reversal("permit"), settlement(), allocation(payment="{permit_payment}"), decision("owing")],
        UNPAID,
    ),
    # Whose settlement?
    Attempt("with the settlement of another", [settlement(notice="ready"), decision("owing")], KNOWN),
    Attempt("with the claim of another", [received(), settlement(notice="other"), decision("owing")], EXACT),
    Attempt(
        "with the claim of another, paid for",
        [received(), settlement(notice="other"), allocation(notice="other"), decision("owing")],
        EXACT,
    ),
    Attempt("an allocation of no settlement", [received(), allocation(), decision("owing")], NO_PARENT),
    Attempt("with a payment of nobody", [settlement(), allocation(), decision("owing")], NO_PARENT),
    # To the rupiah.
    Attempt("a settlement with no money", [settlement(), decision("owing")], EXACT),
    Attempt("a settlement of nothing", [settlement(total="0"), decision("owing")], EXACT),
    Attempt("a rupiah too little", [received(), settlement(), allocation("{owing_total} - 1")], EXACT),
    Attempt(
        "a rupiah too much",
        [received("{owing_total} + 1"), settlement(), allocation("{owing_total} + 1")],
        EXACT,
    ),
    Attempt("a line of less than nothing", [received(), settlement(), allocation("-1")], POSITIVE),
    Attempt("more than was received", [received("{owing_total} - 1"), *PAYS[1:]], TWICE),
    Attempt(
        "more for what is settled already", [received(), allocation("5", notice="ready", line="more")], EXACT
    ),
    Attempt("settled twice", [*PAYS, settlement()], KNOWN),
    # No rupiah twice.
    Attempt("money that pays another already", [settlement(), allocation(payment="{permit_payment}")], TWICE),
    Attempt(
        "one payment for two claims",
        [*PAYS, settlement("other"), allocation("{other_total}", notice="other")],
        TWICE,
    ),
    Attempt("paid with and owed back", [*PAYS, refund("{fresh}", "1")], TWICE),
    Attempt("money of a permit owed back", [refund("{permit_payment}", "1")], TWICE),
    Attempt("owed back twice", [refund("{double_payment}", "1")], TWICE),
    Attempt("freed twice", [reversal("ready"), reversal("ready")], KNOWN),
    Attempt("freed and never paid", [reversal("owing")], NO_PARENT),
    Attempt("the same money again", [received(ref="new"), received(ref="new")], KNOWN),
    Attempt("paid back twice", [payout("{refund}"), payout("{refund}", "T-2")], KNOWN),
    Attempt("paid back for nothing", [payout("{fresh}")], NO_PARENT),
    # What is written stays.
    Attempt("more money than came", ["UPDATE app.payment SET amount = amount * 2"], DENIED),
    Attempt("a smaller settlement", ["UPDATE app.settlement SET total = 0"], DENIED),
    Attempt("a moved allocation", ["UPDATE app.allocation SET notice_id = {owing_notice}"], DENIED),
    Attempt("a reversal undone", ["DELETE FROM app.reversal"], DENIED),
    Attempt("a refund forgotten", ["DELETE FROM app.refund"], DENIED),
    Attempt("a smaller claim", ["UPDATE app.fee_notice SET total = 0 WHERE id = {owing_notice}"], DENIED),
    Attempt("a claim of another kind", ["UPDATE app.fee_notice SET kind = 'demand'"], DENIED),
    Attempt("another gate", ['UPDATE app.standard SET content = content || \'{{"gate": "none"}}\''], DENIED),
    Attempt("a paid claim cancelled", [cancelled("ready")], CLOSED),
    Attempt("cancelled while it is paid", [*PAYS, cancelled("owing")], CLOSED),
    Attempt("cancelled and then paid", [cancelled("owing"), *PAYS], EXACT),
    Attempt(
        "a cancelled claim that stands again",
        [cancelled("owing"), "UPDATE app.fee_notice SET state = 'valid' WHERE id = {owing_notice}"],
        CLOSED,
    ),
    Attempt(
        "no longer to be paid", ["UPDATE app.application SET charged = false WHERE id = {owing}"], CHARGED
    ),
    Attempt(
        "free by another service's standard",
        [
            f"UPDATE app.application SET charged = false, standard_id = {FREE} WHERE id = {{owing}}",
        ],
        CHARGED,
    ),
    Attempt(
        "under the standard of a free service",
        [
            f"UPDATE app.application SET standard_id = {FREE} WHERE id = {{owing}}",
            decision("owing"),
        ],
        NO_PARENT,
    ),
    # Games with the checks themselves.
    Attempt("another tenant at the end", [decision("owing"), NOBODY], UNPAID),
    Attempt("no tenant at the end", [*PAYS, NO_TENANT], EXACT),
    Attempt("as if the office were brought back", [RESTORING, decision("owing")], UNPAID),
    Attempt("settled as if it were brought back", [RESTORING, settlement()], EXACT),
    Attempt("owed back as if it were brought back", [RESTORING, refund("{permit_payment}", "1")], TWICE),
    Attempt("checked at once", [AT_ONCE, decision("owing")], UNPAID),
    Attempt("checked at once, then later", [AT_ONCE, LATER, decision("owing")], UNPAID),
    Attempt(
        "taken back after the check", [*PAYS, decision("owing"), AT_ONCE, LATER, reversal("owing")], UNPAID
    ),
    Attempt("triggers off", ["ALTER TABLE app.decision DISABLE TRIGGER ALL", decision("owing")], DENIED),
    Attempt("as a replica", ["SET LOCAL session_replication_role = replica", decision("owing")], DENIED),
    Attempt(
        "with a function of one's own",
        ["CREATE OR REPLACE FUNCTION app.check_gate() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'"],
        DENIED,
    ),
    Attempt(
        "on an older picture",
        ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", *PAYS],
        "read_committed",
    ),
    Attempt("on one's own", ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", *PAYS], "read_committed"),
    # The gate after it.
    Attempt("collected without a payment", [handover("signed")], UNPAID, after_signature=True),
    Attempt("approved without a payment", [approved("signed")], UNPAID, after_signature=True),
    Attempt(
        "collected in the name of one that is paid",
        [handover("signed", "collectable")],
        NO_PARENT,
        after_signature=True,
    ),
    Attempt(
        "collected, and the payment taken back",
        [handover("collectable"), reversal("collectable")],
        UNPAID,
        after_signature=True,
    ),
    # What has to pass.
    Attempt("paid and decided", [*PAYS, decision("owing")]),
    Attempt("decided before it is paid, in one transaction", [decision("owing"), *PAYS]),
    Attempt("a permit that is paid", [decision("ready"), approved("ready")]),
    Attempt("a refusal costs nothing", [decision("owing", "refusal")]),
    Attempt("taken back and owed back", [reversal("ready"), refund("{ready_payment}", "{ready_total}")]),
    Attempt(
        "taken back for another", [reversal("ready"), settlement(), allocation(payment="{ready_payment}")]
    ),
    Attempt("an unpaid claim cancelled", [cancelled("owing")]),
    Attempt("paid and collected", [handover("collectable")], after_signature=True),
    Attempt("signed before it is paid", [decision("unsigned")], after_signature=True),
)


@dataclass(frozen=True, slots=True)
class Race:
    """Two transactions that would each be right alone; at most one may come through."""

    name: str
    first: Sequence[str]
    second: Sequence[str]


RACES: Final = (
    Race(
        "one payment for two claims",
        [settlement(), allocation("{owing_total}", "{loose}")],
        [settlement("other"), allocation("{owing_total}", "{loose}", "other")],
    ),
    Race(
        "booked and owed back",
        [settlement(), allocation("{owing_total}", "{loose}")],
        [refund("{loose}", "{owing_total}")],
    ),
    Race("owed back twice", [refund("{loose}", "{owing_total}")], [refund("{loose}", "{owing_total}")]),
    Race("decided and taken back", [decision("ready")], [reversal("ready")]),
    Race("approved and taken back", [approved("ready")], [reversal("ready")]),
    Race("paid and cancelled", [settlement(), allocation("{owing_total}", "{loose}")], [cancelled("owing")]),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the database lets through, since it knows no by-law and no bank; and what finds it."""

    name: str
    statements: Sequence[str]
    found_by: str


NEW_NOTICE: Final = (
    "INSERT INTO app.fee_notice SELECT (jsonb_populate_record(n, jsonb_build_object('id', {fresh}, 'number', 'T-1',"
    " 'code', 'T-1', 'state', 'valid', 'total', 0, 'lines', '[]'))).* FROM app.fee_notice n WHERE id = {owing_notice}"
)
DOORS: Final = (
    Accepted("money that nobody received", [*PAYS, decision("owing")], "the statement of the bank"),
    Accepted(
        "a claim of nothing",
        [
            cancelled("owing"),
            NEW_NOTICE,
            settlement(notice="owing", total="0").replace("{owing_notice}", "{fresh}"),
            decision("owing"),
        ],
        "ptsp fees recompute",
    ),
)

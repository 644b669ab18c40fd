"""Why something that was sent is refused: a stable code each, said in plain English.

The pages say the same in the reader's language, under the same codes.
"""

from collections.abc import Mapping
from typing import Final

from ptsp.kernel.errors import Fault

REASONS: Final[Mapping[str, str]] = {
    # the shape of what was sent
    "missing": "is missing",
    "too_many_at_once": "is more than {most} at once",
    "unknown": "is not asked for",
    "null": "may not be null",
    "wrong_type": "is of the wrong type",
    "length": "must have {least} to {most} characters or entries",
    "too_long": "is longer than {most} characters",
    "choice": "must be one of {choices}",
    "date": "must be a date such as 2026-01-31",
    "document_id": "must be the id of an uploaded document",
    # the applicant
    "nik_length": "a NIK has 16 digits",
    "nik_digits": "a NIK has only the digits 0 to 9",
    "nik_region": "its first four digits are not a region's code",
    "nik_birth_date": "its digits 7 to 12 are not a date of birth",
    "nik_serial": "its last four digits cannot be 0000",
    "kk": "must have 16 digits",
    "birth_on": "must be between {least} and today",
    "blank": "is blank",
    "one_line": "must be one line",
    "character": "holds a character that cannot be stored ({character})",
    # answers
    "not_asked": "is not asked for with these answers",
    "yes_no": "must be yes or no",
    "text": "must be a text",
    "number": "must be a number",
    "plain_number": "write a plain number with a decimal point, such as 1000.50",
    "number_as_text": (
        'write a number with a point as text, such as "157.50": as a bare one it may lose digits'
    ),
    "digits": "at most {most} digits before and after the point",
    "at_least": "must be at least {least}",
    "whole_between": "must be a whole number from {least} to {most}",
    "moment": "must be a date and time of ISO 8601 with its offset, such as 2026-07-01T09:30:00+07:00",
    "moment_range": "must be between {earliest} and now",
    "day_range": "must be between {earliest} and today",
    "at_most": "must be at most {most}",
    "decimals": "may have at most {most} decimals",
    "no_fee": "the fee cannot be worked out: {why}",
    # what is applied for
    "how_many": "must hold {least} to {most} applications, not {count}",
    "twice": "{service} is already applied for in this bundle",
    "not_offered": "{service!r} is not offered by this office; it offers {offered}",
    "staff_only": "{service!r} is for the staff of this office alone; it is lodged at the counter that takes it in",
    "offered_from": "is offered from {day}",
    "offered_until": "was offered until {day}",
    "requirement": "{requirement!r} is none of {known}",
    "document_missing": "is missing: {document}",
    "document_or_permit_missing": "is missing: {document}, or apply for {service} in the same bundle",
    "no_such_document": "no such uploaded document for this requirement",
    "key_used": "was used before for a different submission",
    "key_form": "must be at most {most} printable ASCII characters",
    # desks
    "no_officer": "this token names no officer, who could take or have taken anything",
    "own_case": "nobody decides a case of his own; these may: {others}",
    "own_case_alone": "nobody decides a case of his own, and nobody else may here: the administrator has to name one",
    "four_eyes": "who assesses a case does not sign it, and {who} is on the other side already; these may: {others}",
    "four_eyes_alone": (
        "who assesses a case does not sign it, {who} is on the other side already, and nobody else may here: the "
        "administrator has to name one"
    ),
    "four_eyes_unnamed": "here one assesses and another signs: sign in by name, since this token names nobody",
    "queue_place": "is not the `next` of a page before",
    # people
    "login": "has 1 to 40 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit",
    "login_taken": "{login} is taken; it stays with whoever had it",
    "no_desk": "{agency!r} has no desk here; there are {desks}",
    "whole_office": "{role} is for the whole office: name no desk and no service",
    "needs_desk": "{role} is held at a desk: name one of {desks}",
    "until_past": "ends before it begins",
    "held_already": "{login} holds just this already; revoke it first to change its end",
    "own_holding": "nobody grants himself anything; another administrator does",
    "has_left": "{login} has left; whoever comes back gets a new login",
    "password_short": "has fewer than {least} characters",
    "password_long": "has more than {most} characters",
    "password_login": "holds the login, and little else",
    "password_common": "is one of those that are tried first, or made of too few signs",
    "password_same": "is the one there was",
    "password_wrong": "is not the password there is",
    "code_wrong": "is not the code of this moment, or was used already",
    # clocks
    "stop_not_allowed": "{service} does not let its clock stand for this reason; it allows {allowed}",
    "no_extension": "the standard of {service} allows no extension",
    "extension_too_long": "{service} may be extended by 1 to {most} more",
    # corrections, withdrawals, objections
    "nothing_asked": "name at least one field or document to be corrected",
    "not_returnable": "{name!r} is none of what this task may return: {known}",
    "named_twice": "{name!r} is named twice",
    "no_rounds_left": "{service} was returned {most} times already; decide on what is there",
    "document_same": "was handed in before; upload the corrected document",
    "route_changed": (
        "cannot be corrected to this: the application would take another way or another fee; withdraw it and "
        "apply anew"
    ),
    "not_in_bundle": "{service!r} is not applied for in this bundle; it has {known}",
    "not_refused": "{service!r} was not refused in this bundle",
    "objection_none": "the standard of {service} knows no objection",
    "objection_late": "an objection was possible until {day}",
    # moving a running case to another version
    "step_left_out": "step {step} at {agency} has begun or ended, and the new route has no place for it",
    "step_must_wait": "step {step} at {agency} has begun, and in the new route it waits for {before}",
    "case_over": "the application has been decided, withdrawn, has lapsed or was approved by law",
    "case_rejected": "a step of the application was rejected, so it will be refused",
    "case_deciding": "the decision is being written",
    "case_in_correction": "a correction by the applicant is awaited",
    "case_pinned": "the application is under version {version} already",
    "case_moved_on": "the application is under version {version} no longer",
    "fee_differs": "the application is billed already: {charged}, and by the new version {new}",
    # uploaded files
    "file_empty": "the file is empty",
    "file_too_large": "the file is larger than {most} MB",
    "file_wrong_kind": "the content of the file is not {kinds}",
    "file_damaged": "the file is damaged and cannot be read; make it again and upload it once more",
    "file_encrypted": "the file is locked with a password; upload it without one",
    "file_active_content": (
        "the file holds a program, an attachment or an action that runs by itself ({what})"
    ),
    "file_hidden_content": (
        "there is other data after the end of the document; save it again as a plain one"
    ),
    "file_too_many_pixels": (
        "the picture has more than {most} million pixels; make it smaller and upload it again"
    ),
    # bank statements, cash, and what the treasurer closes
    "statement_encoding": "is not in UTF-8; save the file as UTF-8 and try again",
    "statement_csv": "the quotation marks do not fit",
    "statement_columns": "lacks the columns {missing}; a statement has date, reference, amount and description",
    "statement_column_twice": "has the column {column} twice",
    "statement_cells": "has {count} cells where the first line has {expected}",
    "statement_date": "must be a date such as 2026-03-02 or 02/03/2026",
    "statement_amount": "must be an amount such as 1.234.567,00 or 1234567.00",
    "statement_amount_range": "must be an amount other than 0 and at most {most}",
    "statement_sen": "must be whole rupiah",
    "statement_currency": "must be in IDR",
    "statement_no_lines": "has no entries",
    "statement_too_long": "has more than {most} entries; ask the bank for shorter periods",
    "statement_format": "is neither CSV nor camt.053 of version 02 or 08",
    "statement_doctype": "holds a document type declaration, which is not taken",
    "statement_xml": "is not well-formed XML here",
    "statement_accounts": "holds statements of more than one account",
    "statement_direction": "says neither CRDT nor DBIT",
    "statement_no_reference": "carries no reference",
    "statement_no_balance": "has no balance {balance}",
    "statement_balance": "opens with {opening} and its entries come to {sum}, but it closes with {closing}",
    "deposit_reference_used": "is the reference of another deposit",
    "no_bill": "there is no bill under this number",
    "cash_amount": "must be exactly {total}",
    "period": "must begin before it ends and have at most {most} days",
}


def fault(field: str, code: str, **values: object) -> Fault:
    """A fault for one of `REASONS`. Raises KeyError for a code that is none of them or a value it lacks."""
    said = {name: str(value) for name, value in values.items()}
    return Fault(field, REASONS[code].format(**said), code, tuple(said.items()))

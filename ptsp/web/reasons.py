"""Says a fault in the reader's language, and what it speaks of by the name the form gives it."""

import re
from datetime import date
from decimal import Decimal

from flask import g

from ptsp.kernel.errors import Fault
from ptsp.kernel.specs import TenantPack
from ptsp.web import format as shown
from ptsp.web.intake import Asked, Intake, Wanted
from ptsp.web.pages import pages, read, say

NUMBER = re.compile(r"-?\d+(\.\d+)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
OF_SERVICE = re.compile(r"applications\[(\d+)\]")


def told(intake: Intake, fault: Fault, pack: TenantPack) -> str:
    """`NIK: empat angka pertamanya bukan kode daerah.`"""
    label = _label(intake, fault.field)
    return f"{label}: {reason(fault, pack)}" if label else reason(fault, pack)


def reason(fault: Fault, pack: TenantPack) -> str:
    """Why, in the reader's language; in the fault's own English where its code has no text."""
    key = f"reason.{fault.code}"
    if not pages().words.has(key):
        return fault.reason
    return say(key, **{name: _shown(name, value, pack) for name, value in fault.values})


def label_of(intake: Intake, name: str | None) -> str:
    """What the form calls one of its inputs; empty for none."""
    if name and name.startswith("applicant."):
        return say(name)
    rows: list[Asked | Wanted] = [*intake.asked, *intake.wanted]
    return next((read(row.spec.label) for row in rows if row.name == name), "")


def _label(intake: Intake, path: str) -> str:
    """The input's name, else the service's, else the path as it came."""
    if label := label_of(intake, intake.input_of(path)):
        return label
    found = OF_SERVICE.match(path)
    if found and int(found[1]) < len(intake.services):
        return read(intake.services[int(found[1])].name)
    return "" if path == "Idempotency-Key" else path


def _shown(name: str, value: str, pack: TenantPack) -> str:
    """A value as the reader writes it: numbers, days, and services by their names."""
    if name == "service":
        return read(pack.services[value].name) if value in pack.services else value
    if DAY.fullmatch(value):
        return shown.long_date(date.fromisoformat(value), g.lang)
    return shown.number(Decimal(value), g.lang) if NUMBER.fullmatch(value) else value

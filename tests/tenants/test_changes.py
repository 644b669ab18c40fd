"""What differs between two packs: nothing between equal ones, and every single edit is seen and said."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ptsp.flows.pack_texts import change_text, kept_text, short_name
from ptsp.flows.pack_words import FIELDS
from ptsp.infra.packs import Kind, Subject, changes, pack_from_json, pack_to_json, read_all
from ptsp.kernel.limits import Limit, Unit
from ptsp.kernel.specs import Contact, DayOff, ObjectionSpec, TenantPack
from tests.tenants.planting import TENANTS, day

WORDS = {"id": "Baru", "en": "New"}


@pytest.fixture(scope="module")
def packs() -> dict[str, TenantPack]:
    return {pack.code: pack for pack in read_all(TENANTS)}


@pytest.fixture(scope="module")
def pack(packs: dict[str, TenantPack]) -> TenantPack:
    return packs["sidoarjo"]


def test_a_pack_does_not_differ_from_itself(packs: dict[str, TenantPack]) -> None:
    for pack in packs.values():
        assert changes(pack, pack) == ()
        assert changes(pack, pack_from_json(pack_to_json(pack))) == ()


def test_every_edit_of_a_stored_pack_is_a_change_and_has_words(packs: dict[str, TenantPack]) -> None:
    """Each kind of place once: a value replaced, an entry taken away, two neighbours in the other order."""
    tried: set[str] = set()
    seen = 0
    for pack in packs.values():
        stored = pack_to_json(pack)
        for place, other in _edited(stored, tried):
            if pack_to_json(other) == stored:
                continue  # a key left out that was null anyway
            found = changes(pack, other)
            assert found, place
            words = [change_text(one, pack, other)[language] for one in found for language in ("id", "en")]
            assert all(one.strip() for one in words), place
            seen += 1
    assert seen > 170


def _edited(stored: dict[str, Any], tried: set[str]) -> Iterator[tuple[str, TenantPack]]:
    """Packs of one edit each. What the reader does not take is no pack."""
    edited = deepcopy(stored)
    for path, place in _places(stored, (), ""):
        holder, key = _at(edited, path[:-1]), path[-1]
        if place in tried:
            continue
        tried.add(place)
        made = (_built(edited, holder, key, make) for make in _made(_at(stored, path)))
        replaced = next((one for one in made if one is not None), None)
        without = None if key in LANGUAGES else _built(edited, holder, key, lambda _: GONE)
        yield from ((place, one) for one in (replaced, without) if one is not None)


GONE = object()
LANGUAGES = ("id", "en")


def _made(value: Any) -> Iterator[Callable[[Any], Any]]:
    """Ways to make another value; the first that the reader takes is the one that is tried."""
    if isinstance(value, bool):
        yield lambda old: not old
    elif isinstance(value, int):
        yield lambda old: old + 1
    elif isinstance(value, str):
        yield lambda old: f"{old}x"
        yield lambda old: f"{old}1"
        yield lambda old: f"{old[:-2]}27" if old[-2:] != "27" else f"{old[:-2]}26"
        for word in (
            "one_roof",
            "after_signature",
            "none",
            "registration",
            "confirmed",
            "desk",
            "ask",
            "payment",
        ):
            yield lambda old, word=word: word if old != word else "assumed"
    elif isinstance(value, list) and len(value) > 1:
        yield lambda old: [old[1], old[0], *old[2:]]


def _places(value: Any, path: tuple[Any, ...], place: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Paths of a stored pack, each with what kind of place it is: entries of lists and mappings are all alike."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        named = key if key in FIELDS and place.rpartition(".")[2] != "services" else "*"
        if (*path, key) == ("digest",):
            continue
        yield (*path, key), f"{place}.{named}"
        yield from _places(inner, (*path, key), f"{place}.{named}")


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _built(edited: dict[str, Any], holder: Any, key: Any, make: Callable[[Any], Any]) -> TenantPack | None:
    """The pack with one value replaced or taken away, for as long as it is built; None where that makes none."""
    old, before = holder[key], list(holder.items()) if isinstance(holder, dict) else list(holder)
    made = make(old)
    if made is GONE:
        del holder[key]
    else:
        holder[key] = made
    try:
        return pack_from_json(edited)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    finally:
        holder.clear()
        holder.update(before) if isinstance(holder, dict) else holder.extend(before)


def siup(pack: TenantPack, **edited: Any) -> TenantPack:
    return _with(pack, "siup", **edited)


def _with(pack: TenantPack, code: str, **edited: Any) -> TenantPack:
    return replace(pack, services={**pack.services, code: replace(pack.services[code], **edited)})


def limited(pack: TenantPack, limit: Limit) -> TenantPack:
    standard = pack.services["siup"].standard
    return siup(pack, standard=replace(standard, time_limit=replace(standard.time_limit, limit=limit)))


def route(pack: TenantPack, **edited: Any) -> TenantPack:
    first, *others = pack.services["siup"].route
    return siup(pack, route=(replace(first, **edited), *others))


def without(pack: TenantPack, group: str, code: str) -> TenantPack:
    return replace(pack, **{group: {key: one for key, one in getattr(pack, group).items() if key != code}})


def _dearer(pack: TenantPack) -> TenantPack:
    table = pack.services["ho"].fee.tables["tariff"]
    (bound, worth), *others = table.rows
    tables = {
        **pack.services["ho"].fee.tables,
        "tariff": replace(table, rows=((bound, worth + 500), *others)),
    }
    return _with(pack, "ho", fee=replace(pack.services["ho"].fee, tables=tables))


CALENDAR_DAY = DayOff(day("2026-01-31"), "Hari Jadi", "Perbup 1/2026")
AGENCY = {"code": "water", "name": {"id": "Dinas Air", "en": "Water"}}

SAID = [
    (lambda p: limited(p, Limit(5)), "SIUP: 3 menjadi 5 hari kerja", "SIUP: 3 to 5 working days"),
    (
        lambda p: limited(p, Limit(24, Unit.WORKING_HOURS)),
        "SIUP: 3 hari kerja menjadi 24 jam kerja",
        "SIUP: 3 working days to 24 working hours",
    ),
    (
        lambda p: siup(p, valid_months=60),
        "SIUP: masa berlaku (bulan): (tidak ada) menjadi 60",
        "SIUP: validity (months): (nothing) to 60",
    ),
    (
        lambda p: route(p, limit=Limit(2)),
        'SIUP: langkah "Pemeriksaan kelengkapan berkas" batas waktu: 1 menjadi 2 hari kerja',
        'SIUP: step "Check that the file is complete" time limit: 1 to 2 working days',
    ),
    (
        lambda p: siup(p, route=p.services["siup"].route[:-1]),
        'SIUP: langkah "Penelitian data usaha oleh dinas perdagangan" dihapus',
        'SIUP: step "Check of the business by the trade agency" left out',
    ),
    (
        lambda p: siup(p, requirements=p.services["siup"].requirements[:-1]),
        'SIUP: persyaratan "Bukti penguasaan tempat usaha" dihapus',
        'SIUP: requirement "Proof of the right to use the place of business" left out',
    ),
    (lambda p: without(p, "services", "siup"), "SIUP: layanan tidak lagi ditawarkan", None),
    (
        lambda p: without(p, "agencies", "water"),
        "Dinas Pengairan: dihapus",
        "Water Resources Agency: left out",
    ),
    (
        lambda p: replace(p, calendar=replace(p.calendar, days_off=(CALENDAR_DAY,))),
        "kalender kerja hari libur daerah 2026-01-31 baru",
        None,
    ),
    (
        lambda p: replace(p, calendar=replace(p.calendar, weekdays=frozenset(range(6)))),
        (
            "kalender kerja hari kerja sepekan: Senin, Selasa, Rabu, Kamis, Jumat menjadi"
            " Senin, Selasa, Rabu, Kamis, Jumat, Sabtu"
        ),
        None,
    ),
    (
        lambda p: replace(p, contacts={**p.contacts, "head": Contact("baru@sidoarjo.example")}),
        "kontak head alamat surel: kepala@sidoarjo.example menjadi baru@sidoarjo.example",
        None,
    ),
    (
        lambda p: replace(p, texts={**p.texts, "office.news": WORDS}),
        'teks "office.news" baru: Baru'.replace('"', ""),
        "text office.news new: New",
    ),
    (_dearer, "HO: retribusi tabel tariff baris 25: 1000 menjadi 1500", None),
    (lambda p: replace(p, prefix="SDO"), "awalan nomor pendaftaran: SDA menjadi SDO", None),
]


@pytest.mark.parametrize(("edit", "indonesian", "english"), SAID)
def test_a_change_is_said_in_plain_words(
    pack: TenantPack, edit: Callable[[TenantPack], TenantPack], indonesian: str, english: str | None
) -> None:
    other = edit(pack)
    (change,) = changes(pack, other)
    words = change_text(change, pack, other)
    assert words["id"] == indonesian
    assert english is None or words["en"] == english


def test_the_other_way_round_what_was_left_out_is_new(pack: TenantPack) -> None:
    fewer = without(pack, "services", "siup")
    (change,) = changes(fewer, pack)
    assert (change.subject, change.code, change.kind) == (Subject.SERVICE, "siup", Kind.ADDED)
    assert change_text(change, fewer, pack)["id"] == "SIUP: layanan baru"


def test_open_cases_keep_the_time_limit_they_were_promised(pack: TenantPack) -> None:
    other = limited(pack, Limit(5))
    (change,) = changes(pack, other)
    assert change_text(change, pack, other, {1: 41}) == {
        "id": "SIUP: 3 menjadi 5 hari kerja; 41 permohonan berjalan tetap 3",
        "en": "SIUP: 3 to 5 working days; 41 open cases keep 3",
    }
    assert change_text(change, pack, other, {})["en"] == "SIUP: 3 to 5 working days"
    kept = kept_text(pack.services["siup"].name, {1: 2, 3: 39})
    assert kept["en"] == (
        "SIUP: 2 open cases keep version 1 of the standard; SIUP: 39 open cases keep version 3 of the standard"
    )


def test_the_order_of_steps_and_of_named_parts_is_a_change(pack: TenantPack) -> None:
    first, second, *others = pack.services["siup"].route
    turned = siup(pack, route=(second, first, *others))
    (change,) = changes(pack, turned)
    assert (change.kind, change.path) == (Kind.REORDERED, ("route", "order"))
    fee = pack.services["imb"].fee
    lets = dict(reversed(list(fee.lets.items())))
    (change,) = changes(pack, _with(pack, "imb", fee=replace(fee, lets=lets)))
    assert (change.kind, change.path) == (Kind.REORDERED, ("fee", "lets", "order"))


def test_digits_that_the_digest_sees_are_a_change(pack: TenantPack) -> None:
    """1.0 is 1, but the stored standard is another one and would be refused under the same version."""
    fields = pack.services["siup"].fields
    at = next(at for at, one in enumerate(fields) if one.minimum is not None)
    other = (*fields[:at], replace(fields[at], minimum=Decimal("0.0")), *fields[at + 1 :])
    assert [one.path[-1] for one in changes(pack, siup(pack, fields=other))] == ["minimum"]


def test_what_appears_as_a_whole_is_told_by_its_parts(pack: TenantPack) -> None:
    standard = pack.services["siup"].standard
    objection = ObjectionSpec(Limit(30), WORDS, Limit(5), "Perbup 2")
    bare = siup(pack, standard=replace(standard, objection=None))
    set_again = siup(pack, standard=replace(standard, objection=objection))
    (change,) = changes(bare, set_again)
    words = change_text(change, bare, set_again)["en"]
    assert words.startswith("SIUP: objection: (nothing) to to be lodged within 30 working days, to New")


def test_long_texts_are_shown_where_they_differ(pack: TenantPack) -> None:
    long = "Kantor ini melayani perizinan daerah setiap hari kerja, dengan satu janji, " * 4
    one, other = (replace(pack, texts={"a": {"id": long + end, "en": "x"}}) for end in ("lama", "baru"))
    (change,) = changes(one, other)
    words = change_text(change, one, other)["id"]
    assert "lama menjadi ..." in words
    assert words.endswith("baru")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Surat Izin Usaha Perdagangan (SIUP)", "SIUP"),
        ("Pencatatan sipil (akta)", "Pencatatan sipil (akta)"),
        ("Izin lokasi", "Izin lokasi"),
    ],
)
def test_a_service_is_called_by_its_abbreviation(name: str, short: str) -> None:
    assert short_name({"id": name}) == {"id": short}


def test_every_field_of_a_pack_has_words() -> None:
    assert sorted(_fields(TenantPack) - FIELDS.keys()) == []


def _fields(kind: type, seen: frozenset[type] = frozenset()) -> set[str]:
    """Names of all fields that a pack can have, at any depth."""
    found: set[str] = set()
    if dataclasses.is_dataclass(kind) and kind not in (*seen, Limit):
        for name, hint in typing.get_type_hints(kind).items():
            found |= ({name} - {"digest"}) | _of_hint(hint, seen | {kind})
    return found


def _of_hint(hint: Any, seen: frozenset[type]) -> set[str]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None:
        return {name for one in typing.get_args(hint) for name in _of_hint(one, seen)}
    return _fields(hint, seen) if isinstance(hint, type) else set()

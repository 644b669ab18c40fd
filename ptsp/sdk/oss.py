"""OSS-RBA's integration guide in one place: status codes (annex 10), versions, lengths of fields, the caller's token.

The guide changed more than twenty times in six years, so that what differs between versions is a table.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ptsp.sdk.errors import Misconfigured

WIB = timezone(timedelta(hours=7))
NEAR_MIDNIGHT = timedelta(minutes=10)  # so far apart two clocks may be, and still mean the same day
NIB = re.compile(r"[0-9]{13}")


@dataclass(frozen=True, slots=True)
class Status:
    """One code of annex 10. `event` is the event of ours that it means; None: we have none, and it is only shown."""

    meaning: str
    event: str | None = None


STATUSES: Mapping[str, Status] = {
    "05": Status("environmental screening"),
    "09": Status("requirements filled in", "bundle.submitted"),
    "10": Status("documents complete", "clock.started"),
    "11": Status("documents incomplete"),
    "12": Status("fulfilment of commitments"),
    "20": Status("validation"),
    "30": Status("payment verification", "fee.charged:assessment"),
    "31": Status("payment confirmation"),
    "32": Status("waiting for the check of the proof of payment"),
    "33": Status("payment approved", "payment.settled"),
    "34": Status("proof of payment to be repaired"),
    "40": Status("inspection", "task.asked:site_visit"),
    "41": Status("clarification: the clock stands", "clock.stopped"),
    "42": Status("clarification answered: the clock runs again", "clock.resumed"),
    "43": Status("clarification again: the clock stands and is set back", "clock.reset"),
    "44": Status("clarification answered: the clock begins anew", "clock.restarted"),
    "45": Status("requirements approved by the technical agency"),
    "49": Status("number taken"),
    "50": Status("approved", "application.ended:approved"),
    "52": Status("provisional"),
    "57": Status("approved by silence", "application.deemed"),
    "60": Status("warning"),
    "70": Status("stopped for the time being"),
    "80": Status("administrative fine"),
    "90": Status("rejected", "application.ended:rejected"),
    "93": Status("requirements rejected", "application.ended:lapsed"),
}
# What has no code of its own goes by the nearest one, and says in words what it was (assumed).
NEAREST = {"application.ended:withdrawn": "90"}
CODES: Mapping[str, str] = {one.event: code for code, one in STATUSES.items() if one.event} | NEAREST
FINAL = tuple(f"decision.issued:{kind}" for kind in ("permit", "recommendation", "registration"))

LATEST = "4.3.22"
OUR_METHODS = ("receiveNIB", "receiveNIBKKPR", "receiveNIBSTPW", "receiveFileDS")  # that OSS calls
THEIR_METHODS = (
    "receiveLicense",
    "receiveLicenseStatus",
    "checkLicenseStatus",
    "inqueryLicense",
    "inqueryNIB",
    "getDataReferensi",
)
OLD_METHODS = ("checkNIBError", "checkNIBUpdate", "rekonNIB")


@dataclass(frozen=True, slots=True)
class Contract:
    """How one version of the guide differs from the newest: methods and codes that it still has."""

    version: str
    methods: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    def has(self, method: str) -> bool:
        """Whether this version knows a method."""
        return method in (*OUR_METHODS, *THEIR_METHODS, *self.methods)


CONTRACTS: Mapping[str, Contract] = {
    one.version: one
    for one in (
        Contract("4.3.15", OLD_METHODS, ("91", "92")),
        Contract("4.3.16", codes=("91", "92")),
        Contract("4.3.19"),
        Contract(LATEST),
    )
}

# Longest text, or the form it has to have. Lengths that the guide gives; what it gives none for has none here.
LENGTHS = {
    "id_produk": 25,
    "id_proyek": 25,
    "oss_id": 25,
    "id_izin": 25,
    "kd_izin": 12,
    "kd_instansi": 3,
    "kd_status": 2,
    "nip_status": 50,
    "nama_status": 50,
    "jabatan_ttd": 150,
}
NEEDED = ("nib", "id_izin", "oss_id", "kd_izin")


def contract(version: str) -> Contract:
    """Misconfigured for a version that is not in the table, naming those that are."""
    if version not in CONTRACTS:
        raise Misconfigured(f"options.contract: must be one of {', '.join(CONTRACTS)}")
    return CONTRACTS[version]


def meaning(code: str, version: str = LATEST) -> str | None:
    """What a status of OSS means; None for a code that this version does not have: it is shown, never guessed."""
    if code in contract(version).codes:
        return "withdrawn in 4.3.19; what it meant is not known"
    return STATUSES[code].meaning if code in STATUSES else None


def event_of(code: str) -> str | None:
    """The event of ours that a status of OSS means; None where we have none, and for a code that nobody knows."""
    return STATUSES[code].event if code in STATUSES else None


def wrong_field(fields: Mapping[str, object]) -> str:
    """The first field that OSS would not take, and why; empty if there is none. Values are not repeated."""
    for name in NEEDED:
        if not fields.get(name):
            return f"{name}: is missing"
    if NIB.fullmatch(str(fields["nib"])) is None:
        return "nib: must be 13 digits"
    for name, longest in LENGTHS.items():
        if len(str(fields.get(name, ""))) > longest:
            return f"{name}: longer than {longest} characters"
    return ""


def moment(at: str) -> str:
    """An ISO moment as OSS writes it, by its own clock: `2026-03-02 10:00:00`."""
    return datetime.fromisoformat(at).astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")


def is_same_moment(one: str, other: str) -> bool:
    """Whether two written moments are the same, with or without seconds."""
    short, long = sorted((one.strip(), other.strip()), key=len)
    return len(short) >= len("2026-03-02 10:00") and long.startswith(short)


def token(user: str, password: str, nib: str, day: str) -> str:
    """What OSS sends as `Token`; `day` is Ymd. SHA-1 is the guide's, not our choice."""
    return hashlib.sha1(f"{user}{password}{nib}{day}".encode(), usedforsecurity=False).hexdigest()


def days(now: float) -> list[str]:
    """The days that it may be at OSS just now, as Ymd: around midnight there are two."""
    here = datetime.fromtimestamp(now, UTC).astimezone(WIB)
    near = (here - NEAR_MIDNIGHT, here + NEAR_MIDNIGHT)
    return list(dict.fromkeys(one.strftime("%Y%m%d") for one in near))


def find_key(value: object, name: str, *, depth: int = 5) -> object | None:
    """The first value under a key of this name, in any case, however deep: envelopes are named differently."""
    return next(_found(value, name.lower(), depth), None)


def _found(value: object, name: str, depth: int) -> Iterator[object]:
    if not depth:
        return
    if isinstance(value, Mapping):
        yield from (inner for key, inner in value.items() if str(key).lower() == name)
        for inner in value.values():
            yield from _found(inner, name, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, name, depth - 1)


def nib_of(value: object) -> str:
    """The NIB that a body names, written as text or as a number; empty if there is none."""
    nib = find_key(value, "nib")
    written = f"{nib:013d}" if isinstance(nib, int) and not isinstance(nib, bool) else nib
    return written if isinstance(written, str) and NIB.fullmatch(written) else ""

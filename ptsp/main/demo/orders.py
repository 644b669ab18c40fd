"""The bundles of the demonstration, as they go to the API.

NIKs are synthetic: serials from 9990 on belong to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

TENANT = "sidoarjo"

KNOWN_NIK = "3515081203909990"  # the simulated population registry knows it
OTHER_NAME_NIK = "3515085506929998"  # it knows this one under another name

LOCATION = {
    "land_area": "600",
    "purpose": "trade",
    "site_address": "Jl. Contoh Raya 12, Sidoarjo",
    "irrigated": False,
}
BUILDING = {
    "floor_area": "240.50",
    "floors": "2",
    "function": "business",
    "work": "new",
    "complexity": "simple",
    "permanence": "permanent",
    "fire_risk": "medium",
    "density": "medium",
    "ownership": "person",
    "use_time": "permanent",
    "fence_length": "80",
    "waste_plant_volume": "5",
}
NUISANCE = {
    "business_name": "Toko Bangunan Contoh",
    "area": "180",
    "road": "primary_collector",
    "land_use": "trade",
    "disturbance": "small",
}
TRADE = {
    "business_name": "Toko Bangunan Contoh",
    "capital": "150000000",
    "legal_form": "person",
    "goods": "Bahan bangunan",
}

Wanted = Mapping[str, tuple[Mapping[str, object], tuple[str, ...]]]

# Service -> (answers, requirements to upload). What another permit of the bundle satisfies is not uploaded.
FOUR_PERMITS: Wanted = {
    "rekomendasi_lokasi": (LOCATION, ("ktp", "land_proof", "pbb", "site_plan")),
    "imb": (BUILDING, ("ktp", "land_proof", "pbb", "drawings")),
    "ho": (NUISANCE, ("ktp", "pbb", "neighbours")),
    "siup": (TRADE, ("ktp", "place_proof")),
}


@dataclass(frozen=True, slots=True)
class Story:
    """One bundle of the demonstration, and how it is expected to end."""

    title: str
    applicant: Mapping[str, str]
    wanted: Wanted
    outcome: str


def applicant(nik: str, born: str, gender: str) -> dict[str, str]:
    return {
        "nik": nik,
        "name": "Pemohon Contoh",
        "birth_place": "Sidoarjo",
        "birth_on": born,
        "gender": gender,
        "address": "Jl. Contoh Raya 12, Sidoarjo",
    }


STORIES = (
    Story(
        "Rekomendasi lokasi + IMB + izin gangguan + SIUP",
        applicant(KNOWN_NIK, "1990-03-12", "male"),
        FOUR_PERMITS,
        "approved",
    ),
    Story(
        "Rekomendasi lokasi + IMB + izin gangguan + SIUP, KTP tidak cocok",
        applicant(OTHER_NAME_NIK, "1992-06-15", "female"),
        FOUR_PERMITS,
        "refused",
    ),
)

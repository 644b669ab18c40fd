"""What the ledger says of approvals by silence, in plain words for the applicant."""

from collections.abc import Mapping

from ptsp.flows._dates import stored_date
from ptsp.kernel.specs import Text

Data = Mapping[str, object]
Services = Mapping[int, Text]  # position -> the service's name


def deemed(data: Data, services: Services) -> Text:
    """The law took silence for approval."""
    parts = data["applications"]
    assert isinstance(parts, list)
    return {
        "id": " ".join(_deemed_id(one, services) for one in parts),
        "en": " ".join(_deemed_en(one, services) for one in parts),
    }


def _deemed_id(one: Data, services: Services) -> str:
    name, due = services[int(str(one["position"]))]["id"], stored_date(one["due"], "id")
    by_law = f"disetujui karena hukum (fiktif positif) menurut {one['legal_basis']}"
    return f"{name}: tidak diputus sampai {due}, sehingga {by_law}."


def _deemed_en(one: Data, services: Services) -> str:
    name, due = services[int(str(one["position"]))]["en"], stored_date(one["due"], "en")
    return f"{name}: not decided by {due}, and so approved by law ({one['legal_basis']})."


def held(data: Data, services: Services) -> Text:
    """The limit has ended, but there was an outage."""
    name, due = services[int(str(data["position"]))], data["due"]
    return {
        "id": f"{name['id']}: batas waktu berakhir {stored_date(due, 'id')}, tetapi ada gangguan sistem; pejabat "
        "kantor memutuskan apakah permohonan disetujui karena hukum.",
        "en": f"{name['en']}: the limit ended on {stored_date(due, 'en')}, but there was an outage; an official "
        "decides whether the law has approved it.",
    }


def refused(data: Data, services: Services) -> Text:
    """The days of the outage were given back to the office."""
    name, days = services[int(str(data["position"]))], data["days"]
    return {
        "id": f"{name['id']}: belum disetujui karena hukum; gangguan memperpanjang batas waktu {days} hari kerja.",
        "en": f"{name['en']}: not approved by law yet; the outage extends the limit by {days} working days.",
    }

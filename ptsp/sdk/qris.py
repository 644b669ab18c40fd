"""The text of a QRIS code: EMVCo merchant-presented mode, for one amount of one bill."""

from dataclasses import dataclass

RUPIAH, COUNTRY, GOVERNMENT = "360", "ID", "9399"  # ISO 4217, ISO 3166, merchant category of public services


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who is paid. `merchant_id` is the national merchant id (NMID); at most 25 letters of name, 15 of city."""

    merchant_id: str
    name: str
    city: str
    postal_code: str
    criteria: str = "URE"


def payload(merchant: Merchant, *, amount: int, bill: str) -> str:
    """The text to draw. `amount` is whole rupiah, `bill` at most 25 characters. ValueError for what does not fit."""
    parts = [
        ("00", "01"),
        ("01", "12"),  # dynamic: for this amount, once
        ("51", _joined([("00", "ID.CO.QRIS.WWW"), ("02", merchant.merchant_id), ("03", merchant.criteria)])),
        ("52", GOVERNMENT),
        ("53", RUPIAH),
        ("54", str(amount)),
        ("58", COUNTRY),
        ("59", merchant.name[:25]),
        ("60", merchant.city[:15]),
        ("61", merchant.postal_code),
        ("62", _joined([("01", bill)])),
    ]
    if amount <= 0 or len(bill) > 25:
        raise ValueError("a QRIS code has an amount above zero and a bill of at most 25 characters")
    text = f"{_joined(parts)}6304"
    return f"{text}{crc16(text.encode()):04X}"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF), as ISO/IEC 13239 has it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return crc


def _joined(parts: list[tuple[str, str]]) -> str:
    for tag, value in parts:
        if not 0 < len(value) <= 99:
            raise ValueError(f"tag {tag} of a QRIS code has 1 to 99 characters")
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in parts)

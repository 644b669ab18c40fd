"""Days off that the whole nation has, from the library that keeps them."""

from collections.abc import Iterable, Sequence

import holidays

from ptsp.infra.calendars import NationalDay

SOURCE = f"Python library holidays {holidays.__version__}, Indonesia"
CATEGORIES = (("public", "public"), ("collective", "government"))  # our word -> the library's


def national_days(years: Iterable[int]) -> Sequence[NationalDay]:
    """Public holidays and collective leave of these years, by kind and day, with their Indonesian names.

    A year without any collective leave is one for which none is decreed yet.
    """
    wanted = list(years)
    return [
        NationalDay(on, kind, name)
        for kind, category in CATEGORIES
        for on, name in sorted(
            holidays.country_holidays("ID", years=wanted, categories=(category,), language="id").items()
        )
    ]

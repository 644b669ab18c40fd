"""T0: the server keeps tenants apart by its version, or is the embedded one whose hole our keys close."""

from collections.abc import Callable

import pytest

from ptsp.infra.servers.version import FIXED_MINOR, OldServer, require_fixed_server
from ptsp.main.prove.isolation.worlds import Worlds

EMBEDDED = 180006


def test_the_server_of_these_tests_is_let_in_for_a_known_reason(
    worlds: Worlds, figure: Callable[[str], None]
) -> None:
    with worlds.admin() as connection:
        version = connection.info.server_version
    is_embedded = worlds.settings.embedded_database
    figure(
        f"PostgreSQL {version // 10_000}.{version % 10_000}, {'embedded' if is_embedded else 'named by URL'}"
    )
    if is_embedded:
        assert version >= EMBEDDED
    else:
        require_fixed_server(version, embedded=False)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        (150018, "15.20"),
        (150019, "15.20"),
        (160015, "16.16"),
        (170011, "17.12"),
        (180000, "18.7"),
        (180006, "18.7"),
        (140024, "15"),
        (140025, "15"),
        (90624, "15"),
    ],
)
def test_an_older_server_is_refused_and_told_what_it_needs(version: int, wanted: str) -> None:
    with pytest.raises(OldServer, match=rf"{version // 10_000}\.{version % 10_000} .*{wanted} or newer"):
        require_fixed_server(version, embedded=False)


@pytest.mark.parametrize(
    "version",
    [
        150020,
        150021,
        160016,
        170012,
        180007,
        190000,
        *(10_000 * a + b for a, b in FIXED_MINOR.items() if a > 14),
    ],
)
def test_a_fixed_server_is_let_in(version: int) -> None:
    require_fixed_server(version, embedded=False)

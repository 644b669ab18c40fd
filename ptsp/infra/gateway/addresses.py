"""Where an agency is: `simulator:<connector>` in a pack stands for the fake agency of this installation."""

from collections.abc import Mapping

from ptsp.sdk.errors import Misconfigured

PREFIX = "simulator:"


def agency_url(url: str, *, tenant: str, agency: str, simulators: Mapping[str, str]) -> str:
    """The base URL to call. `simulators` maps connector codes to base URLs. Raises Misconfigured."""
    if not url.startswith(PREFIX):
        return url
    code = url.removeprefix(PREFIX)
    if code not in simulators:
        raise Misconfigured(f"url: no simulator for {code!r} is set (PTSP_SIMULATORS)")
    return f"{simulators[code].rstrip('/')}/{tenant}/{agency}"

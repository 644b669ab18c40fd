"""Flows see a pack the moment it is applied."""

import pytest


@pytest.fixture(autouse=True)
def _packs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two seconds for which a process may keep an older pack would only be waited for."""
    monkeypatch.setattr("ptsp.infra.tenants.FRESH_S", 0.0)

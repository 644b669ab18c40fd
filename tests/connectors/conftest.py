"""Lets failures in the contract tests that ship with the SDK say what was compared."""

import pytest

pytest.register_assert_rewrite("ptsp.sdk.testing", "ptsp.sdk.workbench")

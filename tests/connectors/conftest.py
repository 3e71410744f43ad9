"""Helpers of these tests that assert, and are to say what they saw when they fail."""

import pytest

for module in ("harness", "contract", "real_contract", "listing_contract"):
    pytest.register_assert_rewrite(f"tests.connectors.{module}")

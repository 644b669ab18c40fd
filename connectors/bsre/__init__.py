"""Certified signatures by the national service (BSrE)."""

"""Machinery without policy."""

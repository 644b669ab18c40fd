"""Starts processes and joins the floors; nobody imports it."""

"""A technical agency that takes a case and calls back with a signed webhook."""

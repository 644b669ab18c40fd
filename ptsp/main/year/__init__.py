"""A simulated year of one office, through the real flows and a real database, to prove that no date is ever lost."""

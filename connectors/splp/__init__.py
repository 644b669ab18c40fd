"""Cases of other systems, read through the government service bus (SPLP)."""

"""One-stop licensing offices (pelayanan terpadu) of Indonesian regions, many on one installation."""

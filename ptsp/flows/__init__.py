"""What we do across rooms: one file per verb, one transaction per flow."""

"""A bank that tells of money received."""

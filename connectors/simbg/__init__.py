"""The national building system (SIMBG), read: how a consultation stands."""

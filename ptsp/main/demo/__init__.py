"""The demonstration: the whole platform on this machine, and bundles sent through it as a user would."""

"""Words everybody uses; pure: no I/O, no clock, nothing from outside the standard library."""

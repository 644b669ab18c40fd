"""The national complaints system (SP4N-LAPOR): complaints are handed over to it."""

"""Proofs that print numbers: nothing is lost and nothing is done twice, whatever dies, freezes or forgets."""

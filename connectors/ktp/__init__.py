"""Identity check with the population register (Dukcapil)."""

"""A technical agency that takes messages from a queue and answers by messages."""

"""What a connector may import, and the tests it has to pass. Standard library and requests only."""

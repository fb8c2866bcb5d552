"""The nouns: frozen values without I/O, clocks or settings."""

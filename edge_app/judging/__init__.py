"""The verbs: pure functions over the domain. No I/O, no clock, no settings."""

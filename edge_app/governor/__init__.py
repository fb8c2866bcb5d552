"""Keeps the machine cool and its word: sensors, the law that decides, what writes the cap, what gives it back."""

"""The nouns of the house: plain Python, frozen, no I/O, no pydicom, no numpy."""

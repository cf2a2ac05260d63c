"""Planted records: synthetic ones with known personal data, in the corpus's own contexts, to measure the masking by."""

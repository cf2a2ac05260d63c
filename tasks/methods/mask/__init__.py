"""Masking: which of several findings counts, and what stands in a value's place."""

"""Differential privacy: accounting, keyed randomness, Poisson sampling and the DP-SGD step."""

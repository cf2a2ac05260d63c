"""Attacks on a trained model, and what their success says about ε from below."""

"""Clipping of model weights: in training, as a stage after it, and in a model that is loaded for prediction."""

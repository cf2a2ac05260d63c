"""Clipping of model weights: truncation, max-norm, Gaussian perturbation, and merging of LoRA adapters."""

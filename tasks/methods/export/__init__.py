"""The model folder that leaves: writing it, its card, its scan, and loading it in a clean process."""

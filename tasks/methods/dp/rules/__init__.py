"""Per-unit gradients layer by layer: what each layer adds to a unit's gradient, and how it is recorded."""

"""Language models: weights and tokenizers, token batches, LoRA adapters, perplexity."""

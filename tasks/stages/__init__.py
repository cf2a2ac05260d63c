"""The stages of the pipeline: each reads artifacts, calls methods and writes one artifact."""

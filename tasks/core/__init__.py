"""What every stage stands on: configuration, artifacts, the ledger, policies, keys, progress and errors."""

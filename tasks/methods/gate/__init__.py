"""The leak gate: detectors of its own, evidence without values, a verdict through Great Expectations, a report.

Nothing here is shared with the masker: a gate that looks with the masker's eyes is blind where the masker is.
"""

"""Finding personal data for the masker: Presidio's analyzer as the frame, rules of ours, a spaCy model, LAC.

The gate's detectors live elsewhere (``tasks.methods.gate``) and share neither rules nor weights with these.
This package's own import is light; :mod:`tasks.methods.detect.masker` loads the heavy libraries.
"""

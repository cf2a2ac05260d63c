"""Known values: what one place hid, looked for in all masked text.

A value that fills an identifying column, or that the masker hid somewhere, must not stand in masked text elsewhere.
The evidence is independent of how detectors read a sentence: it needs one place where the value was seen for what it
is. It rests on other people's rows, so it may stop a run and never edits or removes a row.
"""

"""Numbers of things that lead to whoever uses them: vehicles, plates, phones, devices."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.checksums import imei, vin
from tasks.methods.detect.context import after
from tasks.methods.detect.rules import Rule

_DIGITS = "0123456789"

RULES = (
    Rule(
        "VEHICLE_ID",
        after(
            r"vin|vehicle identification(?: number)?|chassis",
            r"(?P<v>(?=(?:[A-HJ-NPR-Z \-]{0,10}\d){3})[A-HJ-NPR-Z0-9](?:[ \-]?[A-HJ-NPR-Z0-9]){16})(?![A-Z]{0,5}\d|[a-z])",
        ),
        0.9,
    ),
    Rule(
        "VEHICLE_ID",
        after(
            r"(?:vin|chassis(?: number)?) (?:ends|ending)(?: (?:in|with))?|last (?:six|6|eight|8) of (?:the )?vin",
            r"(?P<v>[A-Z0-9]{0,4}\d{4,6})(?![A-Za-z0-9])",
        ),
        0.7,
        needs=_DIGITS,
    ),
    Rule(
        "LICENSE_PLATE",
        after(
            r"(?:license|licence|vehicle|registration|car|number)[ ]plates?,?|plate,?|tag number",
            r"(?P<v>(?=[A-Z0-9 \-]*\d)[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,5})(?![A-Za-z0-9])",
        ),
        0.75,
    ),
    Rule(
        "DEVICE_ID",
        after(
            r"(?:serial|device|imei|udid|meid|pacemaker|implant|pump)(?: (?:id|identifier|number|no|serial|#)){0,4}|model (?:number|no|#|serial)"
        ),
        0.6,
    ),
    Rule(
        "VEHICLE_ID",
        # A boat's: the maker's three letters, a serial number of five, and when it was made (33 CFR 181.25).
        after(
            r"hull (?:id|identification)(?: (?:number|no))?|hin",
            r"(?P<v>[A-Z]{3}[A-Z0-9]{5}[A-L\d]\d{3})(?![A-Za-z0-9])",
        ),
        0.9,
        needs=_DIGITS,
    ),
    Rule(
        "VEHICLE_ID",
        r"(?<![\p{L}\p{N}])(?=[A-Z0-9]{0,16}\d)[A-HJ-NPR-Z0-9]{17}(?![\p{L}\p{N}])",
        0.3,
        vin,
        True,
        needs=_DIGITS,
    ),
    Rule(
        "LICENSE_PLATE",
        after(
            r"(?:licen[cs]e|vehicle|registration|car|number)?[ ]?(?:plates?|registration|reg(?:o|\.)?|(?<!asset )(?<!service )tags?|matr[íi]cula|kennzeichen|immatriculation|targa|kenteken)(?: (?:number|no\.?|#))?",
            r"(?P<v>(?=[A-Z0-9 \-·]{0,9}\d)(?=[A-Z0-9 \-·]{0,9}[A-Z])[A-Z0-9]{1,4}[ \-·]?[A-Z0-9]{1,4}(?:[ \-][A-Z0-9]{1,4})?)(?![A-Za-z0-9])",
        ),
        0.7,
        needs=_DIGITS,
    ),
    # British plates since 2001
    Rule(
        "LICENSE_PLATE",
        r"(?<![\p{L}\p{N}])[A-HJ-PR-Y][A-HJ-PR-Y](?:0[1-9]|[1-7]\d)[ ][A-HJ-PR-Z]{3}(?![\p{L}\p{N}])",
        0.5,
        needs=_DIGITS,
    ),
    Rule(
        "DEVICE_ID",
        after(r"imei(?: ?(?:number|no\.?|1|2|#|/meid))?", r"(?P<v>\d{2}[ \-]?\d{6}[ \-]?\d{6}[ \-]?\d{1,2})(?!\d)"),
        0.85,
        imei,
        needs=_DIGITS,
    ),
    Rule("DEVICE_ID", r"(?<![\p{L}\p{N}\-.])\d{2}-\d{6}-\d{6}-\d(?![\p{L}\p{N}\-])", 0.3, imei, True, needs="-"),
    Rule(
        "DEVICE_ID",
        after(
            r"udid|uuid|device id|advertising id|idfa|gaid|aaid|android id|device identifier|guid|serial",
            r"(?P<v>[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}|[0-9a-fA-F]{16,40})(?![\p{L}\p{N}])",
        ),
        0.85,
    ),
    Rule(
        "DEVICE_ID",
        r"(?<![\p{L}\p{N}\-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\p{L}\p{N}\-])",
        0.5,
        needs="-",
    ),
    Rule(
        "DEVICE_ID",
        after(
            r"s/n|sn|serial(?: (?:number|no\.?|#))?|iccid|imsi|eid|esn|asset(?: (?:tag|number|no|id))|service tag|hardware id",
            r"(?P<v>(?=[A-Z0-9\-]{0,20}\d)[A-Z0-9][A-Z0-9\-]{4,21}[A-Z0-9])(?![A-Za-z0-9])",
        ),
        0.7,
        needs=_DIGITS,
    ),
)
"""Rules of the detector ``airlock-identifiers``."""

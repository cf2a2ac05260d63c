"""Invented organisations: employers, hospitals, pharmacies, banks, schools, agencies."""

from __future__ import annotations

import random

from tasks.methods.sample.names import ORIGINS
from tasks.methods.sample.places import CITIES, county

_LEAD = (
    "Northfield Bluewater Granite Keystone Evergreen Lakeshore Pinnacle Redwood Silverline Harborview Crestwood Ironbridge "
    "Goldleaf Stonegate Westbrook Clearwater Copperhill Meridian Tidewater Birchwood Summitview Fairhaven Maplewood "
    "Brightwell Oakmont Riverbend Sandstone Highpoint Foxhollow Larkfield"
).split()
_TRADE = (
    "Logistics;Roofing;Foods;Packaging;Electric;Machine Works;Landscaping;Textiles;Plumbing & Heating;Auto Parts;Printing;"
    "Dairy;Trucking;Consulting;Software;Catering;Construction;Timber;Furniture;Laundry Services;Security;Bakery;Nursery"
).split(";")
_FORM = ("", "", " Inc.", " LLC", " Co.", " Corp.", " Group", " & Sons")


def _last(rng: random.Random) -> str:
    return rng.choice(rng.choice(ORIGINS).last)


def employer(rng: random.Random) -> str:
    """A company people work for."""
    lead = rng.choice(_LEAD) if rng.random() < 0.6 else _last(rng)
    if rng.random() < 0.12:
        return f"{_last(rng)}, {_last(rng)} & Associates"
    return f"{lead} {rng.choice(_TRADE)}{rng.choice(_FORM)}"


def hospital(rng: random.Random) -> str:
    """A hospital, clinic or practice."""
    lead = rng.choice((rng.choice(_LEAD), f"St. {rng.choice(('Brigid', 'Anselm', 'Casimir', 'Odile', 'Blaise'))}",
                       rng.choice(CITIES).name))  # fmt: skip
    kind = ("General Hospital", "Medical Center", "Community Hospital", "Family Practice", "Health Clinic",
            "Regional Hospital", "Internal Medicine Associates", "Urgent Care", "Memorial Hospital")  # fmt: skip
    return f"{lead} {rng.choice(kind)}"


def pharmacy(rng: random.Random) -> str:
    """A pharmacy."""
    return f"{rng.choice((rng.choice(_LEAD), _last(rng)))} {rng.choice(('Pharmacy', 'Drugs', 'Apothecary', 'Rx Pharmacy'))}"


def bank(rng: random.Random) -> str:
    """A bank, card issuer or lender."""
    kind = (
        "Bank",
        "Savings Bank",
        "Federal Credit Union",
        "National Bank",
        "Financial",
        "Trust",
        "Mortgage",
        "Capital",
    )
    return f"{rng.choice(_LEAD)} {rng.choice(kind)}"


def shop(rng: random.Random) -> str:
    """A merchant."""
    kind = (
        "Outfitters",
        "Electronics",
        "Home Goods",
        "Travel",
        "Furniture Outlet",
        "Online Store",
        "Tickets",
        "Motors",
    )
    return f"{rng.choice((rng.choice(_LEAD), _last(rng)))} {rng.choice(kind)}"


def school(rng: random.Random) -> str:
    """A school or college."""
    kind = ("Elementary School", "Middle School", "High School", "Community College", "Early Learning Center")
    return f"{rng.choice((rng.choice(_LEAD), rng.choice(CITIES).name))} {rng.choice(kind)}"


def agency(rng: random.Random) -> str:
    """A county's or state's office."""
    kind = ("Department of Human Services", "Department of Social Services", "Housing Authority", "Workforce Office",
            "Department of Revenue", "Assistance Office", "Division of Family Support", "Tax Assessor's Office")  # fmt: skip
    return f"{county(rng)} County {rng.choice(kind)}"

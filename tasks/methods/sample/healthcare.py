"""English visits: which condition it is about, and the note and fields that follow from it."""

from __future__ import annotations

import datetime
import random

from tasks.methods.sample import dates, numbers
from tasks.methods.sample.conditions import CONDITIONS
from tasks.methods.sample.grammar import Deck, Doc, Slots
from tasks.methods.sample.person import Person, slots
from tasks.methods.sample.record import Column
from tasks.methods.sample.stream import stream
from tasks.methods.sample.tables import Block
from tasks.methods.sample.visit_notes import CONTACTS, FOLLOWS, LAYOUTS, SIGNERS, SOCIAL

COLUMNS = (
    Column("patient_id", "person", required=True),
    Column("name", "structured", "PERSON", required=True),
    Column("birth_date", "structured", "DATE_OF_BIRTH", "date", required=True),
    Column("mrn", "structured", "MEDICAL_RECORD_NUMBER", required=True),
    Column("phone", "structured", "PHONE_NUMBER"),
    Column("email", "structured", "EMAIL_ADDRESS"),
    Column("address", "structured", "ADDRESS"),
    Column("visit_date", "structured", "DATE", "date", required=True),
    Column("charge", "structured", "AMOUNT", "number"),
    Column("diagnosis_group", "label", required=True),
    Column("text", "text", required=True),
)

_UNUSUAL = {
    "cardiovascular": ("chest pain", "palpitations", "fainting", "leg swelling"),
    "endocrine": ("heat intolerance", "excessive thirst", "hair loss", "hot flashes"),
    "respiratory": ("wheezing", "coughing up blood", "shortness of breath", "night cough"),
    "musculoskeletal": ("joint swelling", "back pain", "muscle weakness", "neck stiffness"),
    "mental health": ("panic attacks", "hallucinations", "thoughts of self-harm", "insomnia"),
    "gastrointestinal": ("vomiting", "black stool", "heartburn", "belly pain", "constipation"),
    "neurological": ("seizures", "double vision", "slurred speech", "one-sided weakness", "numbness"),
    "infectious": ("fever", "chills", "sick contacts", "recent travel"),
    "dermatological": ("rash", "itching", "new moles", "hives"),
    "renal": ("blood in the urine", "flank pain", "trouble passing urine"),
}
_ABSENT = {g: [s for other, signs in _UNUSUAL.items() if other != g for s in signs] for g in _UNUSUAL}
_ELSEWHERE = {g: [c.head[0].split("/")[0] for c in CONDITIONS if c.head[1] != g] for g in _UNUSUAL}


def _suits(block: Block, age: int) -> bool:
    low, high = block.head[2].split("-")
    return int(low) <= age <= int(high)


def _condition(person: Person, age: int, rng: random.Random) -> Block:
    suited = [c for c in CONDITIONS if _suits(c, age)]
    chronic = [c for c in suited if c.head[3] == "chronic"]
    own = stream("chronic", person.ssn).sample(chronic, 2)
    return rng.choice(own) if rng.random() < 0.65 else rng.choice(suited)


def compose(person: Person, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the note of that visit.

    Args:
        person: the patient.
        visit: which of the person's visits it is, from 0.
        rng: the record's generator.

    Returns:
        The fields without ``id`` and ``text``, and the note.
    """
    first = dates.between(stream("first visit", person.ssn), datetime.date(2019, 1, 7), datetime.date(2024, 2, 28))
    day = first + datetime.timedelta(days=97 * visit + rng.randint(0, 80))
    condition = _condition(person, min(dates.age(person.born, day), 88), rng)
    names = condition.head[0].split("/")
    group = condition.head[1]
    about: Slots = {
        "condition": lambda r: r.choice(names),
        "side": rng.choice(("left", "right")),
        "sign": Deck(condition.parts["SIGN"]),
        "othersign": Deck(_ABSENT[group]),
        "otherdisease": Deck(_ELSEWHERE[group]),
        "hist": Deck(condition.parts["HIST"]),
        "exam": Deck(condition.parts["EXAM"]),
        "test": Deck(condition.parts["TEST"]),
        "med": Deck(condition.parts["MED"]),
        "plan": Deck(condition.parts["PLAN"]),
        "course": Deck(
            ("improving", "not at goal", "stable", "worse than last time", "new diagnosis", "well controlled")
        ),
    }
    doc = Doc(rng, slots(person, day, rng) | about)
    rng.choice(LAYOUTS)(doc, rng)
    if rng.random() < 0.06:
        doc.line(*rng.sample(CONTACTS, 4), *rng.sample(SOCIAL, 4), *rng.sample(FOLLOWS, 3))
    if rng.random() < 0.75:
        doc.line(rng.choice(SIGNERS))
    fields: dict[str, object] = {
        "patient_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "mrn": person.mrn,
        "phone": numbers.phone_column(person.phone),
        "email": person.email,
        "address": person.home.line,
        "visit_date": day.isoformat(),
        "charge": numbers.money(rng, 60, 9000),
        "diagnosis_group": group,
    }
    return fields, doc

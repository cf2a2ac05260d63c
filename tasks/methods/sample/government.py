"""English files of benefit offices and tax authorities."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from tasks.methods.sample import dates, numbers
from tasks.methods.sample.grammar import Deck, Doc, Piece, Slots
from tasks.methods.sample.person import Person, slots
from tasks.methods.sample.programs import PROGRAMS
from tasks.methods.sample.record import Column
from tasks.methods.sample.stream import stream

COLUMNS = (
    Column("person_id", "person", required=True),
    Column("name", "structured", "PERSON", required=True),
    Column("birth_date", "structured", "DATE_OF_BIRTH", "date", required=True),
    Column("national_id", "structured", "US_SSN", required=True),
    Column("phone", "structured", "PHONE_NUMBER"),
    Column("email", "structured", "EMAIL_ADDRESS"),
    Column("address", "structured", "ADDRESS"),
    Column("income", "structured", "INCOME", "number", required=True),
    Column("dependants", "structured", "COUNT", "integer", required=True),
    Column("decision", "label", required=True),
    Column("text", "text", required=True),
)

DECISIONS = {"approved": "GRANT", "denied": "REFUSE", "pending": "OPEN"}
_WORDS = {
    "approved": ("approved", "granted", "allowed"),
    "denied": ("denied", "refused", "not allowed"),
    "pending": ("left open", "put on hold", "continued"),
}
_HEADERS = (
    ("Applicant: {name}", "SSN: {ssn}", "Date of birth: {dob}", "Address: {address}", "Telephone: {phone}"),
    ("NAME {name}", "SOC. SEC. NO. {ssn}", "BORN {dob}", "RESIDENCE {address}", "PHONE {phone}  E-MAIL {email}"),
    ("Case {ticket} | {name} | DOB {dob} | SSN {ssn}", "{address} | {phone}"),
    ("File of {full} ({sex}, {age})", "ID number {ssn}, employer {employer}", "Mailing address: {address}"),
    (
        "Taxpayer: {name}  TIN: {taxid}",
        "Birth date {dob}  Dependants: {dependants}",
        "{address}",
        "Daytime phone {phone}",
    ),
)
_EXTRAS = (
    "Household: {full}, {relname} ({rel}, {relage})", "Bank for payments: {bank}, routing {routing}, account {account}",
    "Caseworker: {clerk}, {clerkphone}", "Portal account: {user}", "ZIP code: {zip}", "Representative: {colleague}, {clerkemail}",
    "Previous address: {oldaddress}", "Vehicle: plate {plate}", "Reported yearly income: {income}", "Office: {agency}",
)  # fmt: skip
_ENDERS = (
    "Questions go to {clerk} at {clerkphone}.",
    "{Formal} was told in person on {today}.",
    "A copy went to {relname}.",
    "The letter was mailed to {address}.",
    "An appeal is possible until {future}.",
    "Notice sent to {email}.",
    "{clerkinitials}, {today}",
    "File returned to {agency}.",
    "Next review in {#3-12} months.",
    "{First} can see the decision at {url}.",
)


def _header(doc: Doc, rng: random.Random) -> None:
    caps = rng.random() < 0.15
    doc.line("{agency}" if rng.random() < 0.5 else "[Program|Re|Subject]: {program}", caps=caps)
    doc.line(*rng.choice(_HEADERS), caps=caps)
    for extra in rng.sample(_EXTRAS, rng.choice((0, 1, 1, 2))):
        doc.line(extra, caps=caps)
    doc.blank()


def _file(doc: Doc, rng: random.Random) -> None:
    _header(doc, rng)
    doc.line("[Facts|Statement of facts|Background]: {fact}")
    doc.say("{fact}", "{fact}")
    doc.line("[Verification|Evidence|Review]: {check}")
    doc.say("{check}")
    doc.line("[Decision|Determination|Outcome] of {today}: {decided} because {reason}. {need}")
    doc.maybe(0.6, rng.choice(_ENDERS))


def _letter(doc: Doc, rng: random.Random) -> None:
    doc.line("{agency}", "{today}", "", "{full}", "{address}")
    doc.blank()
    doc.line(
        "Dear {formal}:",
        "[This letter is about your case|We write about your claim|You asked us about]: {program}[, case {ticket}|] (SSN {ssn}).",
    )
    doc.say("Your file says: {fact} {fact}", "{check}")
    doc.say("[Your request is|The claim has been|We have] {decided} because {reason}.", "{need}")
    doc.some(_ENDERS, 1, 2)
    doc.line("[Sincerely|Respectfully],", "{clerk}")


def _interview(doc: Doc, rng: random.Random) -> None:
    doc.line("[Interview record|Phone interview|Intake note], {today}, by {clerk}")
    doc.line("{full} (born {dob}, SSN {ssn}, tel. {phone}) [called about|came in about|was interviewed for] {program}.")
    doc.say("{fact}", "{fact}", "{fact}")
    doc.maybe(0.5, "{He} lives at {address} with {his} {rel} {relfirst}.")
    doc.say("{check}", "[I explained that|{He} was told that] the case is {decided} because {reason}.", "{need}")
    doc.maybe(0.7, rng.choice(_ENDERS))


def _appeal(doc: Doc, rng: random.Random) -> None:
    doc.line("{full}", "{address}", "{phone} / {email}", "{today}")
    doc.blank()
    doc.line("To {agency}", "[Appeal|Request for hearing|Objection], case {ticket}, SSN {ssn}")
    doc.line(
        "[I am {full}, born {dob}.|My name is {full} and I am {age} years old.] [I do not agree with|I ask you to look again at] the letter of {recent} about my {program}."
    )
    doc.say("The file says this about me: {fact} {fact}", "[That is right.|The dates are wrong.|Part of it is wrong.]")
    doc.say(
        "[My {rel} {relname} can confirm it, {relphone}.|Ask {colleague}, who helped me.|I have the papers from {employer}.]"
    )
    doc.line("[Office use|For the file]: {check} {decided} by {clerk} because {reason}.")


def _memo(doc: Doc, rng: random.Random) -> None:
    doc.line(
        "MEMO TO FILE" if rng.random() < 0.5 else "Case note {ticket}",
        "From: {clerk}  Date: {today}  Re: {name}, {ssn}",
    )
    doc.line("{fact}")
    doc.say("{check}", "{fact}", "{check}", "Recommendation: {decided}, because {reason}.", "{need}")
    doc.some(_ENDERS, 0, 2)


_LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (_file, _file, _letter, _interview, _appeal, _memo)


def compose(person: Person, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the person's file entry number ``visit``.

    Returns:
        The fields without ``id`` and ``text``, and the document.
    """
    own = stream("programs", person.ssn)
    day = dates.between(own, datetime.date(2019, 3, 1), datetime.date(2024, 2, 1)) + datetime.timedelta(
        days=83 * visit + rng.randint(0, 70)
    )
    fitting = [p for p in PROGRAMS if p.head[0] != "retirement pension" or dates.age(person.born, day) >= 62]
    program = rng.choice(own.sample(fitting, 2)) if rng.random() < 0.7 else rng.choice(fitting)
    decision = rng.choices(tuple(DECISIONS), (46, 30, 24))[0]
    monthly = numbers.money(rng, 0.7, 1.3) * person.income / 12
    amount = Piece(f"${person.income:,.0f}" if program.head[1] == "tax" else f"${monthly:,.2f}")
    about: Slots = {
        "program": program.head[0],
        "amount": amount,
        "income": Piece(f"${person.income:,.0f}"),
        "dependants": str(person.dependants),
        "size": str(person.dependants + 2),
        "otherssn": lambda r: Piece(numbers.ssn(r), "US_SSN"),
        "decided": lambda r: r.choice(_WORDS[decision]),
        "reason": Deck(program.parts[DECISIONS[decision]]),
        **{w.lower(): Deck(program.parts[w]) for w in ("FACT", "CHECK", "NEED")},
    }
    doc = Doc(rng, slots(person, day, rng) | about)
    rng.choice(_LAYOUTS)(doc, rng)
    if rng.random() < 0.06:
        doc.line(*rng.sample(_EXTRAS, 5), "{fact} {fact} {check} {need}", *rng.sample(_ENDERS, 3))
    fields: dict[str, object] = {
        "person_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "national_id": person.ssn,
        "phone": numbers.phone_column(person.phone),
        "email": person.email,
        "address": person.home.line,
        "income": person.income,
        "dependants": person.dependants,
        "decision": decision,
    }
    return fields, doc

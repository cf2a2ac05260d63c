"""English complaints to a bank, notes of the calls about them, and orders to move money."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from tasks.methods.sample import dates, numbers
from tasks.methods.sample.grammar import Deck, Doc, Piece, Slots
from tasks.methods.sample.issues import ISSUES
from tasks.methods.sample.person import Person, slots
from tasks.methods.sample.record import Column
from tasks.methods.sample.stream import stream
from tasks.methods.sample.tables import Block

COLUMNS = (
    Column("customer_id", "person", required=True),
    Column("name", "structured", "PERSON", required=True),
    Column("birth_date", "structured", "DATE_OF_BIRTH", "date", required=True),
    Column("phone", "structured", "PHONE_NUMBER"),
    Column("email", "structured", "EMAIL_ADDRESS"),
    Column("address", "structured", "ADDRESS"),
    Column("account_number", "structured", "ACCOUNT_NUMBER", required=True),
    Column("income", "structured", "INCOME", "number"),
    Column("amount", "structured", "AMOUNT", "number", required=True),
    Column("product", "label", required=True),
    Column("text", "text", required=True),
)

_OPENERS = (
    "I am writing about {issue} with my {product} at {bank}.",
    "I have been a customer of {bank} since {month} and now face {issue}.",
    "This is a complaint against {bank} about {issue}.",
    "My name is {full} and I live in {city}, {state}.",
    "My name is {full}, account {account}, and I need help with {issue}.",
    "{bank} has failed me: {issue}.",
    "I am {age} years old, work as {ajob} and never had trouble with a {product} before.",
    "I file this for my {rel}, {relname} ({relage}), who does not write well.",
)
_ENDERS = (
    "You can reach me at {phone} or {email}.",
    "Please answer in writing to {address}.",
    "My number is {phone}.",
    "I expect an answer by {future}.",
    "Call my {rel} {relfirst} at {relphone} if I do not pick up.",
    "Copies of everything are attached.",
    "I have also told the state regulator.",
    "Write to {email}, not to my old place at {oldaddress}.",
    "Thank you for your time.",
    "I will close the account if this is not fixed.",
)
_PROOF = (
    "For your records: born {dob}, SSN {ssn}.",
    "My account number is {account}.",
    "Card number: {card}.",
    "Reference {ticket}.",
    "Account {account} at {bank}, routing number {routing}.",
    "My online user name is {user}.",
    "My IBAN is {iban}.",
    "I live at {address}.",
    "Tax ID {taxid}.",
)


def _web(doc: Doc, rng: random.Random) -> None:
    doc.some(_OPENERS, 1, 2)
    doc.say("{story}", "{story}")
    doc.maybe(0.6, "{story}")
    doc.say("{call}")
    doc.maybe(0.6, "{loss}")
    doc.maybe(0.6, rng.choice(_PROOF))
    doc.say("[I want the bank to|Please|I ask {bank} to] {ask}[ and {ask}|].")
    doc.some(_ENDERS, 0, 2)


def _letter(doc: Doc, rng: random.Random) -> None:
    doc.line("{full}", "{address}", "{phone} | {email}" if rng.random() < 0.5 else "{today}")
    doc.blank()
    doc.line("{bank}", "[Customer Relations|Complaints Department|Attn: {clerk}]")
    doc.blank()
    doc.line("Re: {issue}, account {account}")
    doc.line("[Dear Sir or Madam,|To whom it may concern:|Dear {clerk},]")
    doc.line("{story}")
    doc.say("{story}", "{call}", "{loss}", "[I ask you to|Please] {ask} and {ask}.")
    doc.some(_PROOF, 0, 2)
    doc.some(_ENDERS, 1, 2)
    doc.line("[Sincerely,|Regards,|Respectfully,|Yours truly,]", "[{full}|{initials}]")


def _call_note(doc: Doc, rng: random.Random) -> None:
    caps = rng.random() < 0.15
    doc.line("[CALL NOTE|Contact log|Case {ticket}] - {today} - agent {clerk}", caps=caps)
    doc.line("Customer: {name}  DOB: {dob}  Phone: {phone}", "Account: {account}  Product: {product}", caps=caps)
    if rng.random() < 0.4:
        doc.line("Verified by [SSN {ssn}|address {address}|card {card}|e-mail {email}].")
    doc.line('Cx [states|says|reports] the following, {issue}: "{story} {story}"')
    doc.say("{call}", "{loss}", "Cx wants us to {ask}.")
    doc.line("[Findings|Review|Notes]: {found}; {found}. {fix}")
    doc.maybe(
        0.5,
        "[Call back on {future}.|Letter to {address}.|Transferred to {colleague}, tier 2.|Cx was upset but polite.]",
    )


def _email(doc: Doc, rng: random.Random) -> None:
    doc.line("From: {full} <{email}>", "To: [{clerkemail}|{bank}]", "Date: {today}", "Subject: [RE: |]{issue}")
    doc.blank()
    doc.line("[Hello,|Hi {clerkfirst},|Good morning,]")
    doc.line("{story}")
    doc.say("{story}", "{call}", "{loss}")
    doc.some(_PROOF, 0, 2)
    doc.say("[Can you|Could you please] {ask}?", rng.choice(_ENDERS))
    doc.line("{nick}[\nSent from my phone|]")


def _chat(doc: Doc, rng: random.Random) -> None:
    doc.line("Chat {ticket}, {today}, visitor {user} from {ip}")
    doc.line(
        "{clerkfirst}: [Welcome to|Thanks for contacting] {bank}. [May I have|Please give me] your full name and account number?"
    )
    doc.line(
        "{first}: {full}, {account}",
        "{clerkfirst}: [And your date of birth?|Your birthday and ZIP, please?]",
        "{first}: {dob}, {zip}",
    )
    doc.line(
        "{clerkfirst}: How can I help?",
        "{first}: {story} {story}",
        "{clerkfirst}: I am sorry to hear that. I see that {found}.",
    )
    doc.line("{first}: {loss} [please|can you|i want you to] {ask}", "{clerkfirst}: {fix}")
    doc.line("{first}: [ok thanks|that is not good enough|fine. my cell is {phone}|send it to {email}]")


def _response(doc: Doc, rng: random.Random) -> None:
    doc.line("{bank}", "{today}", "{full}", "{address}")
    doc.blank()
    doc.line(
        "Dear {formal}:",
        "[Thank you for your letter of {recent}|We received your complaint dated {recent}] about {issue} (account {account}).",
    )
    doc.say("You told us: {story} {call}", "Our review showed that {found} and that {found}. {fix}")
    doc.say(
        "[If you disagree, write to {clerkemail}.|Call {clerkphone} and ask for {clerk}.|The case number is {ticket}.]"
    )
    doc.line("{clerk}", "Executive Office")


def _order(doc: Doc, rng: random.Random) -> None:
    caps = rng.random() < 0.3
    doc.line("[WIRE TRANSFER REQUEST|Outgoing wire form|Payment instruction {ticket}]", caps=caps)
    doc.line(
        "Originator: {full}", "Address: {address}", "Debit account: {account}  ABA: {routing}  Bank: {bank}", caps=caps
    )
    doc.line("[ID shown: passport {passport}|SSN/TIN: {ssn}|TIN: {taxid}]  Born: {dob}  Tel: {phone}", caps=caps)
    doc.line("Amount: {amount}  Value date: {today}", caps=caps)
    doc.line(
        "Beneficiary: [{relname}|{stranger}|{oldemployer}]",
        "[IBAN: {otheriban}|Account: {otheraccount}]  Bank: {otherbank}",
        caps=caps,
    )
    doc.line(
        "Purpose: [invoice {ticket}|support for my {rel}|down payment for a house in {othercity}|tuition at {school}|car purchase, plate {plate}]"
    )
    doc.line(
        "Taken by {clerk} in {city}. [Call-back made to {phone}, spoke with {first}.|Signature verified.|Customer known to branch.]"
    )
    doc.maybe(
        0.7,
        "{formal} said {he} [met the payee in person|was asked by {stranger} to pay quickly|sends this every month].",
    )
    doc.maybe(
        0.6, "[Fraud warning read and understood.|Held for review: {found}.|Released by {colleague} on {today}.] {fix}"
    )


_LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (
    _web, _web, _web, _letter, _call_note, _call_note, _email, _chat, _response,
)  # fmt: skip


def _pick(person: Person, rng: random.Random) -> Block:
    own = stream("issue", person.ssn).choice(ISSUES)
    same = [b for b in ISSUES if b.head[0] == own.head[0]]
    return rng.choice(same) if rng.random() < 0.5 else rng.choice(ISSUES)


def compose(person: Person, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the person's complaint, note or order number ``visit``.

    Returns:
        The fields without ``id`` and ``text``, and the document.
    """
    first = dates.between(stream("first case", person.ssn), datetime.date(2019, 2, 1), datetime.date(2024, 3, 30))
    day = first + datetime.timedelta(days=61 * visit + rng.randint(0, 50))
    order = rng.random() < 0.12
    block = rng.choice([b for b in ISSUES if b.head[0] == "money transfer"]) if order else _pick(person, rng)
    amount = numbers.money(rng, 40, 24000 if order else 6500)
    issues = block.head[1].split("/")
    about: Slots = {
        "product": block.head[0],
        "issue": lambda r: r.choice(issues),
        "amount": lambda r: Piece(numbers.money_written(r, amount)),
        **{w.lower(): Deck(block.parts[w]) for w in ("STORY", "CALL", "LOSS", "ASK", "FOUND", "FIX")},
    }
    doc = Doc(rng, slots(person, day, rng) | about)
    (_order if order else rng.choice(_LAYOUTS))(doc, rng)
    if rng.random() < 0.05:
        doc.blank()
        doc.line(
            "[PS: |Update {today}: ]{story} {call} {loss}", "{ask}. " + rng.choice(_PROOF), *rng.sample(_ENDERS, 3)
        )
    fields: dict[str, object] = {
        "customer_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "phone": numbers.phone_column(person.phone),
        "email": person.email,
        "address": person.home.line,
        "account_number": person.account,
        "income": person.income,
        "amount": amount,
        "product": block.head[0],
    }
    return fields, doc

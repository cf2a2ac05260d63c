"""An English-speaking person of the samples, made from a key and an ordinal alone, and the slots that speak of them."""

from __future__ import annotations

import datetime
import random
import unicodedata
from dataclasses import dataclass

from tasks.methods.sample import dates, names, numbers, organizations, places
from tasks.methods.sample.grammar import Piece, Slots
from tasks.methods.sample.names import Name
from tasks.methods.sample.stream import stream

JOBS = (
    "warehouse clerk;school bus driver;line cook;registered nurse;carpenter;welder;accountant;teacher;electrician;"
    "delivery driver;forklift operator;call centre agent;hairdresser;software developer;farm worker;security guard;"
    "home health aide;cashier;truck driver;receptionist;roofer;dental assistant;mechanic;librarian;paralegal;"
    "machinist;janitor;bookkeeper;barista;surveyor;pharmacy technician;plumber;insurance adjuster;seamstress"
).split(";")
_RELATIONS = (
    ("wife", "f", -6, 6), ("husband", "m", -6, 6), ("mother", "f", 20, 38), ("father", "m", 20, 40), ("sister", "f", -12, 12),
    ("brother", "m", -12, 12), ("daughter", "f", -38, -19), ("son", "m", -38, -19), ("aunt", "f", 12, 35),
    ("cousin", "m", -12, 12), ("roommate", "f", -6, 6), ("neighbor", "m", -20, 20), ("partner", "f", -6, 6),
)  # fmt: skip


@dataclass(frozen=True)
class Relative:
    """Someone close to the person."""

    relation: str
    name: Name
    born: datetime.date
    phone: str
    shares: bool


@dataclass(frozen=True)
class Person:
    """Everything about a person that stays the same over the records."""

    ordinal: int
    id: str
    name: Name
    born: datetime.date
    phone: str
    email: str
    user: str
    home: places.Address
    former: places.Address
    ssn: str
    mrn: str
    account: str
    routing: str
    card: str
    iban: str
    tax_id: str
    employer: str
    job: str
    doctor: Name
    clinic: str
    bank: str
    agency: str
    income: float
    dependants: int
    relatives: tuple[Relative, ...]


def handle(rng: random.Random, name: Name) -> str:
    """A user name made from a person's name."""
    first, last = plain(name.first), plain(name.last)
    tail = rng.choice(("", str(rng.randint(1, 99)), str(rng.randint(1950, 2006))))
    forms = (f"{first}.{last}", f"{first}{last[0]}", f"{first[0]}{last}", f"{first}_{last}", f"{last}{first[0]}",
             f"{first}-{last[:4]}")  # fmt: skip
    return rng.choice(forms) + tail


def plain(text: str) -> str:
    """Lower-case ASCII letters of ``text``, or ``x`` where there are none."""
    bare = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l").replace("ı", "i"))
    return "".join(c for c in bare.lower() if c.isascii() and c.isalpha()) or "x"


def email(rng: random.Random, user: str) -> str:
    """An address at a domain reserved by RFC 2606."""
    host = rng.choice(("example.com", "example.org", "example.net", "mail.example.com", "post.example.org"))
    return f"{user}@{host}"


def make(key: str, ordinal: int, youngest: int = 19, oldest: int = 88) -> Person:
    """The person of that ordinal.

    Args:
        key: names the sample (domain, language, seed).
        ordinal: which person.
        youngest: least age in years at the beginning of 2019.
        oldest: highest age.
    """
    rng = stream(key, "person", ordinal)
    name = names.draw(rng)
    born = dates.birthday(rng, youngest, oldest)
    home = places.address(rng)
    user = handle(rng, name)
    relatives = tuple(_relative(rng, name, born, home.city.area) for _ in range(3))
    return Person(
        ordinal=ordinal,
        id=f"P{stream(key, 'id', ordinal).getrandbits(28) % 10**7:07d}{ordinal % 1000:03d}",
        name=name,
        born=born,
        phone=numbers.phone(rng, home.city.area),
        email=email(rng, user),
        user=user,
        home=home,
        former=places.address(rng),
        ssn=numbers.ssn(rng),
        mrn=rng.choice(("", "", "H", "M-", "00")) + numbers.digits(rng, rng.choice((6, 7, 8))),
        account=str(rng.randint(1, 9)) + numbers.digits(rng, rng.choice((8, 9, 10, 11))),
        routing=numbers.routing(rng),
        card=numbers.card(rng),
        iban=numbers.iban(rng),
        tax_id=numbers.itin(rng) if rng.random() < 0.3 else numbers.ein(rng),
        employer=organizations.employer(rng),
        job=rng.choice(JOBS),
        doctor=names.draw(rng),
        clinic=organizations.hospital(rng),
        bank=organizations.bank(rng),
        agency=organizations.agency(rng),
        income=float(round(rng.lognormvariate(10.6, 0.55), -1)),
        dependants=rng.choices((0, 1, 2, 3, 4, 5), (38, 22, 20, 12, 6, 2))[0],
        relatives=relatives,
    )


def _relative(rng: random.Random, name: Name, born: datetime.date, area: str) -> Relative:
    # Only the middle-aged have children old enough to take part, only the younger half parents alive.
    fitting = [r for r in _RELATIONS if not (r[2] < -15 and born.year > 1975) and not (r[2] > 11 and born.year < 1955)]
    relation, gender, low, high = rng.choice(fitting)
    shares = relation not in ("roommate", "neighbor", "partner", "cousin", "aunt") and rng.random() < 0.7
    theirs = names.draw(rng, gender, name.last if shares else "")
    day = dates.near(rng, born, -high * 365, -low * 365)
    return Relative(relation, theirs, min(day, datetime.date(2006, 5, 1)), numbers.phone(rng, area), shares)


def slots(person: Person, day: datetime.date, rng: random.Random) -> Slots:
    """What templates may say about ``person`` in a document of ``day``.

    Dates keep one style in a document; ``{past}`` and ``{future}`` are new days at each use, ``{rel…}`` one relative.
    """
    name, female = person.name, person.name.gender == "f"
    style = rng.choice(dates.EN_STYLES)
    age = str(dates.age(person.born, day))
    relative = rng.choice(person.relatives)
    colleague, clerk, other = names.draw(rng), names.draw(rng), names.draw(rng)
    city = rng.choice(places.CITIES)
    ticket = Piece(f"{rng.choice(('CS', 'REF', 'A', 'T'))}{rng.randint(10000, 999999)}")

    def on(d: datetime.date, entity: str = "DATE") -> Piece:
        return Piece(dates.written(d, style), entity)

    def who(n: Name) -> Piece:
        return Piece(n.full, "PERSON")

    def called(n: Name) -> Piece:
        return Piece(n.nick if n.nick and rng.random() < 0.5 else n.first, "PERSON")

    return {
        "name": lambda r: Piece(names.mention(r, name), "PERSON"),
        "full": who(name),
        "first": Piece(name.first, "PERSON"),
        "last": Piece(name.last, "PERSON"),
        "nick": called(name),
        "initials": Piece(name.initials, "PERSON"),
        "formal": (Piece(f"{name.title} "), Piece(name.last, "PERSON")),
        "he": "she" if female else "he",
        "him": "her" if female else "him",
        "his": "her" if female else "his",
        "man": "woman" if female else "man",
        "gender": "female" if female else "male",
        "sex": "F" if female else "M",
        "dob": lambda r: on(person.born, "DATE_OF_BIRTH"),
        "age": Piece(age, "AGE"),
        "an": "an" if age.startswith("8") or age in ("11", "18") else "a",
        "phone": lambda r: Piece(numbers.phone_written(r, person.phone), "PHONE_NUMBER"),
        "email": Piece(person.email, "EMAIL_ADDRESS"),
        "user": Piece(person.user, "USERNAME"),
        "address": lambda r: Piece(places.address_written(r, person.home), "ADDRESS"),
        "oldaddress": lambda r: Piece(places.address_written(r, person.former), "ADDRESS"),
        "city": Piece(person.home.city.name, "LOCATION"),
        "state": Piece(person.home.city.state_name, "LOCATION"),
        "othercity": Piece(city.name, "LOCATION"),
        "otherstate": Piece(city.state_name, "LOCATION"),
        "zip": Piece(person.home.zip, "ZIP_CODE"),
        "ssn": lambda r: Piece(numbers.ssn_written(r, person.ssn), "US_SSN"),
        "mrn": Piece(person.mrn, "MEDICAL_RECORD_NUMBER"),
        "account": Piece(person.account, "ACCOUNT_NUMBER"),
        "otheraccount": lambda r: Piece(numbers.digits(r, 10), "ACCOUNT_NUMBER"),
        "routing": Piece(person.routing, "ROUTING_NUMBER"),
        "card": lambda r: Piece(numbers.card_written(r, person.card), "CREDIT_CARD"),
        "iban": lambda r: Piece(numbers.iban_written(r, person.iban), "IBAN_CODE"),
        "otheriban": lambda r: Piece(numbers.iban_written(r, numbers.iban(r)), "IBAN_CODE"),
        "taxid": Piece(person.tax_id, "TAX_ID"),
        "ein": lambda r: Piece(numbers.ein(r), "TAX_ID"),
        "passport": lambda r: Piece(numbers.passport(r), "PASSPORT"),
        "plate": lambda r: Piece(numbers.plate(r), "LICENSE_PLATE"),
        "ip": lambda r: Piece(numbers.ip(r), "IP_ADDRESS"),
        "url": lambda r: Piece(_url(r), "URL"),
        "employer": Piece(person.employer, "ORGANIZATION"),
        "job": person.job,
        "ajob": f"{'an' if person.job[0] in 'aeiou' else 'a'} {person.job}",
        "clinic": Piece(person.clinic, "ORGANIZATION"),
        "hospital": lambda r: Piece(organizations.hospital(r), "ORGANIZATION"),
        "pharmacy": lambda r: Piece(organizations.pharmacy(r), "ORGANIZATION"),
        "bank": Piece(person.bank, "ORGANIZATION"),
        "otherbank": lambda r: Piece(organizations.bank(r), "ORGANIZATION"),
        "shop": lambda r: Piece(organizations.shop(r), "ORGANIZATION"),
        "school": lambda r: Piece(organizations.school(r), "ORGANIZATION"),
        "agency": Piece(person.agency, "ORGANIZATION"),
        "oldemployer": lambda r: Piece(organizations.employer(r), "ORGANIZATION"),
        "doctor": lambda r: Piece(
            names.mention(r, person.doctor) if r.random() < 0.3 else person.doctor.full, "PERSON"
        ),
        "dr": (Piece("Dr. "), Piece(person.doctor.last, "PERSON")),
        "drfull": (Piece("Dr. "), who(person.doctor)),
        "otherdr": (Piece("Dr. "), Piece(colleague.last, "PERSON")),
        "colleague": who(colleague),
        "clerk": who(clerk),
        "clerkfirst": Piece(clerk.first, "PERSON"),
        "clerkinitials": Piece(clerk.initials, "PERSON"),
        "clerkphone": lambda r: Piece(numbers.phone_written(r, numbers.phone(r, city.area)), "PHONE_NUMBER"),
        "clerkemail": Piece(email(rng, handle(rng, clerk)), "EMAIL_ADDRESS"),
        "stranger": who(other),
        "rel": relative.relation,
        "relname": who(relative.name),
        "relfirst": called(relative.name),
        "relage": Piece(str(max(dates.age(relative.born, day), 0)), "AGE"),
        "relphone": lambda r: Piece(numbers.phone_written(r, relative.phone), "PHONE_NUMBER"),
        "today": on(day),
        "past": lambda r: on(dates.near(r, day, -120, -3)),
        "recent": lambda r: on(dates.near(r, day, -14, -1)),
        "longago": lambda r: on(dates.near(r, day, -2400, -400)),
        "future": lambda r: on(dates.near(r, day, 4, 90)),
        "month": lambda r: Piece(dates.month_written(dates.near(r, day, -1500, -40), r), "DATE"),
        "ticket": ticket,
    }


def _url(rng: random.Random) -> str:
    host = rng.choice(("portal.example.com", "my.example.org", "secure.example.net", "www.example.com"))
    scheme = rng.choice(("https://", "https://", "http://", ""))
    page = rng.choice(("login", "track", "claims", "verify", "messages", "pay"))
    return f"{scheme}{host}/{page}{rng.choice(('', f'/{rng.randint(1000, 99999)}'))}"

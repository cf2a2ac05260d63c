"""Cities, streets and addresses of the United States: real cities, streets and house numbers by chance."""

from __future__ import annotations

import random
from typing import NamedTuple


class City(NamedTuple):
    """A city with its state (code and name), the first three digits of its ZIP codes and a telephone area code."""

    name: str
    state: str
    state_name: str
    zip3: str
    area: str


_CITIES = """
Dayton OH Ohio 454 937|Toledo OH Ohio 436 419|Akron OH Ohio 443 330|Spokane WA Washington 992 509|Tacoma WA Washington 984 253
Yakima WA Washington 989 509|Eugene OR Oregon 974 541|Salem OR Oregon 973 503|Fresno CA California 937 559|Modesto CA California 953 209
Oxnard CA California 930 805|Chico CA California 959 530|San Jose CA California 951 408|Long Beach CA California 908 562
Reno NV Nevada 895 775|Henderson NV Nevada 890 702|Boise ID Idaho 837 208|Pocatello ID Idaho 832 208|Provo UT Utah 846 801
Tucson AZ Arizona 857 520|Mesa AZ Arizona 852 480|Flagstaff AZ Arizona 860 928|Santa Fe NM New-Mexico 875 505|Las Cruces NM New-Mexico 880 575
El Paso TX Texas 799 915|Laredo TX Texas 780 956|Lubbock TX Texas 794 806|Waco TX Texas 767 254|Beaumont TX Texas 777 409
Tulsa OK Oklahoma 741 918|Lawton OK Oklahoma 735 580|Wichita KS Kansas 672 316|Topeka KS Kansas 666 785|Omaha NE Nebraska 681 402
Sioux Falls SD South-Dakota 571 605|Fargo ND North-Dakota 581 701|Billings MT Montana 591 406|Missoula MT Montana 598 406
Cheyenne WY Wyoming 820 307|Pueblo CO Colorado 810 719|Greeley CO Colorado 806 970|Duluth MN Minnesota 558 218|Rochester MN Minnesota 559 507
Green Bay WI Wisconsin 543 920|Racine WI Wisconsin 534 262|Des Moines IA Iowa 503 515|Davenport IA Iowa 528 563|Peoria IL Illinois 616 309
Rockford IL Illinois 611 815|Joliet IL Illinois 604 815|Gary IN Indiana 464 219|Evansville IN Indiana 477 812|Muncie IN Indiana 473 765
Flint MI Michigan 485 810|Lansing MI Michigan 489 517|Saginaw MI Michigan 486 989|Lexington KY Kentucky 405 859|Paducah KY Kentucky 420 270
Knoxville TN Tennessee 379 865|Memphis TN Tennessee 381 901|Little Rock AR Arkansas 722 501|Jonesboro AR Arkansas 724 870
Shreveport LA Louisiana 711 318|Lafayette LA Louisiana 705 337|Jackson MS Mississippi 392 601|Biloxi MS Mississippi 395 228
Mobile AL Alabama 366 251|Huntsville AL Alabama 358 256|Macon GA Georgia 312 478|Savannah GA Georgia 314 912|Tampa FL Florida 336 813
Ocala FL Florida 344 352|Pensacola FL Florida 325 850|Greenville SC South-Carolina 296 864|Durham NC North-Carolina 277 919
Asheville NC North-Carolina 288 828|Norfolk VA Virginia 235 757|Roanoke VA Virginia 240 540|Charleston WV West-Virginia 253 304
Frederick MD Maryland 217 301|Dover DE Delaware 199 302|Trenton NJ New-Jersey 086 609|Camden NJ New-Jersey 081 856|Erie PA Pennsylvania 165 814
Scranton PA Pennsylvania 185 570|Reading PA Pennsylvania 196 610|Buffalo NY New-York 142 716|Syracuse NY New-York 132 315|Utica NY New-York 135 315
Hartford CT Connecticut 061 860|Providence RI Rhode-Island 029 401|Worcester MA Massachusetts 016 508|Lowell MA Massachusetts 018 978
Nashua NH New-Hampshire 030 603|Burlington VT Vermont 054 802|Bangor ME Maine 044 207|Hilo HI Hawaii 967 808|Juneau AK Alaska 998 907
"""

_STREETS = (
    "Maple Oak Cedar Walnut Chestnut Birch Juniper Sycamore Magnolia Willow Hickory Elm Main Church Mill Park Lake River "
    "Spring Meadow Prairie Orchard Garden Highland Summit Ridge Valley Forest Sunset Franklin Lincoln Jackson Madison "
    "Monroe Douglas Grant Cleveland Harding Pulaski Kossuth Lafayette Chavez Douglass Larkspur Bluebonnet Foxglove "
    "Heron Quail Falcon Mallard Deer Bear Harbor Wharf Mission Presidio Depot Station Foundry Quarry Canal Ferry Tannery "
    "Old-Post County-Line Stone-Creek Cherry-Hill Saint-Paul Martin-Luther-King Blue-Heron Rolling-Hills Mount-Vernon "
    "Windmill Coventry Kensington Arbor Alder Cottonwood Pinecrest Bayview 1st 2nd 3rd 5th 9th 14th 23rd 41st"
)
_KINDS = "Street Street St St. Avenue Ave Ave. Road Rd Drive Dr Lane Ln Court Ct Boulevard Blvd Place Way Terrace Circle Pkwy".split()
_COUNTIES = (
    "Harlan Larimer Ogle Calhoun Whitley Pickens Montrose Kittitas Sumner Ashtabula Bexar Clatsop Dunn Effingham Fremont "
    "Gallatin Hocking Iredell Jessamine Kenosha Lenawee Mahoning Nye Okaloosa Pinal Quay Rowan Shasta Tioga Umatilla"
).split()


def _read() -> tuple[City, ...]:
    out = []
    for entry in _CITIES.replace("\n", "|").strip("|").split("|"):
        *name, state, state_name, zip3, area = entry.split()
        out.append(City(" ".join(name), state, state_name.replace("-", " "), zip3, area))
    return tuple(out)


CITIES = _read()
STREETS = tuple(s.replace("-", " ") for s in _STREETS.split())


class Address(NamedTuple):
    """A postal address in its parts."""

    street: str
    unit: str
    city: City
    zip: str

    @property
    def line(self) -> str:
        """On one line, as the structured column has it."""
        unit = f", {self.unit}" if self.unit else ""
        return f"{self.street}{unit}, {self.city.name}, {self.city.state} {self.zip}"


def address(rng: random.Random, city: City | None = None) -> Address:
    """A random address, in ``city`` where it is given."""
    city = city or rng.choice(CITIES)
    zip_code = city.zip3 + f"{rng.randint(1, 99):02d}"
    if rng.random() < 0.04:
        return Address(f"{rng.choice(('PO Box', 'P.O. Box'))} {rng.randint(11, 9899)}", "", city, zip_code)
    number = rng.choice((rng.randint(1, 999), rng.randint(100, 9999), rng.randint(1000, 19999)))
    side = rng.choice(("", "", "", "", "N ", "S ", "E ", "West ", "NW "))
    unit = ""
    if rng.random() < 0.35:
        door = f"{rng.randint(1, 38)}{rng.choice(('', '', 'A', 'B', 'C'))}"
        unit = rng.choice((f"Apt {door}", f"Apt. {door}", f"Unit {door}", f"#{door}", f"Suite {rng.randint(100, 480)}"))
    return Address(f"{number} {side}{rng.choice(STREETS)} {rng.choice(_KINDS)}", unit, city, zip_code)


def address_written(rng: random.Random, where: Address) -> str:
    """The address as a text gives it: whole, without ZIP, on two lines, or the street alone."""
    unit = f", {where.unit}" if where.unit else ""
    city = where.city
    forms = (
        where.line, where.line, where.line,
        f"{where.street}{unit}, {city.name}, {city.state_name} {where.zip}",
        f"{where.street}{unit}, {city.name} {city.state}",
        f"{where.street}{unit}\n{city.name}, {city.state} {where.zip}",
        f"{where.street}{unit}",
    )  # fmt: skip
    return rng.choice(forms)


def county(rng: random.Random) -> str:
    """The name of a county, without the word."""
    return rng.choice(_COUNTIES)

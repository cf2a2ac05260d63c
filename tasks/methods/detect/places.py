"""Postal addresses, in the United States' way of writing them first."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect import addresses
from tasks.methods.detect.rules import Finder, Rule
from tasks.methods.detect.words import NO_PART

_SUFFIX = (
    r"(?i:street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|way|terrace|ter"
    r"|trail|trl|parkway|pkwy|highway|hwy|square|sq|loop|row|alley|aly|crescent|close|plaza|plz|path|pike|run|ridge"
    r"|cove|point|pt|pass|crossing|xing|landing|heights|hts|hollow|commons?|creek|meadows?|grove|glen|view|route"
    r"|expressway|turnpike|turn|walk|mews|bend|park|hill|gardens?|estates?|station|fork|mall|manor|oval|quay|villas?"
    r"|vista|springs?|canyon|harbor|island|junction|lake|mill|mission|motorway|orchard|overpass|ramp|ranch|rapids"
    r"|shoals?|shores?|spurs?|summit|trace|track|tunnel|union|valley|village|well|extension)"
)
_STATE = (
    r"(?:A[LKZRAEP]|C[AOT]|D[EC]|F[LM]|G[AU]|HI|I[DLNA]|K[SY]|LA|M[EHDAINSOTP]|N[EVHJMYCD]|O[HKR]|P[WARI]|RI|S[CD]"
    r"|T[NX]|UT|V[TIA]|W[AVIY]|(?i:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia"
    r"|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota"
    r"|Mississippi|Missouri|Montana|Nebraska|Nevada|New[ ]Hampshire|New[ ]Jersey|New[ ]Mexico|New[ ]York|North[ ]Carolina"
    r"|North[ ]Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode[ ]Island|South[ ]Carolina|South[ ]Dakota|Tennessee|Texas"
    r"|Utah|Vermont|Virginia|Washington|West[ ]Virginia|Wisconsin|Wyoming))(?!\p{L})"
)
_CAP = r"\p{Lu}[\p{L}\p{M}'’.\-]*+"
_TOWN = r"\p{Lu}[\p{L}\p{M}'’\-]*+(?:[ ]\p{Lu}[\p{L}\p{M}'’\-]*+){0,2}"
_CITY = rf"{_CAP}(?:[ ]{_CAP}){{0,3}}"
_ZIP = r"\d{5}(?:-\d{4})?(?!\d)"
_UNIT = r"(?:(?i:apt|apartment|suite|ste|unit|floor|fl|room|rm|bldg|building|lot|trailer)\b\.?[ ]?#?[ ]?\w{1,6}|#[ ]?\w{1,6})"
_TAIL = rf"(?:,?[ \t]*{_UNIT})?(?:(?:,[ \t]*|[ \t]*\n[ \t]*|[ \t]+){_CITY},?[ \t]+{_STATE}(?:,?[ \t]+{_ZIP})?)?"
_NUMBER = r"(?<![\p{L}\p{N}.$/\-])\d{1,6}[A-Za-z]?(?:-\d{1,4})?"
_DIRECTION = r"(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b\.?[ ])?"
_NO_PLACE = (
    r"(?!(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|fall"
    r"|winter|english|spanish|french|medicare|medicaid|dr|mr|mrs|ms|i|the|a|an|my|his|her|our|their|this|that)\b)"
)

_SIGHT = (
    r"park|beach|museum|memorial|monument|bridge|tower|strip|airport|stadium|arena|plaza|lake|river|mountains?|islands?|valley|bay|harbou?r|canyon|falls|forest|zoo|gardens?"
    r"|cathedral|castle|palace|theat(?:er|re)|country[ ]club|golf[ ](?:club|course)|campground|cemetery|district|county|province|prefecture|peninsula|strait|gulf|sea|ocean|desert"
    r"|neighbou?rhood|village|township|suburb|boulevard|highway|freeway|station|square|hall|house|pier|resort|ranch|springs|heights|hills|coast|region|state|city|island"
)

RULES: tuple[Finder, ...] = (
    *addresses.RULES,
    Rule(
        "ADDRESS",
        rf"{_NUMBER}[ ]{_DIRECTION}(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)|of|the|de|la)[ ]){{1,4}}{_SUFFIX}(?![\p{{L}}\p{{N}}])\.?(?:[ ](?:N|S|E|W|NE|NW|SE|SW)\b)?{_TAIL}",
        0.85,
    ),
    Rule("ADDRESS", rf"{_NUMBER}[ ](?:[\p{{L}}\p{{N}}.'’\-]++[ ]){{1,5}}?,?[ ]?{_UNIT}{_TAIL}", 0.7),
    Rule("ADDRESS", rf"(?<![\p{{L}}\p{{N}}]){_CITY},[ \t]+{_STATE},?[ \t]+{_ZIP}", 0.85),
    Rule("ADDRESS", rf"(?<!\p{{L}})(?i:p\.?[ ]?o\.?[ ]?box)[ ]+#?\d{{1,7}}{_TAIL}", 0.9),
    Rule(
        "ADDRESS",
        r"(?<!\p{L})(?i:(?:(?:home|mailing|street|current|billing|residential|shipping|physical|permanent|previous"
        r"|work|postal)[ ])?address|residence|addr\.?)[ \t]*[:=][ \t]*\n?[ \t]*"
        r"(?P<v>(?=[^\n;|]{0,80}\d)[^\n;|<>@]{5,100}?)(?=[ \t]*(?:$|[;|<]|\.[ ]|\.$|[ ]{2}|[ ]\p{L}[\p{L} ]{1,24}:))",
        0.8,
    ),
    Rule(
        "ADDRESS",
        r"(?i:\baddress[ _]line[ _]?\d|\baddr(?:ess)?[12])[\"']?[ \t]*[:=][ \t]*[\"']?(?P<v>[^\s\"';|<>][^\n\";|<>]{2,80})",
        0.75,
    ),
    Rule(
        "ADDRESS",
        r"(?i:\b(?:lives?|living|lived|resides?|residing|resided|located|moved|relocated|mailed|delivered|sent)"
        r"[ ](?:at|to|from)|\b(?:home|house|apartment|property) at)[ ]"
        rf"(?P<v>\d{{1,6}}[ ](?:[\p{{L}}\p{{N}}'’\-]++[ ]?){{1,5}}{_TAIL})",
        0.7,
    ),
    Rule("ZIP_CODE", rf"(?i:\bzip(?:[ ]?code)?|\bpostal code)[^\n\d]{{0,20}}(?P<v>{_ZIP})", 0.8),
    # Asked for in one line and told in the next, maybe after something else that was asked for.
    Rule(
        "ZIP_CODE",
        r"(?i:\bzip(?:[ ]?code)?|\bpostal code)\b[^\n]{0,30}\?[ \t]*\n(?:[^\n]{0,40}[ ,:])??(?P<v>\d{5}(?:-\d{4})?)(?![\d\-]|[ ]\p{L})",
        0.7,
        needs="?",
    ),
    Rule("ZIP_CODE", r"(?<=[/\-. ](?:19|20)\d\d,?[ ]{1,2})\d{5}(?:-\d{4})?(?!\d)", 0.5, needs="0123456789"),
    Rule(
        "LOCATION",
        rf"(?i:\b(?:man|woman|male|female|person|boy|girl|native|resident|originally|moved|relocated|came|hails|travel(?:l?ed|s)|commut(?:es|ed|ing)|move|drove|immigrated|visiting)(?:[ ](?:here|back|over))?[ ](?:from|to|of))[ ](?P<v>{_CITY})",
        0.5,
    ),
    Rule(
        "LOCATION",
        rf"(?i:\b(?:liv(?:es?|ing|ed)|resid(?:es?|ing|ed)|grew up|born|raised|based|located|works?|stationed)\b)[^.;:\n\d]{{0,40}}?\b(?:in|near)[ ](?P<v>{_CITY})",
        0.5,
    ),
    Rule("LOCATION", rf"(?<!\p{{L}})from[ ]{_TOWN}[ ]to[ ]{_NO_PLACE}(?P<v>{_TOWN})", 0.45),
    Rule(
        "LOCATION",
        rf"(?<!\p{{L}})(?:in|near|outside|from)[ ]{_NO_PLACE}(?P<v>{_TOWN})(?=[,;.]|$|[ ](?:and|on|when|where|by|since|for|to|until|with|in)\b)",
        0.45,
    ),
    Rule("LOCATION", rf"(?<![\p{{L}}\p{{N}}]){_CITY},[ ]{_STATE}(?![\p{{L}}\p{{N}}])", 0.7),
    # Sights, waters and parts of towns: "Sand Hill Park", "Gaza strip", "Lake Maren", "Mount Ilgaz"
    Rule(
        "LOCATION",
        rf"(?<![\p{{L}}\p{{N}}]){NO_PART}(?!(?:The|A|An|New|Our)[ ](?i:{_SIGHT})\b)(?:{NO_PART}{_CAP}[ ]){{1,3}}(?i:{_SIGHT})(?![\p{{L}}\p{{N}}])(?:[ ]of(?:[ ]the)?[ ]{_CAP})?",
        0.45,
    ),
    Rule(
        "LOCATION",
        rf"(?<![\p{{L}}\p{{N}}])(?:Mount|Mt\.?|Lake|Fort|Ft\.|Port|Cape|Isle|Gulf|Bay|Strait|Sea|Republic|Kingdom|Province|Gulf|State|City|Town|County|Village)[ ](?:of[ ](?:the[ ])?)?{_CAP}(?:[ ]{_CAP})?",
        0.45,
    ),
    Rule(
        "LOCATION",
        r"(?<![\p{L}\p{N}])(?:U\.[ ]?S\.(?:[ ]?A\.)?|USA|U\.[ ]?K\.|UAE|U\.A\.E\.|NYC|L\.A\.|D\.C\.|(?<=\b[Tt]he[ ])(?:US|UK|EU|UN|States)|(?<=\b(?:in|from|to|near|of)[ ])(?:US|UK|EU|DC|LA|SF|UK|NY|NJ|CA|TX|FL|PA|OH|GA|IL|MA))(?![\p{L}\p{N}])",
        0.5,
    ),
    # Text that was cut into words: "Chillicothe , OH"
    Rule("LOCATION", rf"(?<![\p{{L}}\p{{N}}]){_CITY}[ ],[ ]{_STATE}(?![\p{{L}}\p{{N}}])", 0.6, needs=","),
    Rule(
        "LOCATION",
        rf"(?<![\p{{L}}\p{{N}}])(?i:north(?:ern)?|south(?:ern)?|east(?:ern)?|west(?:ern)?|central|upper|lower|greater|downtown|mid)[ \-](?P<v>{NO_PART}{_CAP})",
        0.45,
    ),
)
"""Rules of the detector ``airlock-places``."""

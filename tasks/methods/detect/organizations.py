"""Organisations: employers, clinics, schools and shops, whose names carry places and family names.

The HIPAA Safe Harbor list (45 CFR 164.514(b)(2)) covers the names of employers, and a clinic's name usually holds its town. spaCy's
own label for organisations takes drugs and tests for companies, so names are found by their form instead.
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.rules import Rule
from tasks.methods.detect.words import NO_PART

_CAP = NO_PART + r"(?:(?:St|Mt|Ft|ST|MT|FT)\.|\p{Lu}[\p{L}\p{M}'’\-]*+)"
_START = (
    r"(?<![\p{L}\p{N}])(?!(?:(?i:the|a|an|my|your|his|her|our|their|this|that|any|each|send|report|repeat|read|preferred|local|call|ask"
    r"|visit|contact)|[NSEW]|North|South|East|West)[ ])"
)
_LINK = r"(?:of|the|de|del|la|los|las|for|and|&)"
_NAME = rf"{_CAP}(?:[ ](?:{_LINK}[ ]){{0,2}}{_CAP}){{0,4}}?"
_LIST = rf"{_CAP}(?:,[ ]{_CAP}){{0,2}}(?:,?[ ](?:and|&)[ ]{_CAP})?"

_LEGAL = r"(?i:LLC|L\.L\.C\.|LLP|Inc|Incorporated|Corp|Corporation|Co|Company|Ltd|Limited|PLC|GmbH|PC|P\.C\.|N\.A\.)(?![\p{L}])\.?"
_HEAD = (
    r"(?i:hospitals?|medical[ ](?:center|centre|group|associates|practice)|health[ ](?:center|centre|clinic|system|partners|services?)"
    r"|clinics?|infirmary|hospice|pharmacy|drugs?(?:tore)?|apothecary|urgent[ ]care|family[ ](?:practice|medicine)|internal[ ]medicine"
    r"|nursing[ ]home|rehabilitation|dialysis|surgery[ ]center|imaging|laborator(?:y|ies)|labs?"
    r"|university|college|academy|institute|(?:high|middle|elementary|primary|charter)[ ]school|school(?:[ ]district)?"
    r"|early[ ]learning(?:[ ]cent(?:er|re))?|day[ ]?care|preschool|kindergarten|library|museum|church|temple|mosque|parish"
    r"|bank|credit[ ]union|savings|trust|financial|insurance|mutual|capital|investments?|holdings?|brokerage"
    r"|foundation|society|consulting|software|systems|technolog(?:y|ies)|solutions|textiles|dairy|nursery|logistics|freight"
    r"|trucking|construction|builders|plumbing|roofing|electric|motors|automotive|auto|foods?|bakery|brewing|catering|restaurant"
    r"|grill|cafe|diner|hotel|inn|resort|realty|properties|industries|manufacturing|engineering|design|studios?|media|press"
    r"|publishing|security|staffing|cleaners|salon|farms?|farm|hardware|supply|market|grocery|furniture|fitness|gym|airlines?"
    r"|transit|energy|utilities|wireless|communications|partners|associates|enterprises|group|agency|warehouse|packaging"
    r"|mortgage|laundry|heating|parts|printing|landscaping|orchards?|vineyards?|fisheries|steel|lumber|paper|glass|tools?|machining|plastics)"
)

_KNOWN = (
    r"(?i:google|microsoft|facebook|instagram|whatsapp|netflix|spotify|uber|lyft|airbnb|paypal|venmo|ebay|etsy|walmart|costco|walgreens|starbucks|mcdonald['’]?s|burger king|kfc"
    r"|pepsico?|coca[ \-]cola|nike|adidas|ikea|sony|samsung|toyota|honda|hyundai|volkswagen|bmw|mercedes[ \-]benz|boeing|airbus|lockheed martin|raytheon|ibm|intel|nvidia|qualcomm|cisco|oracle corp"
    r"|salesforce|sap se|accenture|deloitte|kpmg|pwc|ernst ?& ?young|mckinsey|goldman sachs|morgan stanley|jpmorgan(?: chase)?|citigroup|citibank|wells fargo|bank of america|barclays|hsbc|santander"
    r"|deutsche bank|bnp paribas|credit suisse|ubs|capital one|american express|equifax|experian|transunion|verizon|comcast|t-mobile|at&t|vodafone|exxon(?:mobil)?|chevron|pfizer|moderna|astrazeneca|novartis"
    r"|unitedhealth(?:care)?|aetna|cigna|humana|kaiser permanente|blue cross|blue shield|state farm|allstate|geico|fedex|ups store|dhl|usps|tesla|spacex|openai|huawei|alibaba|tencent|tiktok|youtube|linkedin|zillow|yelp"
    r"|allianz|axa|unilever|nestl[eé]|siemens|bosch|nokia|ericsson|philips|panasonic|hitachi|mitsubishi|nintendo|mastercard|expedia|tripadvisor|dropbox|zoom video|slack technologies|twilio|stripe inc)"
    r"|Amazon|Apple|Chase|Ford|Oracle|Meta|Twitter|Dell|Adobe|Intuit|Reddit|Pinterest|Stripe|Zoom|Slack|Robinhood|Navient|Synchrony|Fidelity|Vanguard|BlackRock|Nordstrom|Macy['’]s|Kroger|Safeway|Lowe['’]s|NBC|CBS|CNN|BBC|FBI|CIA|NASA|NATO|UNICEF|IRS|CDC|FDA|EPA"
)
"""Companies and bodies that most readers know; names that are words as well need their capital. Those that a note or a bill
has in another sense (BP 120/80, Total 12.50, Target weight) are left to the taggers."""

RULES = (
    # A name that ends in what it is, with or without a legal form: "Rockford Medical Center", "Ivanova Dairy Inc."
    Rule(
        "ORGANIZATION",
        rf"{_START}{_NAME}(?:[ ]{_HEAD}(?![\p{{L}}])){{1,3}}(?:[ ]&[ ]{_CAP}\.?)?(?:,?[ ]{_LEGAL})?",
        0.7,
    ),
    # "Grabowski, Krishnamurthy & Associates", "Tran & Sons"
    Rule(
        "ORGANIZATION",
        rf"{_START}{_LIST}[ ](?:and|&)[ ](?:Sons?|Daughters?|Brothers|Bros|Co|Company|Partners|Associates)(?![\p{{L}}])\.?(?:,?[ ]{_LEGAL})?",
        0.8,
    ),
    Rule("ORGANIZATION", rf"{_START}{_NAME},?[ ]{_LEGAL}", 0.8),
    # Public bodies carry their county's name: "Dunn County Housing Authority", "Larimer County Department of Revenue".
    Rule(
        "ORGANIZATION",
        rf"{_START}{_NAME}[ ](?i:county|parish|borough|city|township)(?:[ ](?:{_LINK}[ ])?{_CAP}(?:['’]s)?){{0,3}}[ ](?i:office|authority|department|division|agency|commission|board|bureau|services|assessor|court)(?:[ ]of(?:[ ]{_CAP}){{1,3}})?",
        0.7,
    ),
    # What stands behind a header is the organisation, to the next comma, sentence or line.
    Rule(
        "ORGANIZATION",
        r"(?<!\p{L})(?i:employer|employed by|company|workplace|place of work|school|(?:preferred[ ])?pharmacy|facility|hospital|clinic|bank|institution)[ \t]*:[ \t]*"
        rf"(?P<v>(?:{_LIST}[ ](?:and|&)[ ](?:Sons?|Associates|Partners)\b\.?|[^\n,;:|<>.]{{2,60}}(?:[ ](?:Inc|Corp|Co|Ltd)\.)?))",
        0.7,
    ),
    Rule(
        "ORGANIZATION",
        r"(?i:\b(?:works?|worked|working|employed|volunteers?|volunteered|teaches|job|shifts?)(?:[ ][a-z\-]+){0,5}[ ](?:at|for|with)[ ])"
        rf"(?P<v>{_CAP}(?:[ ](?:{_LINK}[ ])?{_CAP}){{0,4}})",
        0.5,
    ),
    # What only a company has behind its name or before it: "the Zorbl website", "employees of Zorbl", "invested in Zorbl"
    Rule(
        "ORGANIZATION",
        rf"(?<![\p{{L}}\p{{N}}])(?P<v>{_CAP}(?:[ ](?:{_LINK}[ ])?{_CAP}){{0,3}}?)(?:['’]s)?[ ](?:website|web[ ]site|app|employees?|spokes(?:man|woman|person)|stock|shares?|shareholders?|headquarters|subsidiary|customer[ ]service|call[ ]cent(?:er|re)|CEO|CFO|CTO|COO|founders?|executives?|workers?|staff|branch|franchise|resignation|interns?|internship|invested|acquired|announced|hired|was[ ]founded|is[ ]headquartered|is[ ]a[ ](?:company|startup|start-up|firm|bank|nonprofit|non-profit|subsidiary|provider|501))(?!\p{{L}})",
        0.45,
    ),
    Rule(
        "ORGANIZATION",
        rf"(?<!\p{{L}})(?i:employees?|CEO|CFO|CTO|COO|founders?|co-founders?|presidents?|chairman|directors?|executives?|customers?|clients?|offices?|headquarters|branch|subsidiary|shareholders?|shares|stock|investors?|intern|spokes(?:man|woman|person)|division|work(?:s|ed|ing)?[ ]for|hired[ ]by|fired[ ]by|laid[ ]off[ ]by|acquired(?:[ ]by)?|acquires|bought[ ]by|owned[ ]by|founded|invested[ ]in|invests[ ]in|partner(?:ed|ship|ing)?[ ]with|on[ ]behalf[ ]of|companies[ ](?:like|such[ ]as)|(?:became|becoming|renamed|rebranded(?:[ ]as)?))[ ](?:of[ ]|at[ ]|in[ ])?(?P<v>{_CAP}(?:[ ](?:{_LINK}[ ])?{_CAP}){{0,3}})",
        0.45,
    ),
    # A capital within a word is a maker's mark, but in Scottish and Romance family names: "PayPal", not "McKay"
    Rule(
        "ORGANIZATION",
        r"(?<![\p{L}\p{N}@#_./\-])(?!(?:Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|O['’]|D['’])\p{Lu})\p{Lu}?\p{Ll}{2,15}\p{Lu}\p{Ll}{2,15}(?:\p{Lu}\p{Ll}{1,15})?(?![\p{L}\p{N}_(])",
        0.45,
    ),
    # Teams, orders and bodies that name themselves so
    Rule(
        "ORGANIZATION",
        rf"{_START}{_NAME}[ ](?:Association|Federation|Committee|Council|Commission|Ministry|Party|Union|Alliance|League|Orchestra|Ensemble|Network|Corps|Bureau|Authority|Department|Agency|Board|Trust|Fund|Club|Organi[sz]ation|Initiative|Project|Coalition|Institute|Laborator(?:y|ies)|Analytics|Consulting|Advisors|Ventures|Brands?|Airways|Pharma(?:ceuticals)?|Biotech|Semiconductors?|Telecom|Petroleum|Oil)(?!\p{{L}})(?:[ ]of(?:[ ]the)?[ ]{_CAP}(?:[ ]{_CAP})?)?",
        0.45,
    ),
    Rule(
        "ORGANIZATION",
        rf"(?<!\p{{L}})(?:University|College|Bank|Ministry|Department|Institute|Academy|Museum|Church|Bureau|Society|Office)[ ]of(?:[ ]the)?[ ]{_CAP}(?:[ ](?:{_LINK}[ ])?{_CAP}){{0,4}}",
        0.6,
    ),
    Rule("ORGANIZATION", rf"(?<![\p{{L}}\p{{N}}])(?:{_KNOWN})(?![\p{{L}}\p{{N}}])", 0.55),
)
"""Rules of the detector ``airlock-organizations``."""

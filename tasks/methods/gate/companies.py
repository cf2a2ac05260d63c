"""The gate's rules for organisations: legal forms, telling last words, the words around an employer, companies that most know."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import re

from tasks.methods.gate.edges import HAN, ire, plain
from tasks.methods.gate.rules import Rule
from tasks.methods.gate.vocabulary import is_word

_UP = r"[^\W\d_a-z]"
_WORD = rf"(?:{_UP}[\w'&\-]{{0,60}}\.?|\d{{1,3}})"
_LINK = r"(?:and|of|the|de|for|&)"
_LEGAL = r"(?:Inc|Incorporated|LLC|L\.L\.C|LLP|LP|Ltd|Limited|Corp|Corporation|PLC|Plc|GmbH|AG|SE|S\.A|SA|NV|N\.V|BV|B\.V|Oy|AB|ApS|SpA|S\.p\.A|SARL|SAS|Pty|Bhd|KK|K\.K|Co)"
_TAIL = (
    r"(?:Group|Holdings?|Partners|Associates|Technolog(?:y|ies)|Software|Systems|Solutions|Consulting|Analytics|Industries|Enterprises|Ventures|Labs|Laborator(?:y|ies)|Insurance|Bank|Bancorp|Banking|Financial|Credit Union|Capital"
    r"|Energy|Pharma(?:ceuticals?)?|Biotech|Therapeutics|Airlines|Airways|Motors|Foods|Media|Studios|Networks?|Communications|Telecom|Logistics|Construction|Realty|Properties|Mortgage|Securities|Investments?|Advisors|Agency"
    r"|Foundation|Institute|University|College|Academy|Hospital|Clinic|Medical Center|Pharmacy|Supermarkets?|Brewery|Bakery|Restaurant|Hotels?|Resorts?|Manufacturing|Engineering|Robotics|Interactive|Digital|Online|Services?|Supercomputing|Research|Dynamics|Innovations?|International|Worldwide|Global|Corporation)"
)
_BLANK = re.compile(r"XX")
_STARTERS = frozenset(
    (  # noqa: SIM905
        "The A An My Your His Her Our Their This That These Those Any Each Every No Some In At On Of For From "
        "To By With And Or But If When While After Before Since As Is Are Was Were Has Have Had Do Does Did "
        "Please Dear Hello Hi Thanks Customer Emergency Social Public Health Human Quality Technical "
        "Information Operating Computer Patient Home Call Contact Ask Visit Local National Federal State "
        "County City"
    ).split()
)


def _named(text: str) -> bool:
    """Whether something stands before the telling word besides the words that begin sentences or are no name."""
    words = [word for word in text.split() if word not in _STARTERS]
    return len(words) >= 2


def _is_name(text: str) -> bool:
    """Whether a capitalised run is likelier a name than the beginning of something else, or a value blanked as XXXX."""
    return text.split()[0] not in _STARTERS and not _BLANK.search(text)


_GENERIC = re.compile(
    r"\b(?:Customer|Service|Services|Department|Dept|Account|Accounts|Card|Loan|Mortgage|Credit|Debit|Report|Reports|Support|Branch|Representative|Manager|Team|Office|Agent|Policy|Day|Week|Month|Year"
    r"|Act|Acts|Law|Laws|Reporting|Collection|Collections|Dictionary|Inquiry|Inquiries|Unverified|Dispute|Rights|Notice|Action|Number|Affidavit|Statement|Application|Program|Whom|You|I|XX+|Section|Sincerely|Regards|Thank|Thanks|Yours|Dear|Date|Signed|Attorney|Patient|Phone|Fax|Email)\b|\d{2}"
)


def _not_generic(text: str) -> bool:
    """Whether no word says that the words beside a mark are no part of a name."""
    return _GENERIC.search(text) is None and not text.isupper()


_EMPLOYER = (
    r"(?:\b(?:work(?:s|ed|ing)? (?:for|at|with)|employed (?:by|at|with)|employee (?:of|at)|employer(?: is| was|:)?|job (?:at|with)|interned at|hired by|fired (?:by|from)|laid off (?:by|from)|resigned from|retired from|joined|acquired(?: by)?"
    r"|founder of|co-?founder of|founded|CEO of|CFO of|CTO of|president of|director of|manager (?:at|of)|vice president of|partner at|analyst (?:at|with|for)|engineer (?:at|with|for)|consultant (?:at|with|for)|shares? (?:of|in)|customer of|client of|subsidiary of"
    r"|offices? of|headquarters of|a company (?:called|named)|my company|our company|the company|on behalf of|contract with|brand|supplier|vendor|years? at|months at|summer at|internship (?:at|with)|stint at|tenure at|sponsored by|owned by|operated by|powered by) |> (?:from|of|at) )$"
)

ORGANIZATIONS = (
    Rule(
        "legal-form",
        "ORGANIZATION",
        plain(rf"(?<![\w<.-])(?:{_WORD}(?:,? | (?:{_LINK} )?)){{1,5}}{_LEGAL}(?![\w'-])\.?"),
        check=_named,
    ),
    Rule(
        "legal-form-small",
        "ORGANIZATION",
        plain(
            r"(?<![\w<.-])(?!(?:the|a|an|is|and|of|for|to|in|at|by)\b)[a-z][\w'&\-]{1,60}(?: [a-z][\w'&\-]{1,60}){0,2},? (?:inc|llc|ltd|corp|gmbh)(?![\w'-])\.?"
        ),
    ),
    Rule(
        "telling-word",
        "ORGANIZATION",
        plain(rf"(?<![\w<.-])(?:{_WORD} (?:{_LINK} )?){{1,5}}{_TAIL}(?![\w'-])"),
        check=_named,
    ),
    Rule(
        "and-sons",
        "ORGANIZATION",
        plain(
            rf"(?<![\w<.-]){_UP}[\w'\-]{{1,60}}(?:, {_UP}[\w'\-]{{1,60}}){{0,3}},? (?:and|&) (?:Sons?|Daughters?|Brothers|Bros|Co|Company|Partners|Associates)(?!\w)\.?"
        ),
    ),
    Rule(
        "employer",
        "ORGANIZATION",
        plain(
            rf"(?<![\w<.-])(?:the |The )?(?P<v>(?:{_UP}[\w'&\-]{{0,60}}|\d{{1,2}} {_UP}[\w'\-]{{1,60}})(?: (?:(?:{_LINK} )?{_WORD})){{0,4}})"
        ),
        near=ire(_EMPLOYER),
        check=_is_name,
        before=30,
    ),
    Rule(
        "its-site",
        "ORGANIZATION",
        plain(
            rf"(?<=the )(?P<v>{_UP}[\w'&\-]{{1,60}}(?: (?:{_LINK} )?{_WORD}){{0,3}})(?= (?:website|web site|app|customer service|hotline|headquarters|office|offices|branch|store|subsidiary|stock|shares|logo|corporation|brand)\b)"
        ),
        check=_is_name,
    ),
    Rule(
        "its-post",
        "ORGANIZATION",
        plain(
            rf"(?<![\w<.-])(?P<v>{_UP}[\w'&\-]{{1,60}}(?: (?:{_LINK} )?{_WORD}){{0,3}})(?:'s)? (?=(?:CEO|CFO|CTO|spokes(?:man|woman|person)|chairman|founder|co-founder|executives?|employees?|shareholders?|stock)\b)"
        ),
        check=lambda text: _is_name(text) and not is_word(text.split()[0]),
    ),
)

LEFT_OVERS = (
    # Half a name beside the mark of the other half, and the line of a letterhead or signature between two masked ones
    Rule(
        "half-masked",
        "ORGANIZATION",
        plain(
            rf"<(?:ORGANIZATION|NRP)> (?P<v>(?:(?:{_LINK}|And|Of) )?{_UP}[\w'\-]{{1,60}}(?: (?:{_LINK} )?{_UP}[\w'\-]{{1,60}}){{1,3}}|And {_UP}[\w'\-]{{1,60}})(?!\w)"
        ),
        check=_not_generic,
    ),
    Rule(
        "letterhead",
        "ORGANIZATION",
        plain(
            r"(?m)^\W{0,5}<(?:PERSON|TITLE)>[^\w\n<]{0,3}\n[^\w\n<]{0,5}(?P<v>\w[^\n<>:]{1,50})(?=\n[^\w\n<]{0,5}<(?:ADDRESS|LOCATION|PHONE_NUMBER|EMAIL_ADDRESS|URL)>)"
        ),
        check=_not_generic,
    ),
)

_KNOWN = (
    r"Abbott|AbbVie|Accenture|Adidas|Adobe|Aetna|Airbnb|Airbus|Alcoa|Alibaba|Allianz|Allstate|Altria|Amazon|AMD|American Express|Amgen|Anthem|AOL|Apple|Aramark|Arby's|AstraZeneca|AT&T|Audi|Aviva|AXA|BAE Systems|Bain|Barclays|BASF|Bayer|BBC|BBVA|Best Buy"
    r"|Berkshire Hathaway|BioNTech|BlackRock|Blackstone|Bloomberg|BMW|BNP Paribas|Boeing|Bosch|Bristol[- ]Myers(?: Squibb)?|BT|Burberry|Burger King|Cadbury|Canon|Capgemini|Capital One|Cargill|Carrefour|Caterpillar|CBS|Charles Schwab|Chevron|Chick-fil-A|Chipotle|Chrysler|Cigna|Cisco"
    r"|Citi|Citibank|Citigroup|CNN|Coca-Cola|Cognizant|Comcast|Commerzbank|Costco|Coursera|Credit Suisse|CVS|Daimler|Danone|Dell|Deloitte|Delta Air Lines|Deutsche Bank|DHL|Diageo|Disney|Domino's|DoorDash|Dow Chemical|Dropbox|DuPont|eBay|Eli Lilly|Equifax|Ericsson|Ernst & Young|Etsy"
    r"|Expedia|Experian|ExxonMobil|Exxon|Facebook|Fannie Mae|FedEx|Ferrari|Fidelity|Ford Motor|Foxconn|Freddie Mac|Garmin|Geico|GEICO|General Electric|General Motors|Gilead|GitHub|GlaxoSmithKline|Goldman Sachs|Google|GoPro|Groupon|Halliburton|Heineken|Heinz|Hershey|Hewlett[- ]Packard|Hilton|Hitachi|Home Depot|Honda|Honeywell"
    r"|HP|HSBC|Huawei|Humana|Hyundai|IBM|IKEA|Infosys|ING|Instacart|Instagram|Intel|Intuit|JCPenney|John Deere|Johnson & Johnson|JPMorgan(?: Chase)?|Kaiser Permanente|KFC|Kellogg's?|KLM|Kmart|Kohl's|KPMG|Kraft|Kroger|L'Or[eé]al|Lenovo|LG|Liberty Mutual|LinkedIn|Lloyds|Lockheed Martin|Logitech|Lufthansa|Lyft|Macy's|Marriott"
    r"|MasterCard|Mastercard|Mattel|Mazda|McDonald's|McKinsey|Medtronic|Mercedes(?:-Benz)?|Merck|Merrill Lynch|MetLife|Micron|Microsoft|Mitsubishi|Moderna|Monsanto|Morgan Stanley|Motorola|NASA|NATO|Nationwide Insurance|Navient|NBC|Nestl[eé]|Netflix|Nike|Nintendo|Nissan|Nokia|Nordstrom|Northrop Grumman|Novartis|Nvidia|NVIDIA|OpenAI|Oracle|Palantir|Panasonic"
    r"|Pandora|PayPal|PepsiCo|Pepsi|Peugeot|Pfizer|Philips|Pinterest|Pizza Hut|PNC|Porsche|Procter & Gamble|Prudential|Qualcomm|Quicken Loans|Raytheon|Reddit|Renault|Rite Aid|Robinhood|Roche|Rolls-Royce|Royal Dutch Shell|Ryanair|Salesforce|Samsung|Sanofi|Santander|SAP|Schlumberger|Sears|Shopify|Siemens|Skype|Snapchat|SoFi|SoftBank|Sony|SpaceX|Spotify|Sprint"
    r"|Standard (?:&|[Aa]nd) Poor'?s|Staples|Starbucks|State Farm|Stripe|Subaru|SunTrust|Suzuki|Synchrony|T-Mobile|TD Ameritrade|Tencent|Tesco|Tesla|Thomson Reuters|Reuters|TikTok|Toshiba|TotalEnergies|Toyota|TransUnion|Transunion|TripAdvisor|Tripadvisor|Twilio|Twitch|Twitter|Uber|UBS|U\.N\.|UNESCO|UNHCR|UNICEF|Interpol|Europol|FBI|CIA|Unilever|UnitedHealth|United Airlines|UPS|USAA|Venmo|Verizon|Visa Inc|Vodafone|Volkswagen|Volvo|Walgreens|Walmart"
    r"|Wayfair|Wells Fargo|WhatsApp|Whirlpool|Whole Foods|Wikipedia|Xerox|Xiaomi|Yahoo|Yelp|YouTube|Zillow|Zurich Insurance|Zynga"
)

KNOWN = (Rule("known-company", "ORGANIZATION", plain(rf"(?<![\w<@.-])(?:{_KNOWN}|{_KNOWN.upper()})(?![\w-]|\.[a-z])")),)

_CN_KIND = r"(?:医院|卫生院|大学|学院|中学|小学|幼儿园|派出所|居委会|研究院|研究所|信用社)"

CHINESE = (
    Rule(
        "cn-company",
        "ORGANIZATION",
        plain(rf"[{HAN}]{{2,14}}?(?:有限责任公司|股份有限公司|有限公司|集团公司|律师事务所|会计师事务所)"),
    ),
    Rule(
        "cn-place-institution",
        "ORGANIZATION",
        plain(
            rf"[{HAN}]{{2,4}}(?:省|市|县|区|镇)(?:第[一二三四五六七八九十]{{1,2}})?[{HAN}]{{0,6}}?{_CN_KIND}|[{HAN}]{{2,4}}第[一二三四五六七八九十]{{1,2}}[{HAN}]{{0,4}}?{_CN_KIND}"
        ),
    ),
    Rule(
        "cn-bank",
        "ORGANIZATION",
        plain(
            rf"(?:中国|建设|工商|农业|招商|交通|光大|民生|兴业|浦发|中信|华夏|平安|浙商|渤海|邮政储蓄|北京|上海|江苏|宁波|南京|杭州){{1,3}}银行(?:[{HAN}]{{2,6}}?(?:支行|分行|营业部))?"
        ),
    ),
)

RULES = (*ORGANIZATIONS, *LEFT_OVERS, *KNOWN, *CHINESE)
"""Organisations."""

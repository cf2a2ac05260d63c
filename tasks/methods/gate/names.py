"""The gate's rules for names and places in sentences: words that English doesn't know, and the words around a name."""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of names better than two hundred quotes.
from __future__ import annotations

from tasks.methods.gate.edges import HAN, ire, plain
from tasks.methods.gate.rules import Rule
from tasks.methods.gate.vocabulary import unknown_capitals, unknown_words

_UP = r"[^\W\d_a-z]"
_BIG = r"[A-ZÀ-ÖØ-Þ]"
_CAP = rf"{_UP}[^\W\d_]{{0,40}}(?:['-][^\W\d_]{{1,40}}){{0,3}}"
_RUN = rf"(?<![\w<@#/.'-])(?P<v>{_CAP}(?: (?:(?:de|da|del|van|von|der|den|la|le|al|bin|ibn|y|{_UP}\.) ){{0,2}}{_CAP}){{0,4}})(?![\w>@/]|\.\w)"
_THERE = r"\b(?:in|at|from|to|near|of|through|around|outside|via|towards?|into|visit(?:ed|ing)?|leav(?:e|ing)|left|city|town|village|county|where:?) $"

_COUNTRIES = """
    Afghanistan;Albania;Algeria;Andorra;Angola;Argentina;Armenia;Aruba;Australia;Austria;Azerbaijan;Bahamas;Bahrain;Bangladesh;Barbados;Belarus;Belgium;Belize;Benin;Bermuda;Bhutan;Bolivia;Bosnia(?: and Herzegovina)?;Botswana;Brazil;
    Brunei;Bulgaria;Burkina Faso;Burundi;Cambodia;Cameroon;Canada;Cape Verde;Central African Republic;Chile;Colombia;Comoros;Congo;Costa Rica;Croatia;Cuba;Cyprus;Czechia;Czech Republic;Denmark;Djibouti;Dominica;Dominican Republic;
    Ecuador;Egypt;El Salvador;England;Equatorial Guinea;Eritrea;Estonia;Eswatini;Ethiopia;Faroe Islands;Fiji;Finland;France;Gabon;Gambia;Germany;Ghana;Gibraltar;Great Britain;Greece;Greenland;Grenada;Guadeloupe;Guam;Guatemala;Guernsey;
    Guinea(?:-Bissau)?;Guyana;Haiti;Honduras;Hong Kong;Hungary;Iceland;India;Indonesia;Iran;Iraq;Ireland;Isle of Man;Israel;Italy;Ivory Coast;Jamaica;Japan;Kazakhstan;Kenya;Kiribati;Kosovo;Kuwait;Kyrgyzstan;Laos;Latvia;Lebanon;Lesotho;
    Liberia;Libya;Liechtenstein;Lithuania;Luxembourg;Macau;Madagascar;Malawi;Malaysia;Maldives;Mali;Malta;Marshall Islands;Martinique;Mauritania;Mauritius;Mexico;Micronesia;Moldova;Monaco;Mongolia;Montenegro;Morocco;Mozambique;
    Myanmar;Namibia;Nauru;Nepal;Netherlands;New Zealand;Nicaragua;Niger;Nigeria;North Macedonia;Northern Ireland;Norway;Oman;Pakistan;Palau;Palestine;Panama;Papua New Guinea;Paraguay;Peru;Philippines;Poland;Portugal;Puerto Rico;Qatar;
    R[eé]union Island;Romania;Russia;Rwanda;Samoa;San Marino;Saudi Arabia;Scotland;Senegal;Serbia;Seychelles;Sierra Leone;Singapore;Slovakia;Slovenia;Solomon Islands;Somalia;South Africa;South Korea;North Korea;Korea;South Sudan;Spain;
    Sri Lanka;St\\. Lucia;Saint Lucia;Sudan;Suriname;Swaziland;Sweden;Switzerland;Syria;Taiwan;Tajikistan;Tanzania;Thailand;Togo;Tonga;Trinidad(?: and Tobago)?;Tunisia;Turkmenistan;Tuvalu;Uganda;Ukraine;United Arab Emirates;
    United Kingdom;United States(?: of America)?;Uruguay;Uzbekistan;Vanuatu;Vatican City;Venezuela;Vietnam;Wales;Western Sahara;Yemen;Zambia;Zimbabwe;
    Alabama;Alaska;Arizona;Arkansas;California;Colorado;Connecticut;Delaware;Florida;Hawaii;Idaho;Illinois;Indiana;Iowa;Kansas;Kentucky;Louisiana;Maine;Maryland;Massachusetts;Michigan;Minnesota;Mississippi;Missouri;Montana;Nebraska;
    Nevada;New Hampshire;New Jersey;New Mexico;New York;North Carolina;North Dakota;Ohio;Oklahoma;Oregon;Pennsylvania;Rhode Island;South Carolina;South Dakota;Tennessee;Texas;Utah;Vermont;Virginia;West Virginia;Wisconsin;Wyoming;
    Alberta;British Columbia;Manitoba;New Brunswick;Newfoundland;Nova Scotia;Ontario;Quebec;Saskatchewan;Queensland;Tasmania;Bavaria;Catalonia;Andalusia;Tuscany;Sicily;Normandy;Brittany;Bengal;Punjab;Gujarat;Siberia
"""
_PLACES = "|".join(sorted((name.strip() for name in _COUNTRIES.split(";")), key=len, reverse=True))
_PROVINCES = "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
_CITIES = "广州|深圳|成都|杭州|武汉|西安|南京|苏州|郑州|长沙|青岛|沈阳|大连|宁波|厦门|福州|济南|合肥|昆明|南宁|南昌|贵阳|太原|石家庄|哈尔滨|长春|兰州|海口|银川|西宁|乌鲁木齐|拉萨|呼和浩特|无锡|佛山|东莞|珠海|温州|徐州|常州|烟台|洛阳|扬州|桂林|三亚"


def _not_blank(text: str) -> bool:
    """Whether a name isn't an abbreviation, nor a value blanked as XXXX."""
    return not text.isupper()


WORDS = (
    Rule("unknown-place", "LOCATION", plain(_RUN), check=unknown_words, near=ire(_THERE), before=16, latin=True),
    Rule("unknown-name", "PERSON", plain(_RUN), check=unknown_words, unless=ire(_THERE), before=16, latin=True),
    Rule(
        "unknown-capitals",
        "LOCATION",
        plain(
            rf"(?<![\w<@#/.'-])(?<!{_BIG}{_BIG} )(?P<v>{_BIG}{{5,}}(?:[ -]{_BIG}{{3,}}){{0,2}})(?![\w>@/]|\.\w| {_BIG}{_BIG})"
        ),
        check=unknown_capitals,
        latin=True,
    ),
    Rule(
        "other-script",
        "LOCATION",
        plain(r"(?<![\w<])[Α-ΩА-ЯΆ-Ώ][\u0370-\u03ff\u0400-\u04ff∆]+(?:[ -][\u0370-\u03ff\u0400-\u04ff∆]+)*"),
        latin=True,
    ),
)

CONTEXTS = (
    Rule("country", "LOCATION", plain(rf"(?<![\w<@-])(?:{_PLACES})(?![\w@]|-[a-z])")),
    Rule(
        "landmark",
        "LOCATION",
        plain(
            rf"(?<![\w<@#/.'-])(?!(?:The|A|An|My|Your|His|Her|Our|Their|This|That|In|At|On|No|Each|Every) )(?P<v>{_CAP}(?: {_CAP}){{0,2}} (?:Airport|Base|Bay|Beach|Boulevard|Bridge|Canal|Canyon|Castle|Cathedral|Cemetery|Creek|Falls|Forest|Garage|Gardens|Harbou?r|Heights|Hills"
            r"|Island|Islands|Lake|Memorial|Mountain|Mountains|Museum|Palace|Park|Peninsula|Plaza|Railway Station|Reservoir|River|Stadium|Terminal|Tower|Township|Valley|Village|Zoo))(?![\w>])"
        ),
        check=lambda text: not text.isupper(),
    ),
    Rule("beside-name", "PERSON", plain(rf"(?<=>, )(?P<v>{_CAP}(?: {_CAP})?)(?=,? and <PERSON>)"), check=_not_blank),
    Rule("and-name", "PERSON", plain(rf"(?<=<PERSON> and )(?P<v>{_CAP}(?: {_CAP})?)(?=[.,;!?]|$)"), check=_not_blank),
    Rule(
        "my-name",
        "PERSON",
        ire(
            rf"\b(?:my name is|name's|call me|calls me|i am called|known as|named|this is) (?-i:(?P<v>{_CAP}(?: {_CAP}){{0,2}}))(?![\w>])"
        ),
        check=lambda text: not text.isupper(),
    ),
    Rule("speaker", "PERSON", plain(rf"(?m)^(?P<v>{_CAP}): (?=[\"'A-Z<])"), check=unknown_words, latin=True),
    Rule(
        "lives-in",
        "LOCATION",
        plain(
            rf"\b(?:[Ll]iv(?:e|es|ed|ing) in|[Gg]r[eo]w up in|[Bb]orn in|[Rr]aised in|[Mm]oved (?:here )?(?:to|from)|[Rr]esid(?:e|es|ed|ing) in|[Ff]l(?:y|ew|ying) (?:to|from)|[Tt]ravel(?:s|ed|led|ing|ling)? (?:to|from)|[Oo]riginally from|[Cc]ome from|[Bb]ased in|[Vv]acation in|[Tt]rip (?:to|from)) (?P<v>{_CAP}(?: {_CAP}){{0,2}})(?![\w>])"
        ),
        check=lambda text: "XX" not in text,
    ),
)

CHINESE = (
    Rule("cn-place", "LOCATION", plain(rf"(?:{_PROVINCES})(?:省|市|自治区|特别行政区)?|(?:{_CITIES})市?")),
    Rule(
        "cn-district",
        "LOCATION",
        plain(
            rf"(?<=[在于到去住往来自至])[{HAN}]{{2,4}}?(?:省|(?<![超城夜股上都门黑])市|(?<![各外州郡])县|(?<![小社地片校园院景厂])区|镇|(?<![城家老下故])乡|村)"
            rf"(?![{HAN}]?(?:场|别|域|分|间|民币|长|级|政府|政|内|里))"
        ),
    ),
)

RULES = (*WORDS, *CONTEXTS, *CHINESE)
"""Names and places."""

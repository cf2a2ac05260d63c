"""Postal addresses as they are written in many countries.

An address is found by its core (a street with a number, a box, a military unit, a flat) and then read on to its end:
the flat, the town, the state, the country and the postal code that follow it on the line or on the lines below. What
is a core by itself says what it is ("25 rue de la Paix", "Hauptstr. 5"); what isn't ("Mlýnská 1540") counts where the
words before it speak of an address, or where a flat, a country or a state with a postal code follows.
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import regex

from tasks.methods.detect.gazetteer import listed, plain
from tasks.methods.detect.rules import TIMEOUT_SECONDS, Function

_FLAGS = regex.MULTILINE | regex.VERSION1
_N = r"\d{1,6}(?:[ ]?[A-Za-z](?![\p{L}\p{N}'’.])|[\-–/]\d{1,5}[A-Za-z]?)?(?!\p{N})(?:[ ](?:bis|ter|quater)\b)?"
"""A house number: 12, 12b, 12-14, 12/3."""
_HEAD = rf"(?<![\p{{L}}\p{{N}}$€£#.,/\-])(?:{_N}[ ,]{{1,2}}(?:{_N}[ ,]{{1,2}})?)?"
_W = r"\p{Lu}(?:[\p{L}\p{M}'’]|[.\-](?=\p{L}))*+\.?"
_LINK = r"(?:(?:(?i:de|del|della|delle|dello|dei|degli|di|da|do|dos|das|du|des|la|las|le|les|los|lo|el|al|van|von|der|den|het|zum|zur|am|an|im|in|of|the|y|e|et|og|na|u|pod|nad|pri)[ ]|d['’]|l['’]|de[ ]l['’]){1,3})?"
_NAME = rf"{_LINK}(?:{_W}|\d{{1,3}}(?:st|nd|rd|th|er|º|ª|e)?)(?:[ ]{_LINK}{_W}){{0,4}}"

# Words that stand before a street's name: Rue de Rivoli, Via Roma, ul. Miła, Calle Mayor.
_BEFORE = (
    r"(?i:rue|avenue|av\.|av|ave\.|avda\.?|avenida|avinguda|boulevard|boul\.|bd\.?|blvd|chemin|ch\.|all[ée]e|impasse|quai|ruelle|sentier|route"
    r"|chauss[ée]e|via|viale|v\.le|piazza|p\.zza|piazzale|corso|vicolo|largo|strada|contrada|calle|c/|carrer|carretera|ctra\.?|camino|paseo|pso\.|plaza|pza\.?"
    r"|pla[çc]a|ronda|traves[íi]a|calz(?:ada|\.)|callej[óo]n|privada|cerrada|rua|r\.|travessa|estrada|pra[çc]a|alameda|rodovia|ladeira|beco|rambla"
    r"|ul\.|ulica|ulitsa|aleja|al\.|plac|pl\.|os\.|osiedle|jalan|jl\.|jln\.|bulevardul|bd-ul|calea|str\.|strada|aleea|şoseaua|sos\.|улица|ул\.|проспект|пр\.|пер\.|бул\."
    r"|οδ[όο]ς|λεωφ[όο]ρος|λεωφ\.|πλατεία|leoforos|odos|shari'?|sh\.|sharia|an der|am|auf der|auf dem|im|in der|zum|zur|unter den|place)"
)
_BEFORE_ALONE = (
    r"(?:[Rr]ue|[Cc]alle|[Cc]arrer|[Vv]iale|[Pp]iazza|[Cc]orso|[Aa]venida|[Aa]vda\.?|[Rr]ua|[Tt]ravessa|[Uu]l\.|[Uu]lica|[Pp]aseo|[Bb]oulevard|[Cc]hemin"
    r"|[Cc]/|[Cc]hauss[ée]e|Λεωφόρος|Οδός|Jalan|Jl\.|Calea|Bulevardul|Rambla|[Pp]ra[çc]a|Impasse|Quai)"
)
"""Those of them that are no words of English: a street even without a number."""

# Endings that make a word a street's name, and words that stand behind it.
_GLUED = (
    r"(?:stra[sß]e|strasse|str|weg|gasse|gässli|gasse|platz|allee|ring|damm|ufer|graben|steig|stieg|zeile|chaussee|berg|hof|markt|pfad|winkel|kamp"
    r"|straat|laan|plein|gracht|kade|dijk|singel|steeg|hoek|dreef|pad|lei|baan|steenweg|gade|vej|vænget|stræde|allé|torv|plads|gård|parken|bakken"
    r"|gata|gatan|gaten|gate|vägen|väg|veien|vei|vegen|veg|gränd|gränden|torget|torg|stigen|stig|backen|plan|liden|svingen|bakke|haugen|lia|terrasse"
    r"|katu|kuja|tie|polku|raitti|ranta|kaari|aukio|tori|penger|rinne|mäki|tee|tänav|puiestee|götu|götu|gata|vegur|vegi|stígur|stíg|braut|tún|tun|hólar|holt|háls"
    r"|ská|cká|ova|ého|skiego|skiej|utca|iela|gatvė|stræti|straeti)"
)
_BEHIND = (
    r"(?:utca|u\.|út|útja|tér|tere|krt\.|körút|rkp\.|rakpart|köz|sor|sétány|fasor|dűlő|lakótelep|caddesi|cad\.|cd\.|sokak|sokağı|sok\.|sk\.|bulvarı|bulv\.|mahallesi|mah\."
    r"|Stra[sß]e|Strasse|straße|Str\.|str\.?|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|tee|pst|puiestee|mnt|maantee|tn|tänav|gata|gate|vei|veg|vej|gade|väg|gränd|gatan|vägen"
    r"|terrasse|plads|torv|allé|alle|cesta|ulica|ul\.|trg|n[áa]m\.?|n[áa]m[ěe]st[íi]|t[řr]\.?|t[řr][íi]da|nábřeží|nábr\.|sady|katu|tie|kuja|polku|plein|laan|straat|weg|iela|g\.|gatvė|prospektas"
    r"|street|road|lane|avenue|drive|way|court|close|place|square|terrace|crescent|Street|St\.?|Road|Rd\.?|Lane|Ln\.?|Avenue|Ave\.?|Av\.?|Drive|Dr\.?|Way|Court|Ct\.?|Close|Place|Pl\.?|Square|Sq\.?|Terrace|Crescent|Cres\.?|Boulevard|Blvd\.?|Parade|Quay|Walk|Grove|Gardens|Row|Mews|Hill|Rise|Mall)"
)
_ENGLISH = (
    r"(?i:street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|way|terrace|ter|trail|trl|parkway|pkwy|highway|hwy|square|sq"
    r"|loop|row|alley|aly|crescent|cres|close|plaza|plz|pike|cove|crossing|landing|heights|hts|hollow|commons?|creek|meadows?|grove|glen|turnpike|walk|mews|bend|park|hill"
    r"|gardens?|estates?|fork|forks|mall|manor|oval|quay|villas?|vista|springs?|canyon|harbou?r|island|islands|isle|junction|lake|lakes|mill|mills|mission|motorway|orchard|rapids|ridge|shoals?|shores?"
    r"|spurs?|summit|trace|track|tunnel|union|unions|valley|village|ville|parade|esplanade|wharf|rise|green|greens|cliff|cliffs|point|points|prairie|dam|bridge|brook|bypass|camp|cape|causeway|center|club|corner|corners|course"
    r"|dale|divide|estate|expressway|extension|fall|falls|ferry|field|fields|flat|flats|ford|forest|forge|forges|fort|freeway|garden|gateway|haven|inlet|keys?|knolls?|light|lodge|mountain|neck|parkways|pass|path|pine|pines|plain|plains|port|ports|radial|ranch|rest|river|roads|route|run|shoal|skyway|squares|station|stravenue|stream|throughway|trafficway|via|viaduct|view|views|wall|wells|motorway)"
)
_UNIT = (
    r"(?i:(?:apt|apartment|appartement|apto|appt|suite|ste|unit|flat|dpto|depto|étage|floor|fl|room|rm|bldg|building|lot|trailer|piso|puerta|interno|int|esc|sala|bloco|box|wohnung|whg|lgh|block|blk|tower|house|door|top|stiege)\b\.?[ ]?(?:no\.?[ ]?|n[°º][ ]?|#)?"
    r"(?:[A-Za-z]?\d{1,5}[A-Za-z]?|[A-Za-z])(?:-\d{1,4}|-[A-Za-z])?(?![\p{L}\p{N}])|\d{1,3}(?:st|nd|rd|th)[ ]floor|#[ ]?[A-Za-z]?\d{1,5}[A-Za-z]?(?![\p{L}\p{N}]))"
)
_UNIT_ALONE = r"(?<![\p{L}\p{N}])(?i:apt|apartment|suite|ste|appt|apto|flat)\b\.?[ ]?(?:(?i:no)\.?[ ]?|#[ ]?)?(?:[A-Z]?\d{1,5}[A-Za-z]?|[A-Z](?=[,\n]))(?:-\d{1,4}|-[A-Z])?(?![\p{L}\p{N}])"
_NOT_A_STREET = (
    r"(?!(?:[\p{N} ,]{0,14}+)(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|mg|ml|am|pm|usd|eur|gbp|years?|days?|hours?|minutes?|weeks?|months?|percent|mr|mrs|ms|dr|i|during|in|since|on|at|it's|is|was|by|and|or|for|to|from|with|because|until|before|after|about|over|under|only|chapter|section|page|figure|table|step|part|version|windows|iphone)\b)"
)

STRONG = tuple(
    regex.compile(pattern, _FLAGS)
    for pattern in (
        # 25 rue de la Paix; Via Roma, 12; Calle 12 #4-56
        rf"{_HEAD}{_BEFORE}[ ]?{_NAME},?[ ](?i:n[°ºo.]{{0,2}}[ ]?|no\.[ ]?|#[ ]?)?{_N}",
        rf"(?<![\p{{L}}\p{{N}}$€£.,/\-]){_N},?[ ]{_BEFORE}[ ]{_NAME}",
        rf"{_HEAD}(?<!\p{{L}}){_BEFORE_ALONE}[ ]?{_NAME}",
        # Hauptstr. 5; Koskikatu 25; Stora Nygatan 7
        rf"{_HEAD}(?<!\p{{L}}){_NOT_A_STREET}(?:{_W}[ ]){{0,2}}\p{{Lu}}[\p{{L}}\p{{M}}\-]{{1,30}}{_GLUED}\.?[ ]{_N}",
        # Kossuth Lajos utca 12.; Devon Street West 24
        rf"{_HEAD}(?<!\p{{L}}){_NOT_A_STREET}(?:{_W}[ ]){{1,4}}{_BEHIND}(?:[ ](?:West|East|North|South|N|S|E|W))?,?[ ]{_N}",
        # 124 Devon Street West; 11 Souterhead Road Gregersen Prairie; 9858 92 Hounslow Rd
        rf"(?<![\p{{L}}\p{{N}}$€£.,/\-]){_NOT_A_STREET}{_N},?[ ](?:\d{{1,5}}[A-Za-z]?[ ])?(?:(?:N|S|E|W|NE|NW|SE|SW)\.?[ ])?(?:(?:{_W}|\d{{1,3}}(?:st|nd|rd|th)|of|the|de|la)[ ]){{1,4}}{_ENGLISH}(?![\p{{L}}\p{{N}}])\.?"
        rf"(?:[ ](?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b)?(?:[ ]{_W}[ ]{_ENGLISH}(?![\p{{L}}\p{{N}}]))?",
        # P.O. Box 12; PSC 12, Box 34; Unit 12 Box 34; USNS Name; APO AE 12345; Postfach 12
        rf"{_HEAD}(?<!\p{{L}})(?i:p\.?[ ]?o\.?[ ]?box|post office box|postfach|postbus|boîte postale|b\.?p\.|apartado(?: postal)?|casilla|apdo\.?|caixa postal|private bag|locked bag|gpo box|po bag|casella postale|pl|skr\. poczt\.)[ ]?#?[ ]?[A-Z]?\d{{1,7}}(?:[ ]{_W}[ ]{_ENGLISH}(?![\p{{L}}\p{{N}}]))?",
        r"(?<![\p{L}\p{N}])(?i:psc|cmr|unit|opc|omc|umr)[ ]\d{1,5},?[ ](?i:box)[ ]\d{1,6}",
        r"(?<![\p{L}\p{N}])(?:USNS|USNV|USS|USCGC|HMS|usns|usnv|uss|uscgc)[ ][\p{L}'’\-]{2,20}(?=[,\s]+(?i:[AFD]PO)\b)",
        r"(?<![\p{L}\p{N}])(?i:[AFD]PO)[,]?[ ](?i:A[AEP])[,]?[ ]\d{5}(?:-\d{4})?",
        _UNIT_ALONE,
    )
)
"""Cores that say what they are."""

_PHRASE = rf"(?:{_W}|\p{{Ll}}{{1,3}}\.)(?:[ ]{_LINK}{_W}){{0,4}}"
WEAK = tuple(
    regex.compile(pattern, _FLAGS)
    for pattern in (
        # 28245 Puruntie 82; Mlýnská 1540; 94 Rose Hill: a street by what stands around it
        rf"(?<![\p{{L}}\p{{N}}$€£#.,/\-]){_NOT_A_STREET}{_N},?[ ]{_PHRASE}(?:,?[ ]{_N}\.?)?",
        rf"(?<![\p{{L}}\p{{N}}$€£#.,/\-]){_NOT_A_STREET}{_PHRASE},?[ ]{_N}\.?",
        r"(?<![\p{L}\p{N}$€£#.,/\-])\d{1,6}[ ](?!(?:to|and|or|until|till|through|by|of|out of|vs\.?|x)[ ]\d)(?:[\p{Ll}\p{M}'’.\-]{1,20}[ ]){1,5}(?:\d{1,5}|(?:street|st|road|rd|avenue|ave|lane|drive|blvd|court|way)\b)(?!\p{N})",
    )
)
"""Cores that need words before them or an end behind them."""

_CONTEXT = regex.compile(
    r"(?r)(?:\baddress(?:es)?(?:[ ]\p{Ll}{2,12}){0,3}(?:[ ](?:is|was|as|to|:))?|\b(?:located|situated|lives?|lived|living|resid(?:es?|ed|ing)|stay(?:s|ed|ing)?|meet(?:[ ](?:me|you|him|her|them|us))?|arrived|works?|based|delivered|office(?:s)?(?:[ ](?:is|are))?(?:[ ]located)?|house|home|apartment|property|store|shop|restaurant)[ ](?:at|on|in)"
    r"|\b(?:sent?|mail(?:ed)?|ship(?:ped)?|deliver(?:ed)?|return(?:ed)?|moved?|relocated?|forward(?:ed)?|drive|go|taxi|ride|cab|come|came|get|head(?:ed)?|(?:one|it|them|card|package|letter)[ ]sent|changed?|updated?)[ ](?:\p{Ll}{1,12}[ ]){0,3}?to|\b(?:addr|residence|location|directions to|drops? (?:you|me|us|him|her|them) off at|at|is in|it's in|where|from))[ \t]*[:=\-]?[ \t\n]*\Z",
    regex.IGNORECASE | regex.VERSION1,
)
_WINDOW = 60
_REACH = 120
_FIGURES = regex.compile(r"\d+")
_LAW = regex.compile(r"\b(?:U\.?[ ]?S\.?[ ]?C|C\.?[ ]?F\.?[ ]?R|Stat|Pub|Law|Act|Code|Section|Sec|XX)\b", _FLAGS)
"""What is numbered and is no street: "15 USC 1681"."""
_GAP = regex.compile(r"[ \t]*(?:[,;.]|[–—\-](?=[ ]))?[ \t]*(?:\n[^\p{L}\p{N}\n]{0,8}){0,2}[ \t]*(?:,[ \t]*)?", _FLAGS)
_UNIT_AT = regex.compile(_UNIT, _FLAGS)
_STATE_AT = regex.compile(
    r"(?:A[LKZRAEP]|C[AOT]|D[EC]|F[LM]|G[AU]|HI|I[DLNA]|K[SY]|LA|M[EHDAINSOTPB]|N[EVHJMYCDBLTSU]|O[HKRN]|P[WARIE]|QC|RI|S[CDK]|T[NX]|UT|V[TIA]|W[AVIY]|A[BP]|BC|AB|YT|NSW|VIC|QLD|TAS|ACT|[A-Z]{2,3}(?=,?[ ]\d{4,6}(?!\d)|,?\s{1,4}\d{4,6}(?!\d)))(?![\p{L}\p{N}])"
)
_STATE_SMALL = regex.compile(r"[\p{Ll}\p{N}]{2,3}(?=[ \n]{1,2}\d{5}(?!\d))")
_CODE_AT = regex.compile(
    r"(?:(?:[A-Z]{1,3}-)?\d{4,7}(?:-\d{3,4})?|\d{3}[ ]\d{2}|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d|\d{4}[ ]?[A-Z]{2}|\d{3}-\d{4})(?![\p{L}\p{N}])"
)
_TOWN_AT = regex.compile(
    r"(?:(?:\p{Lu}|['’]?s-\p{Lu})[\p{L}\p{M}'’.\-]*+|\d{1,2}(?=[ ]\p{Lu}))(?:[ ](?:\([\p{L} ]{2,20}\)|(?:de|del|di|la|las|los|el|do|da|dos|of|the|upon|on|am|an|der|sur|les|le|nad|in|pod|y|e|[/&])(?=[ ]\p{L})|\p{Lu}[\p{L}\p{M}'’.\-]*+)){0,4}"
)
_SMALL_TOWN = regex.compile(
    r"[\p{Ll}][\p{L}\p{M}'’\-]*+(?:[ ][\p{Ll}][\p{L}\p{M}'’\-]*+){0,3}(?=[ ]*(?:\n[ ]*)?,[ ]*[\p{Ll}\p{N}]{2,3}\b)"
)
_DEMONYM_COUNTRY = regex.compile(
    r"(?i:u\.?[ ]?s\.?[ ]?a\.?|u\.?k\.?|usa|great britain|deutschland|españa|italia|österreich|schweiz|suisse|nederland|belgië|belgique|sverige|norge|danmark|suomi|polska|brasil|méxico)(?![\p{L}])"
)
_WORDS = regex.compile(r"[\p{L}\p{M}'’.\-]+")


def _region(text: str, at: int) -> int:
    """The end of a country's or a state's name that begins at ``at``, or ``at``."""
    other = _DEMONYM_COUNTRY.match(text, at)
    if other:
        return other.end()
    regions, best, phrase, place = listed("regions"), at, "", at
    for _ in range(5):
        word = _WORDS.match(text, place)
        if not word:
            break
        phrase = f"{phrase} {plain(word.group().rstrip('.'))}".strip()
        if phrase.removeprefix("the ") in regions:
            best = word.end()
        if text[word.end() : word.end() + 1] != " ":
            break
        place = word.end() + 1
    if best > at:
        bracket = regex.match(r"[ ]\([\p{L} ]{2,20}\)", text[best : best + 24])
        best += bracket.end() if bracket else 0
    return best


def _part(text: str, at: int, seen: str) -> tuple[str, int]:
    """The kind and the end of the part of an address that begins at ``at``; ``("", at)`` where none does."""
    unit = _UNIT_AT.match(text, at)
    if unit:
        return "u", unit.end()
    region = _region(text, at)
    if region > at and not text[region : region + 1].isalpha():
        return "c", region
    state = _STATE_AT.match(text, at) or (_STATE_SMALL.match(text, at) if "t" in seen else None)
    if state:
        return "s", state.end()
    code = _CODE_AT.match(text, at)
    if code and seen[-1:] in "scut" and seen:
        return "z", code.end()
    if code and seen == "" and regex.match(r"[ ]\p{Lu}", text[code.end() : code.end() + 2]):
        return "z", code.end()
    return "", at


def _tail(text: str, at: int) -> tuple[int, str]:
    """Where the address whose core ends at ``at`` ends, and the kinds of the parts read: u, t, s, c, z."""
    seen, end = "", at
    for _ in range(8):
        gap = _GAP.match(text, end)
        start = gap.end() if gap else end
        if start == end and text[start : start + 1].isalnum():
            break
        kind, stop = _part(text, start, seen)
        if kind:
            seen, end = seen + kind, stop
            if kind == "z" and "t" in seen:
                break
            continue
        town = _TOWN_AT.match(text, start) or _SMALL_TOWN.match(text, start)
        if not town or seen.count("t") > 1 or "c" in seen:
            break
        stop = _town(text, town, seen, start > end and "\n" in text[end:start])
        if stop == start:
            break
        seen, end = seen + "t", stop
    return end, seen


def _town(text: str, town: regex.Match[str], seen: str, new_line: bool) -> int:
    """The end of a town's name, of its words as many as what follows bears out; its start where nothing does."""
    start, end = town.span()
    while end > start:
        gap = _GAP.match(text, end)
        kind, _ = _part(text, gap.end() if gap else end, "t")
        if kind and (gap is None or gap.end() > end):
            return end
        name = " ".join(plain(word.rstrip(".")) for word in text[start:end].split())
        if listed("cities").get(name, "w") != "w":
            return end
        if new_line and seen and regex.match(r"[ \t]*(?:$|\n)", text[end : end + 20]) and end == town.end():
            return end
        end = text.rfind(" ", start, end)
        if end < 0:
            break
    return start


def _bears_out(seen: str) -> bool:
    """Whether the parts behind a weak core make it an address."""
    return "u" in seen or "c" in seen or ("s" in seen and "z" in seen) or ("t" in seen and "z" in seen)


_ROAD = rf"(?:\d{{1,6}}[ ])?(?:ul\.[ ])?{_LINK}(?:{_W}|\d{{1,3}}(?:st|nd|rd|th))(?:[ ]{_LINK}{_W}){{0,4}}(?:[ ](?:str|street|avenue|road|utca|u\.)\b)?(?:[ ]{_N}\.?)?"
_CORNER = regex.compile(
    rf"(?i:\b(?:the[ ])?(?:corner|intersection|junction)[ ]of[ ]){_ROAD}[ ](?:and|&)[ ]{_ROAD}"
    # "meet me at Elm and 25th", "at Leon and Eyrarodda 66": one of the two has a number
    rf"|(?<=\b(?i:address|to|at|near)[ ]){_W}(?:[ ]{_W})?[ ](?:and|&)[ ](?:ul\.[ ])?{_W}(?:[ ]{_W}){{0,2}}[ ]{_N}\.?",
    _FLAGS,
)


def _around_figures(text: str) -> list[tuple[int, int]]:
    """The stretches of a text within reach of a figure: an address has one."""
    stretches: list[tuple[int, int]] = []
    for match in _FIGURES.finditer(text):
        start, end = max(0, match.start() - _REACH), min(len(text), match.end() + _REACH)
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches


def addresses(text: str) -> list[tuple[int, int, float]]:
    """``(start, end, score)`` of postal addresses."""
    found = []
    for start, end in _around_figures(text):
        for pattern in STRONG:
            for match in pattern.finditer(text, start, end, timeout=TIMEOUT_SECONDS):
                found.append((match.start(), _tail(text, match.end())[0], 0.85))
        for pattern in WEAK:
            for match in pattern.finditer(text, start, end, timeout=TIMEOUT_SECONDS):
                last, seen = _tail(text, match.end())
                if _LAW.search(text, max(0, match.start() - 8), last):
                    continue
                if _bears_out(seen) or _CONTEXT.search(text, max(0, match.start() - _WINDOW), match.start()):
                    found.append((match.start(), last, 0.7))
    found += [(*match.span(), 0.7) for match in _CORNER.finditer(text, timeout=TIMEOUT_SECONDS)]
    return found


RULES = (Function("ADDRESS", addresses),)
"""Addresses, for the detector ``airlock-places``."""

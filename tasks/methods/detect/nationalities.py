"""Nationalities, peoples, religions and political leanings, which a policy calls NRP.

The words are adjectives and nouns of English; a capital tells most of them. What is written small in ordinary use
("french fries", "polish the floor") is found small only where it stands for people.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words reads better than a thousand quotes.
from __future__ import annotations

import regex

from tasks.methods.detect.rules import Finder, Function, Rule

_PEOPLES = """
    afghan albanian algerian american andorran angolan antiguan argentine argentinian argentinean armenian aruban
    australian austrian azerbaijani azeri bahamian bahraini bangladeshi barbadian bajan basque belarusian belarusan
    belgian belizean beninese bermudian bhutanese bolivian bosnian botswanan brazilian british briton brit
    bruneian bulgarian burkinabe burmese burundian cambodian cameroonian canadian catalan chadian chechen chilean
    chinese colombian comoran congolese cornish costa_rican croatian croat cuban cypriot czech danish dane djiboutian
    dominican dutch dutchman dutchwoman ecuadorian ecuadorean egyptian emirati english englishman englishwoman eritrean
    estonian eswatini ethiopian faroese fijian filipino filipina finnish finn flemish french frenchman frenchwoman
    gabonese gambian georgian german ghanaian gibraltarian greek greenlander greenlandic grenadian guatemalan guinean
    guyanese haitian hawaiian honduran hungarian icelander icelandic indian indonesian iranian iraqi irish irishman
    irishwoman israeli italian ivorian jamaican japanese jordanian kazakh kazakhstani kenyan korean kosovar kosovan
    kurd kurdish kuwaiti kyrgyz lao laotian latvian lebanese liberian libyan liechtensteiner lithuanian luxembourger
    macedonian malagasy malawian malaysian malay maldivian malian maltese maori marshallese mauritanian mauritian
    mexican micronesian moldovan monacan monegasque mongolian mongol montenegrin moroccan mozambican namibian nauruan
    nepalese nepali new_zealander nicaraguan nigerian nigerien norwegian omani pakistani palauan palestinian
    panamanian papuan paraguayan persian peruvian polish pole portuguese puerto_rican qatari romanian russian rwandan
    salvadoran salvadorean sami sammarinese samoan saudi scot scottish scotsman scotswoman senegalese serb serbian
    seychellois sierra_leonean sikkimese singaporean slovak slovakian slovene slovenian somali somalian
    south_african south_korean north_korean south_sudanese spanish spaniard sri_lankan sudanese surinamese swazi swede
    swedish swiss syrian taiwanese tajik tamil tanzanian thai tibetan timorese togolese tongan trinidadian tunisian
    turk turkish turkmen tuvaluan ugandan ukrainian uruguayan uyghur uighur uzbek vanuatuan venezuelan vietnamese
    vincentian welsh welshman welshwoman yemeni yemenite yugoslav zambian zimbabwean
    african african_american european asian asian_american latino latina latinx hispanic chicano chicana arab arabian
    arabic scandinavian caucasian aboriginal inuit roma romani cherokee navajo apache sioux choctaw iroquois mohawk
    texan californian londoner parisian sicilian bavarian bengali punjabi gujarati pashtun hazara yoruba igbo hausa
    zulu xhosa berber bedouin hmong cantonese native_american middle_eastern latin_american south_asian east_asian
    """.split()
_FAITHS = """
    christian catholic roman_catholic protestant evangelical lutheran methodist baptist presbyterian anglican
    episcopalian pentecostal mormon quaker amish mennonite jehovah's_witness seventh-day_adventist adventist calvinist
    orthodox_christian greek_orthodox russian_orthodox eastern_orthodox unitarian jew jewish judaic hasidic
    orthodox_jew muslim moslem islamic sunni shia shiite shi'ite sufi salafi wahhabi ismaili ahmadi hindu buddhist
    sikh jain taoist daoist confucian shinto zoroastrian parsi bahá'í baha'i rastafarian rasta scientologist wiccan
    druze yazidi coptic copt maronite
    """.split()
_POLITICS = """
    democrat republican libertarian marxist leninist trotskyist maoist stalinist zionist ba'athist baathist tory
    communist socialist fascist nazi neo-nazi conservative_party labour_party democratic_party republican_party
    green_party peronist islamist
    """.split()
_SMALL_IS_A_WORD = frozenset(
    """
    american polish pole finn scot turk swede dane brit lao jain african chinese english french german irish italian
    japanese mexican spanish swiss dutch danish greek indian persian arabic turkish russian british texan roma jordan
    catholic democrat republican communist socialist fascist nazi rasta tory apache baptist georgian dominican colombian
    sioux londoner arab asian european canadian cuban thai korean welsh scottish scotsman hawaiian
    """.split()
)
"""In small letters these also name dishes, tongues, styles and things: found where they stand for people."""


def _forms(word: str) -> list[str]:
    phrase = word.replace("_", " ")
    if phrase.endswith("man"):
        return [phrase, phrase[:-3] + "men"]
    if phrase.endswith(("ese", "ish", "sh", "ch", "swiss", "thai", "ic", "x")):
        return [phrase]
    if phrase.endswith("y") and phrase[-2] not in "aeiou":
        return [phrase, phrase[:-1] + "ies"]
    return [phrase, phrase + "s"]


_ALL = {form: word.replace("_", " ") for word in (*_PEOPLES, *_FAITHS, *_POLITICS) for form in _forms(word)}
_PHRASES: dict[str, list[str]] = {}
for _form in sorted((form for form in _ALL if " " in form), key=len, reverse=True):
    _PHRASES.setdefault(_form.split(" ")[0], []).append(_form)
_WORD = regex.compile(r"(?<![\p{L}\p{N}_@#./])[\p{L}][\p{L}\p{M}'’\-]*+")
_PARTS = regex.compile(r"[^\-]+")
_PERSONS = regex.compile(
    r"[ ]+(?:man|men|woman|women|male|female|guy|guys|girl|girls|boy|boys|lady|person|people|citizen|citizens|national"
    r"|nationals|immigrant|immigrants|descent|origin|heritage|background|nationality|ancestry|born|family|parents|community"
    r"|refugee|refugees|student|students|doctor|voter|voters|government|army|soldiers?|police|minister|president)\b"
)
_BEING = regex.compile(
    r"(?:\b(?:i am|i'm|he is|he's|she is|she's|we are|we're|they are|they're|you are|you're|who is|are you|is he|is she|the|a|an"
    r"|nationality[: ]|religion[: ]|ethnicity[: ]|race[: ])[ ]*)$",
    regex.IGNORECASE,
)


def nationalities(text: str) -> list[tuple[int, int, float]]:
    """``(start, end, score)`` of the words for nationalities, peoples, religions and parties.

    A word with a capital counts, and one in small letters where it has no other use or stands for people ("the
    french man", "she is irish"). A compound counts by its parts: "Spanish-speaking", "Anglo-Indian".
    """
    found = []
    for match in _WORD.finditer(text):
        start, whole = match.start(), match.group()
        if "-" not in whole:
            folded = whole.lower()
            if folded not in _ALL and folded not in _PHRASES and whole[-2:] not in ("'s", "’s"):
                continue
        for part in _PARTS.finditer(whole):
            word = part.group()
            folded = word.lower().replace("’", "'")
            if folded.endswith("'s") and folded not in _ALL:
                word, folded = word[:-2], folded[:-2]
            at, end = start + part.start(), start + part.start() + len(word)
            phrases = _PHRASES.get(folded, ())
            phrase = next((p for p in phrases if text[at : at + len(p)].lower() == p), folded)
            end = at + len(phrase)
            if phrase not in _ALL:
                continue
            if word[0].islower() and _ALL[phrase] in _SMALL_IS_A_WORD and phrase == _ALL[phrase]:
                stands = _PERSONS.match(text, end) or (
                    _BEING.search(text, max(0, at - 24), at)
                    and regex.match(r"[ ]*(?:[.,;!?)]|$|(?:and|or|but)\b)", text[end : end + 8])
                )
                if not stands:
                    continue
            found.append((at, end, 0.6))
    return found


RULES: tuple[Finder, ...] = (
    Function("NRP", nationalities),
    Rule("NRP", r"(?<!\p{L})(?i:jehovah['’]?s['’]?[ ]witness(?:es)?|latter[ -]day[ ]saints?)(?!\p{L})", 0.8),
    # Parties whose names are words as well, before those who stand by them
    Rule(
        "NRP",
        r"(?<!\p{L})(?P<v>Labou?r|Conservative|Tory|Green|Liberal|Lib[ ]Dem|Independent|Reform|Socialist|Communist|Republican|Democrat)"
        r"(?=[ ](?:voters?|supporters?|activists?|councillors?|members?|MPs?|candidates?|canvassers?|party[ ]members?)\b)",
        0.6,
    ),
)

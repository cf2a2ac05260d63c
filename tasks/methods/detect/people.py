"""How English text introduces a person: titles, headers, signatures, kinship, credentials."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import regex

from tasks.methods.detect import titles
from tasks.methods.detect.rules import Finder, Rule
from tasks.methods.detect.words import NO_PART, ROLES

_WORD = NO_PART + r"(?!A[ ])\p{Lu}(?:[\p{L}\p{M}]*+)(?:['’\-]\p{L}[\p{L}\p{M}]*+)*+(?!\s{0,2}:)"
_PART = rf"(?:\p{{Lu}}\.|{_WORD})"
_LINK = r"(?:(?:de|la|las|los|van|von|der|den|del|da|di|dos|du|le|bin|ibn|al|el|ter|ten|y)[ \t]+){0,3}"
_BETWEEN = r"(?<!['’]s)[ \t]+"
NAME = rf"{_PART}(?:{_BETWEEN}{_LINK}{_PART}){{0,3}}(?:,?[ \t]+(?:Jr|Sr|II|III|IV)\b\.?)?"
"""A name in running text: one to four capitalised words or initials, with the small words between them."""

_TITLED = NAME.replace(r"(?!\s{0,2}:)", "")
"""The same after a title, where a colon behind the name doesn't make it a header."""

_FULL = rf"{_PART}(?:{_BETWEEN}{_LINK}{_PART}){{1,3}}"
_LAST_FIRST = rf"{_WORD}(?:[ \t]{_WORD})?,[ \t]*{_PART}(?:[ \t]{_PART})?"

_TITLE = (
    r"(?:Mr|Mrs|Ms|Mx|Dr|Drs|Prof|Rev|Sgt|Capt|Lt|Col|Gen|Maj|Cpl|Hon|Sen|Rep|Gov|Sr|Fr|Br|Messrs|MR|MRS|MS|DR)\b\.?"
    r"|(?:Miss|Sister|Father|Pastor|Rabbi|Imam|Officer|Detective|Sergeant|Captain|Lieutenant|Judge|Justice|Doctor"
    r"|Professor|Nurse|Senator|Councilman|Councilwoman|Madam|Sir|Lady|Lord)"
)
_NOT_A_NAME = (
    r"(?!(?i:ssn|age|dob|mrn|id|no|date|time|phone|cell|sex|re|address|email|summary|history|memo|letter|form|Mr|Mrs|Ms|Mx|Dr|Drs|Prof|Miss|Practitioner|Manager|Station|Note|Notes|Department|Office|General|Report|Team|Visit|Name|Number|The|And"
    r"|Line|Services?|Support|Sir|Madam|All|Everyone|Customer|Client|Patient|Colleagues?|Friends?|Hiring|Committee)\b)"
)
_NO_ORGANIZATION = (
    rf"(?!(?:{_PART}[ \t]+){{0,4}}(?i:bank|financial|finance|office|cent(?:er|re)|hospital|department|division|llc|inc|co|corp"
    r"|company|county|city|state|security|services?|street|st|ave|avenue|road|drive|lane|practice|clinic|university|college"
    r"|school|court|union|trust|group|associates|partners|insurance|agency|board|bureau|commission|council|medical|care"
    r"|pharmacy|apothecary|health|credit|savings|capital|mutual|national|federal|international|foundation|church|club|shop"
    r"|store|market|hotel|restaurant|motors|auto|energy|electric|water|gas|mobile|wireless|airlines?|furniture|foods?|form"
    r"|act|code|title|section|program|plan|benefits?|tax|revenue|administration|january|february|march|april|june|july"
    r"|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b)"
)
"""A capitalised phrase with one of these words names an organisation, a street or a day."""
_NOT_A_SUBJECT = (
    r"(?!(?i:he|she|it|they|we|you|i|who|nobody|someone|everyone|one|patient|pt|customer|client|caller|agent|member|bank"
    r"|claimant|applicant|the|a|an|this|that|these|those|my|his|her|our|their|there|what|which|please|if|when|and|but)\b)"
)
_HEADER = (
    r"(?:(?:patient|client|customer|claimant|applicant|member|beneficiary|subscriber|account[ -]?holder|card[ -]?holder"
    r"|taxpayer|filer|employee|student|guardian|parent|spouse|dependent|resident|recipient|payee|payer|payor|sender"
    r"|borrower|co-?borrower|insured|policy[ -]?holder|complainant|witness|tenant|owner|contact|physician|provider"
    r"|attending|surgeon|doctor|nurse|clinician|therapist|dentist|pcp|primary care|case ?worker|case manager|officer"
    r"|agent|representative|adviser|advisor|reviewer|preparer|examiner|author|manager|supervisor|signer|caller"
    r"|requested|requestor|referring (?:provider|physician)|emergency contact|next of kin)"
    r"(?:[ ](?:full[ ])?name|[ ]of[ ]record|\(s\))?|(?:full|first|last|middle|maiden|legal|given|family|sur|joint|print)"
    r"?[ ]?name|name of [a-z ]{3,20}|(?:prepared|signed|reviewed|dictated|transcribed|seen|referred|submitted|filed"
    r"|completed|electronically signed|authored|written|reported|entered|approved|verified|handled|assigned|taken)"
    r"(?:[ ](?:by|to))?|signature|from|to|cc|attn|attention|re|nok|dictating)"
)
_KIN = (
    r"(?:wife|husband|son|daughter|mother|father|mom|mum|dad|brother|sister|spouse|partner|fianc[eé]e?|girlfriend"
    r"|boyfriend|friend|neighbou?r|aunt|uncle|cousin|niece|nephew|grandmother|grandfather|grandson|granddaughter"
    r"|roommate|bookkeeper|accountant|dependants?|collector|broker|realtor|clerk|cashier|courier|babysitter|tutor|counsell?or|landlord|attorney|lawyer|case ?worker|caregiver|guardian|colleague|co-?worker|boss|supervisor|teller"
    r"|advisor|adviser|banker|accountant|representative|agent|specialist|manager|clerk|nurse|pharmacist|therapist)"
)
_SAYS = (
    r"(?:my name is|my name's|name is|name was|goes by|named|i am called|preferred name|also known as|a\.?k\.?a\.?|née)"
)
_MAYBE = (
    r"(?:this is|i am|i'm|it's|spoke (?:with|to)|speaking (?:with|to)|talked (?:with|to)|met with|accompanied by|called"
    r"|contacted|emailed|on behalf of|referred (?:by|to)|signed by|seen by|reviewed (?:by|with)|discussed with|sent to"
    r"|transferred to|payable to|paid to|belongs to|registered to|assigned to|handled by|helped by|lives with|and i,)"
)
_DONE_TO = (
    r"(?:will call|called (?:himself|herself|themselves)|filled (?:in|out) by|certificate of|ask|called|call|phoned|notified|notify|told|tell|texted|emailed|e-mailed|message (?:left )?(?:with|for)"
    r"|left with|left for|reminded|informed|per|cc'd|follow(?:ed)? up with|appointment with|session with)"
)
_CREDENTIAL = (
    r"(?:M\.?D|D\.?O|R\.?N|N\.?P|P\.?A-?C?|LPN|CNA|APRN|FNP|CRNA|LCSW|MSW|Ph\.?D|Psy\.?D|D\.?D\.?S|DMD|DVM|PharmD|OD"
    r"|Esq|CPA|J\.?D|DPT|PT|OT|MBBS|FACS|FACC|CFP|EA)\b\.?"
)
_CLOSING = (
    r"(?:sincerely|regards|best regards|kind regards|warm regards|yours (?:truly|sincerely|faithfully)|respectfully"
    r"|thank you|thanks|many thanks|cheers|best wishes|best|cordially|signed)"
)

RULES: tuple[Finder, ...] = (
    *titles.RULES,
    Rule(
        "PERSON",
        rf"(?<![\p{{L}}\p{{N}}]){titles.NOT_SOFTWARE}(?:{_TITLE})[ \t]+{_NOT_A_NAME}(?P<v>{_TITLED})",
        0.9,
    ),
    Rule(
        "PERSON",
        rf"(?:/s/|(?i:\b(?:dictated|signed|prepared|reviewed|transcribed|written|submitted|completed|approved|witnessed|cosigned|verified) by))[ \t:]*(?:{_TITLE})?[ \t]*(?P<v>{_LAST_FIRST}|{NAME})",
        0.85,
    ),
    Rule(
        "PERSON",
        rf"(?<![\p{{L}}\p{{N}}])(?i:{_HEADER})[ \t]*[:=][ \t]*(?:{_TITLE})?[ \t]*{_NOT_A_NAME}(?P<v>{_LAST_FIRST}|{NAME})",
        0.8,
    ),
    Rule(
        "PERSON",
        r"(?<![\p{L}\p{N}])(?i:(?:patient|client|customer|claimant|applicant|member|taxpayer|full|legal)?[ ]?name)"
        r"[ \t]*[:=][ \t]*(?P<v>\p{L}[\p{L}'’\-]++(?:[ \t,]+\p{L}[\p{L}'’.\-]*+){0,3})(?=[ \t]*(?:$|[;|(\n]))",
        0.75,
    ),
    Rule("PERSON", rf"(?i:\b{_CLOSING})[ \t]*[,!.—\-]*[ \t]*\n+[ \t]*(?:{_TITLE})?[ \t]*(?P<v>{NAME})[ \t]*,?$", 0.85),
    Rule("PERSON", rf"(?i:\b(?:sincerely|regards|yours truly|respectfully)),[ \t]+(?P<v>{NAME})", 0.8),
    Rule(
        "PERSON",
        rf"(?i:\b(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)))[ \t,]+{_NOT_A_NAME}(?P<v>{NAME})(?=[ \t]*[,:!.\n])",
        0.75,
    ),
    Rule("PERSON", rf"(?i:\b{_SAYS})[ \t:]+{_NOT_A_NAME}(?P<v>{NAME})", 0.8),
    Rule("PERSON", rf"(?i:\b{_MAYBE})[ \t]+{_NOT_A_NAME}(?P<v>{_FULL})", 0.6),
    Rule("PERSON", rf"(?i:\b{_DONE_TO})[ \t]+{_NOT_A_NAME}(?P<v>{NAME})", 0.55),
    Rule(
        "PERSON",
        rf"(?<!\p{{L}})(?P<v>{NAME})(?:,[ \t]+|[ \t]+\(|[ \t]+-[ \t]+)(?i:my|his|her|their|our|the)?[ \t]*(?i:{_KIN})\b",
        0.6,
    ),
    Rule(
        "PERSON",
        rf"(?i:\b(?:next of kin|nok|emergency contact|pcp|attending|with|from))[ \t]+(?P<v>{_FULL})(?=[ \t]*[,(;]|[ \t]+(?:and|at|on|or|about|who|for)\b)",
        0.5,
    ),
    Rule("PERSON", rf"(?i:\b{_KIN}),?[ \t]+{_NOT_A_NAME}(?P<v>{NAME})", 0.6),
    Rule(
        "PERSON",
        rf"(?i:\b(?:my|his|her|their|our)[ ](?:{_KIN}|solicitor|barrister|doctor|dentist|teacher|coach)[ ](?:is|was|will be))[ ]{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{_FULL})",
        0.55,
    ),
    Rule(
        "PERSON",
        rf"(?<!\p{{L}})(?:[Bb]y|[Tt]o|[Ff]rom|[Ww]ith|[Ff]or|[Oo]f|[Aa]nd)[ \t]+{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{_FULL})",
        0.45,
    ),
    Rule(
        "PERSON",
        rf"(?<!\p{{L}}){_NOT_A_SUBJECT}{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{NAME}),?[ ](?:said|says|told|asked|asks|insisted|explained|promised|replied|denies|recalls|lives|resides|read|reads|left|visited|visits|picked|picks)\b",
        0.45,
    ),
    Rule(
        "PERSON",
        rf"(?<!\p{{L}}){_NOT_A_SUBJECT}{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{_FULL})[ ](?:sent|called|phoned|offered|stated|reported|reports|wrote|agreed|confirmed|claimed|was|is|has|had|can|will|may|signed|works?|worked|moved|came|lost|owes|paid|received|requests?|requested)\b",
        0.45,
    ),
    # "in the name of …", "a collector who gave the name …", "the bank credited …"
    Rule(
        "PERSON",
        rf"(?i:\b(?:names?|named|called|known as|alias|credited|sign(?:s|ed)? for|married|hired|dismissed|sued|replaced)(?:[ ]of)?)[ \t]+{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{NAME})",
        0.5,
    ),
    # A name alone on the line after a finished sentence or an address: the signature of a letter without a closing.
    Rule("PERSON", rf"(?<=[.!?>]\n)[ \t]*{_NOT_A_NAME}{_NO_ORGANIZATION}(?P<v>{_FULL})[ \t]*$", 0.5),
    Rule(
        "PERSON",
        r"(?<![\p{L}.])(?!U\.[ ]?S|D\.[ ]?C|[AP]\.[ ]?M)(?P<v>\p{Lu}\.[ ]?\p{Lu}\.(?:[ ]?\p{Lu}\.)?)(?=[ ]?,?[ ]+(?:\d|\p{Lu}\p{L}{2,8}[ ]\d)|[ ]*$)",
        0.5,
    ),
    Rule("PERSON", rf"(?<!\p{{L}})(?P<v>{_FULL}),?[ \t]+{_CREDENTIAL}(?!\p{{L}})", 0.8),
)
"""Rules of the detector ``airlock-people``."""

_SPEAKER = regex.compile(
    rf"^[ \t]*(?:\[?\(?\d{{1,2}}:\d\d(?::\d\d)?(?:[ ]?[AaPp][Mm])?\]?\)?[ \t]*)?(?P<v>{_TITLED})[ \t]*:",
    regex.MULTILINE,
)


def speakers(text: str) -> list[tuple[int, int, float]]:
    """``(start, end, score)`` of those who speak in a transcript: a name before a colon that begins two lines or more.

    A header begins one line of a record; what a name begins again is a turn of speech.
    """
    turns: dict[str, list[tuple[int, int]]] = {}
    for match in _SPEAKER.finditer(text):
        turns.setdefault(match.group("v"), []).append(match.span("v"))
    return [
        (start, end, 0.75)
        for name, places in turns.items()
        if len(places) > 1 and name.casefold() not in ROLES and not name.isupper()
        for start, end in places
    ]

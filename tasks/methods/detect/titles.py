"""Titles: forms of address before a name, and what somebody does for a living where it stands as a title.

A form of address counts before a name ("Mr. Okafor", "Professor Ahn"). An occupation counts where it labels a person: as a
line of its own, after a header or after words such as "works as", before a name or behind one.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words better than a thousand quotes.
from __future__ import annotations

import regex

from tasks.methods.detect.rules import TIMEOUT_SECONDS, Function, Rule

_HONORIFIC = (
    r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Drs|Prof|Rev|Revd|Sgt|Capt|Lt|Cdr|Cmdr|Col|Gen|Maj|Cpl|Pvt|Adm|Hon|Sen|Rep|Gov|Pres|Fr|Br|Msgr|Supt|Insp|Det|Messrs|Mme|Mlle|Sr|Sra|Srta|Herr|Frau|Dott|Ing|MR|MRS|MS|DR|PROF|REV)(?![\p{L}])\.?"
    r"|(?:Miss|Mister|Missus|Madame|Monsieur|Mademoiselle|Señora?|Signora?|Sister|Father|Brother|Pastor|Reverend|Rabbi|Imam|Bishop|Archbishop|Cardinal|Officer|Detective|Inspector|Constable|Sheriff|Sergeant|Corporal|Captain|Commander|Lieutenant"
    r"|Colonel|Major|General|Admiral|Judge|Justice|Doctor|Professor|Nurse|Senator|Congressman|Congresswoman|Councilman|Councilwoman|Councillor|Governor|Mayor|President|Chancellor|Ambassador|Madam|Sir|Dame|Lady|Lord|Baron|Baroness|Count|Countess"
    r"|Duke|Duchess|Prince|Princess|King|Queen|Sheikh|Uncle|Aunt|Auntie)(?!\p{L}))"
)
_JOBS = frozenset(
    """
    accountant actor actress actuary adjuster administrator adviser advisor advocate agent aide analyst anesthesiologist animator announcer
    anthropologist apprentice appraiser arborist archaeologist archeologist architect archivist artist assembler assessor assistant associate astronaut
    astronomer athlete attendant attorney auctioneer audiologist auditor author baker banker barber barista bartender biochemist biologist
    biophysicist blacksmith boilermaker bookbinder bookkeeper botanist brazier breeder brewer bricklayer broker builder butcher buyer cabdriver
    caretaker captain cardiologist caregiver carpenter cartographer caseworker cashier ceo cfo chef chairman chairperson chairwoman chauffeur checker chemist
    chiropractor choreographer cinematographer cleaner clergy clerk climatologist coach collector columnist comedian commissioner composer conductor
    conservator consul consultant contractor controller cook coordinator copywriter coroner correspondent cosmetologist counselor counsellor courier
    craftsman criminologist critic curator custodian cutter dancer dealer dean dentist dermatologist designer detective developer dietician dietitian
    diplomat director dispatcher diver doctor doorman draftsman drafter drawer dressmaker driller driver drummer ecologist economist editor educator electrician
    embalmer engineer engraver entertainer entrepreneur epidemiologist estimator ethnographer etcher examiner executive exterminator fabricator
    facilitator farmer farmworker faller firefighter fireman fisher fisherman fitter florist foreman forester forewoman founder fumigator fundraiser gardener gastroenterologist geneticist
    geographer geologist geophysicist geoscientist glazier groundskeeper grader grinder guard gynecologist hairdresser hairstylist handler handyman helper historian
    housekeeper hydrologist hygienist illustrator inspector installer instructor internist interpreter interviewer investigator janitor jeweler
    jeweller jockey journalist judge laborer labourer landscaper lawyer lecturer legislator librarian lifeguard linguist loader locksmith logger
    logistician machinist maid magistrate maker manager manicurist mason mathematician mechanic mediator merchandiser messenger meteorologist microbiologist
    midwife millwright miner minister model mover musician nanny negotiator neurologist novelist nurse nutritionist obstetrician operator ophthalmologist optician
    optometrist orderly orthodontist orthotist owner packager packer painter paralegal paramedic pathologist pediatrician performer pharmacist
    phlebotomist photographer photojournalist physician physicist physiologist physiotherapist pilot pipefitter planner plasterer player plumber podiatrist
    poet policeman policewoman politician porter postman postmaster potter preparer president presser principal printer producer professor
    programmer promoter prosecutor prosthodontist psychiatrist psychologist publisher purser radiographer radiologist ranger realtor receptionist recruiter
    referee registrar repairer reporter representative researcher restorer retailer rigger roofer roustabout sailor salesman salesperson saleswoman
    sampler sawyer scheduler scientist scout scriptwriter sculptor seamstress secretary setter sewer shaper shoemaker singer singer-songwriter sociologist
    soldier solicitor sonographer specialist splicer statistician stenographer steward stewardess stockbroker strategist striper stylist superintendent supervisor
    surgeon surveyor tailor taper teacher technician technologist telemarketer teller tender tester therapist toxicologist trader trainee trainer
    transcriptionist translator treasurer trimmer trustee tutor typist umpire underwriter undertaker upholsterer urologist usher valet vendor veterinarian
    waiter waitress warden washer watchman weaver weigher welder woodworker worker writer zoologist cto coo officer nephrologist oncologist
    distributor officer dispenser conservationist agronomist horticulturist economist barrister magistrate patrolman serviceman stagehand longshoreman
    anesthetist sonographer videographer bailiff marshal missionary pastor curate mentor
    """.split()
)
"""What the last word of an occupation is."""

_FIRSTS = r"(?i:chief|senior|junior|lead|head|vice|deputy|assistant|associate|executive|general|principal|staff|managing|regional|sales|marketing|account|project|product|software|data|hr|it|human|customer|financial|operations?|program|registered|licensed|certified)"
_WORDY = r"[\p{L}][\p{L}'’\-/]*+"
_LINE = regex.compile(
    rf"^[>\s?*•\-]{{0,8}}(?P<v>{_WORDY},?(?:[ ](?:{_WORDY},?|&)){{0,6}})[ ]*$",
    regex.MULTILINE | regex.VERSION1,
)
_AS = regex.compile(
    r"(?i:\b(?:(?:works?|worked|working|employed|job|career|position|role|trained|hired|served|serves|serving|start(?:ed)?|retired|joined(?:[ ]\w+){1,3}|work(?:ed|s)?[ ](?:for|at)[ ](?:[\w.&'’\-]+[ ]){1,4})[ ]?(?:as|of)[ ](?:an?[ ]|the[ ])?"
    r"|(?:job title|title|occupation|profession|position|role|designation|job)[ \t]*(?::|is|was)[ \t]*(?:an?[ ])?|\b(?:i am|i'm|he is|he's|she is|she's|who is)[ ]an?[ ]|(?:our|their|its|his|her|my|the|new|former|then|current)[ ]))"
    rf"(?P<v>{_WORDY}(?:,?[ ](?:and[ ]|of[ ]|&[ ])?{_WORDY}){{0,5}})",
    regex.VERSION1,
)
_SHORT = r"(?:CEO|CFO|CTO|COO|CIO|CMO|CISO|VP|SVP|EVP|AVP|PhD|MD)"


def _is_job(word: str) -> bool:
    folded = word.lower().strip(",")
    return folded in _JOBS or (folded.endswith("s") and folded[:-1] in _JOBS) and len(folded) > 6


def occupations(text: str) -> list[tuple[int, int, float]]:
    """``(start, end, score)`` of occupations that label a person."""
    found = []
    for match in _LINE.finditer(text, timeout=TIMEOUT_SECONDS):
        words = match.group("v").split()
        alone = match.start("v") > 0 or match.end() < len(text)
        lower = [word.lower().strip(",") for word in words]
        if (
            alone
            and _is_job(words[-1])
            and len(match.group("v")) > 4
            and not {"the", "a", "my", "i", "is", "was", "to", "you", "please", "no", "not"} & set(lower)
        ):
            found.append((*match.span("v"), 0.6))
    for match in _AS.finditer(text, timeout=TIMEOUT_SECONDS):
        words = list(regex.finditer(r"[^\s,]+", match.group("v")))
        own = (
            regex.search(
                r"(?i:as|of|title|occupation|profession|designation|:)[ \t]*(?:an?[ ]|the[ ])?$",
                text[match.start() : match.start("v")],
            )
            is not None
        )
        for k in range(len(words) - 1, -1, -1):
            if _is_job(words[k].group()):
                phrase = match.group("v")[: words[k].end()]
                if own or phrase[0].isupper():
                    found.append((match.start("v"), match.start("v") + words[k].end(), 0.6))
                break
    return found


NOT_SOFTWARE = r"(?!MS[ ](?:Word|Excel|Office|Teams|Outlook|Windows|Access|Project|SQL|DOS|Dos|Paint|Edge|Exchange|PowerPoint|Visio|Graph)\b)"
"""A pattern's guard before a title: what a maker's initials stand before."""

_NAMED = r"(?:[ \t]+(?:(?:van|von|de|del|di|da|la|le|der|den|bin|al|el)[ \t]+){0,2}(?=\p{Lu}))"

RULES = (
    Rule("TITLE", rf"(?<![\p{{L}}\p{{N}}]){NOT_SOFTWARE}(?P<v>{_HONORIFIC}(?:[ ]{_HONORIFIC})?){_NAMED}", 0.7),
    # All in capitals, all in small letters; milliseconds, a make of software and a street are no titles
    Rule(
        "TITLE",
        r"(?<![\p{L}\p{N}])(?P<v>PROFESSOR|DOCTOR|MISS|CAPTAIN|SERGEANT|DETECTIVE|REVEREND|SENATOR|INSPECTOR|CONSTABLE|LIEUTENANT|COLONEL|CORPORAL|MADAM|RABBI|PASTOR)[ ](?=\p{Lu}{2})",
        0.5,
    ),
    Rule("TITLE", r"(?<![\p{L}\p{N}@./])(?<!\d[ ])(?P<v>mrs?|ms|mx|dr)\.?[ ](?=\p{Ll}{3})", 0.45),
    Rule(
        "TITLE", rf"^[ \t]*(?i:title|salutation|prefix|anrede)[ \t]*[:=]?[ \t]*\n?[ \t]*(?P<v>{_HONORIFIC})[ \t]*$", 0.6
    ),
    # "CEO Jane Roe", "Jane Roe, CEO", "Jane Roe, Senior Manager"
    Rule(
        "TITLE",
        rf"(?<![\p{{L}}\p{{N}}])(?P<v>{_SHORT})(?=,?[ ]\p{{Lu}}\p{{Ll}})|(?<=\p{{Ll}},[ ])(?P<v>{_SHORT})(?![\p{{L}}\p{{N}}])",
        0.5,
    ),
    Rule(
        "TITLE",
        rf"(?<=\p{{Lu}}\p{{Ll}}{{1,20}}[ ]\p{{Lu}}\p{{L}}{{1,20}},[ ])(?P<v>(?:{_FIRSTS}[ ]){{1,3}}(?:(?:of|&|and)[ ])?\p{{L}}{{3,20}}(?:[ ]\p{{Lu}}\p{{L}}{{2,20}}){{0,2}})(?=[,.;\n]|$|[ ](?:of|at|for)\b)",
        0.5,
    ),
    Function("TITLE", occupations),
)
"""Rules for titles, of the detector ``airlock-people``."""

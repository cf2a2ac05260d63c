"""The gate's rules for what somebody is: titles, occupations, age, nationality, faith and politics."""

# ruff: noqa: E501, SIM905 - a pattern is read as one line, a list of words better than a thousand quotes.
from __future__ import annotations

from tasks.methods.gate.edges import HAN, ire, plain
from tasks.methods.gate.rules import Rule

_NAME_NEXT = r"(?=\s{1,2}(?:[^\W\d_a-z]|<[A-Z]|\*\*))"
_OCCUPATION = (
    r"(?:[A-Za-z][\w'/\-]*[ ,]{1,2}){0,4}?[A-Za-z'\-]*(?:(?:[a-z]er|[a-z]or|[^d]ist|ician|arian|ologist|man|men|woman|wife|keeper|smith|wright|driver|cook|chef|clerk|nurse|teacher|pilot|guard|aide|maid"
    r"|agent|assistant|attendant|accountant|consultant|analyst|president|superintendent|scientist|student|chemist|athlete|judge|coach|intern|trainee|executive|representative|technologist|mechanic|secretary|surgeon"
    r"|physician|psychologist|architect|apprentice|associate|advocate|lead|head|chief|spy|tutor|monk|priest|rabbi|imam|pastor|CEO|CFO|CTO|COO|VP)s?)"
)
_HONORIFIC = (
    r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Drs|Prof|Rev|Revd|Sgt|Capt|Cpt|Lt|Cpl|Pvt|Maj|Cmdr|Messrs|Mme|Mlle|Hon|Supt|Insp|MR|MRS|MS|DR|PROF)(?![\w-])\.?"
    r"|(?:Col|Gen|Sen|Rep|Gov|Pres|Det|Adm|Fr|Sr|Br)\.|Miss|Mister|Madam|Madame|Monsieur|Señora?|Signora?|Herr|Frau|Sir|Dame|Lord|Lady|Baron|Baroness|Professor|Doctor|Reverend|Pastor|Rabbi|Imam|Bishop|Archbishop"
    r"|Sergeant|Captain|Lieutenant|Colonel|Corporal|Admiral|Detective|Constable|Sheriff|Judge|Senator|Congressman|Congresswoman|Councilman|Councilwoman|Ambassador)"
)

_KIN = r"(?:(?:he|she|it|we|they|who|which|i|my|his|her|your|now|then|when|where|after|before|however|the latter|father|mother|brother|sister|daughter|partner|wife|neighbou?r|grand\w+|step\w+|partner|patient|owner|customer|either|other|rather|whether|never|ever|later)(?!\w))"

_STOP = r"(?= ?(?:[.,;:!?)]|$|\n|and\b|at\b|for\b|in\b|on\b|with\b|but\b|who\b|until\b))"

_NOT_A_MAKER = r"(?!MS (?:Word|Excel|Office|Teams|Outlook|Windows|Access|Project|Paint|Edge|Exchange)\b)"
"""MS is a firm's short name, too."""

TITLES = (
    Rule("honorific", "TITLE", plain(rf"(?<![\w<]){_NOT_A_MAKER}{_HONORIFIC}(?<! ){_NAME_NEXT}")),
    Rule("honorific-small", "TITLE", plain(r"(?<![\w<'])(?:mr|mrs|ms|dr|prof)\.?(?=\s{1,2}(?:[a-z]{2,}\b|<[A-Z]))")),
    Rule(
        "occupation",
        "TITLE",
        plain(
            r"\b(?:[Ww]ork(?:s|ed|ing)?|[Ee]mployed|[Ee]mployment|[Hh]ired|[Ss]erv(?:es|ed|ing)|[Aa]ppointed|[Pp]romoted|[Tt]rained|[Rr]etired|[Cc]areer|[Jj]ob|[Pp]osition|[Rr]ole|[Hh]ours|[Ss]hifts?)\b"
            rf"[^.\n]{{0,40}}?\bas (?:an? |the |our |their |his |her |its )?(?P<v>{_OCCUPATION}){_STOP}"
        ),
    ),
    Rule(
        "occupation-said",
        "TITLE",
        plain(
            rf"\b(?:(?:[Oo]ccupation|[Pp]rofession|[Jj]ob [Tt]itle|[Pp]osition)(?: is| was|:) ?(?:an? )?|I(?:'m| am| was) an? )(?P<v>{_OCCUPATION}){_STOP}"
        ),
    ),
    Rule(
        "occupation-behind",
        "TITLE",
        plain(
            rf"(?<=>, )(?:the |an? |our |their |its )?(?!(?:[a-z]+ ){{0,2}}{_KIN})(?P<v>{_OCCUPATION})(?=[,;:]| (?:said|says|told|at|of|for)\b)"
        ),
    ),
)

_PEOPLES = """
    afghans? albanians? algerians? americans? andorrans? angolans? argentin(?:es?|ians?) armenians? australians? austrians? azerbaijanis? azeris? bahamians? bahrainis? bangladeshis? barbadians?
    basques? belarus(?:s?ians?|ans?) belgians? beli[sz]e?ans? belizians? beninese bhutanese bolivians? bosnians? botswanans? brazilians? britons? british bruneians? bulgarians? burkinab[eé]s? burmese burundians? cambodians?
    cameroonians? canadians? catalans? chadians? chileans? chinese colombians? comorans? congolese costa_ricans? croats? croatians? cubans? cypriots? czechs? danes? danish djiboutians? dominicans?
    dutch ecuador[ie]ans? egyptians? emiratis? english(?:(?:wo)?m[ae]ns?)? eritreans? estonians? ethiopians? faroese fijians? filipin[oa]s? finns? finnish flemish french(?:(?:wo)?m[ae]ns?)? gabonese gambians? georgians? germans?
    ghanaians? greeks? greenland(?:ers?|ic) grenadians? guatemalans? guineans? guyanese haitians? hawaiians? hondurans? hungarians? icelanders? icelandic indians? indonesians? iranians? iraqis?
    irish(?:(?:wo)?m[ae]ns?)? israelis? italians? ivorians? jamaicans? japanese jordanians? kazakhs? kazakhstanis? kenyans? koreans? kosovars? kurds? kurdish kuwaitis? kyrgyz laotians? latvians? lebanese liberians?
    libyans? liechtensteiners? lithuanians? luxembourgers? macedonians? malagasy malawians? malaysians? malays? maldivians? malians? maltese maoris? mauritanians? mauritians? mexicans? micronesians?
    moldovans? monacans? mongolians? montenegrins? moroccans? mozambicans? namibians? nauruans? nepal(?:ese|is?) nicaraguans? nigerians? nigeriens? norwegians? omanis? pakistanis? palauans? palestinians?
    panamanians? papuans? paraguayans? persians? peruvians? polish portuguese puerto_ricans? qataris? romanians? russians? rwandans? salvador[ea]?ans? samoans? saudis? scot(?:s|tish) senegalese serbs? serbians?
    seychellois sierra_leoneans? singaporeans? slovaks? slovakians? slovenes? slovenians? somalis? south_africans? spanish spaniards? sri_lankans? sudanese surinamese?s? swazis? swed(?:es?|ish)
    swiss syrians? taiwanese tajiks? tanzanians? thais? tibetans? togolese tongans? trinidadians? tunisians? turks? turkish turkmens? tuvaluans? ugandans? ukrainians? uruguayans? uyghurs? uzbeks?
    venezuelans? vietnamese welsh yemenis? yugoslavs? zambians? zimbabweans? africans? europeans? asians? latin[oax]s? hispanics? arabs? arabic scandinavians? caucasians? inuits? roma gyps(?:y|ies) sinti
    aboriginals? navajos? cherokees? creoles? jews? jewish muslims? moslems? islamic sunnis? shi'?(?:a|as|ites?) sufis? hindus? buddhists? sikhs? jains? taoists? zoroastrians? christians? catholics? protestants? lutherans?
    methodists? baptists? presbyterians? anglicans? episcopalians? pentecostals? evangelicals? mormons? quakers? amish mennonites? adventists? jehovah's_witness(?:es)? orthodox_(?:christians?|jews?) atheists? agnostics?
    rastafarians? scientologists? wiccans? communists? socialists? marxists? leninists? trotskyists? maoists? anarchists? fascists? nazis? neo-nazis? zionists? tories republicans? democrats? libertarians?
    """.split()
_SMALL_WORDS = "english french dutch polish chinese indian indians turkish swiss danish danes greek roma orthodox republican democrat republicans democrats swedes swede jain jains scots catholic persian thais arabs arabic tories finns"
_ANY = "|".join(sorted((word.replace("_", " ") for word in _PEOPLES), key=len, reverse=True))
_SMALL = "|".join(_SMALL_WORDS.split())
_NOT_PEOPLE = r"(?![\w-]|'[a-rt-z]| (?i:fries|pastry|press|toast|doors?|horn|muffins?|breakfast|language|class|teacher|oven|bulldog|shepherds?|retriever|terrier|express|airlines|red cross|medical|heart|cancer|diabetes|dental|standard|eagle|dream|cheese|vanilla|roulette|bank))"

PEOPLES = (
    Rule("people", "NRP", ire(rf"(?<![\w<-])(?:{_ANY}){_NOT_PEOPLE}"), check=lambda text: text[:1].isupper()),
    Rule(
        "people-small",
        "NRP",
        plain(rf"(?<![\w<-])(?!(?:{_SMALL})(?!\w))(?:{_ANY}){_NOT_PEOPLE}"),
    ),
    Rule(
        "people-after",
        "NRP",
        plain(rf"(?<![\w<-])(?:{_SMALL})(?![\w-])"),
        near=ire(
            r"\b(?:i am|i'm|we are|we're|are you|he is|she is|they are|born|proud|devout|practi[cs]ing|registered|raised|half|ethnic(?:ally)?|nationality|religion|citizenship|immigrants?)[ :]{1,2}(?:an? |as |proud )?$"
        ),
    ),
)

_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
_YEARS = (
    rf"(?P<v>1[01]\d|\d{{1,2}}|{_TENS}|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
)
_NO_UNIT = r"(?![\w%$]|[.,:/-]\d|[ -]?(?:%|percent|degrees|dollars|minutes|mins?|hours?|hrs?|days?|weeks?|months?|miles|mg|ml|mm|cm|km|kg|lbs?|pounds|points?|times|st|nd|rd|th|am|pm|others?|people|of the|°|/))"
_THING = r"(?! (?:account|accounts|debts?|loans?|mortgage|cars?|vehicle|houses?|home|building|compan(?:y|ies)|cards?|relationship|history|charge|bill|computer|phone|dispute|issue|purchase|claim|record|file|policy|whisk|technology|tradition|bank|business|problem|system|plan)\b)"

_OLD_THING = r"\b(?:account|accounts|debts?|loans?|mortgage|cars?|vehicle|houses?|home|building|roof|compan(?:y|ies)|cards?|charges?|bills?|computer|phone|claims?|records?|files?|policy|business|system|items?|score|it|this|that|they|these|those)"

AGES = (
    Rule(
        "years-old",
        "AGE",
        ire(
            rf"(?<![\w.,$-]){_YEARS}(?:[ -]?(?:years?|yrs?\.?|months?)[ -]?old(?!\w)| years of age| ?y\.?/?o\.?(?!\w)){_THING}"
        ),
        unless=ire(
            rf"{_OLD_THING} (?:(?:is|was|are|were|over|about|only|now|already|almost|nearly|just|that|which) ){{0,3}}$"
        ),
    ),
    Rule("aged", "AGE", ire(rf"(?<!\w)(?:aged?|age of|age is|age was|age:|ages) ?:? ?(?:of )?{_YEARS}{_NO_UNIT}")),
    Rule(
        "turns",
        "AGE",
        ire(
            rf"(?<!\w)(?:(?:I'?ll|I will|she'?ll|he'?ll|just|who|she|he|I|brother|sister|son|daughter|mother|father|wife|husband|mom|dad|baby|patient|client|>) |'ll )(?:just |recently |about to )?(?:turn(?:s|ed|ing)?|be) {_YEARS}{_NO_UNIT}"
        ),
    ),
    Rule(
        "i-am",
        "AGE",
        ire(
            rf"(?<!\w)(?:I am|I'm|he is|he's|she is|she's|who is|who's|am only|am now) (?:only |now |just |already |almost |nearly )?{_YEARS}(?=[.,;!?)\n]|$| and\b| but\b| now\b| with\b){_NO_UNIT}"
        ),
    ),
    Rule(
        "sex-age",
        "AGE",
        plain(
            r"(?<![\w.,$/-])(?P<v>[1-9]\d)(?: ?[MF](?=[ ,.;)])| ?(?:yo|y/o|yr|y) (?:male|female|man|woman|[MF])\b|[ -](?:years?|yrs?)[ -](?:male|female|man|woman)\b)"
        ),
    ),
    Rule(
        "cn-age",
        "AGE",
        plain(
            rf"(?<![\d.\-~至到岁一二三四五六七八九十百])(?P<v>\d{{1,3}}|[一二三四五六七八九十]{{1,3}}) ?(?:周岁|岁)(?![{HAN}]?以[上下内]|至|到|-)"
        ),
    ),
    Rule("cn-age-words", "AGE", plain(r"年龄 ?(?:为|是)?[:：]? ?(?P<v>\d{1,3})(?!\d|[.%~-]| ?[至到])")),
)

RULES = (*TITLES, *PEOPLES, *AGES)
"""What somebody is."""

"""How a person is reached: e-mail, telephone, links, names on services."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.rules import Rule

_DIGITS = "0123456789"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_VERSION = r"(?<!(?i:version|section|chapter|release|build|firmware|ver\.?)[ ])"
_NO_HANDLE = (
    r"(?!(?i:media|import|charset|font-face|keyframes|supports|page|layer|container|namespace|property|apply|include|mixin|extend|use|forward"
    r"|override|deprecated|suppresswarnings|functionalinterface|safevarargs|test|before(?:each|all|class)?|after(?:each|all|class)?|ignore|disabled|bean|autowired|inject|component|service"
    r"|repository|controller|restcontroller|entity|table|column|id|transactional|configuration|getmapping|postmapping|requestmapping|nullable|notnull|nonnull"
    r"|param|return|returns|throws|see|since|author|example|todo|type|typedef|staticmethod|classmethod|property|dataclass|abstractmethod|pytest|types"
    r"|everyone|here|channel|all)(?![\p{L}\p{N}_]))"
)
"""What stands behind @ in code, style sheets and comments, or calls everybody, and names no one."""

RULES = (
    Rule(
        "EMAIL_ADDRESS",
        r"(?<![\p{L}\p{N}._%+\-])[\p{L}\p{N}._%+\-]++@(?:[\p{L}\p{N}][\p{L}\p{N}\-]*+\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])",
        0.95,
        needs="@",
    ),
    Rule(
        "EMAIL_ADDRESS",
        r"(?<![\p{L}\p{N}._%+\-])[\p{L}\p{N}._%+\-]{1,64}+@(?!v?\d+(?:\.\d+){0,2}(?![\p{L}\p{N}.\-]))[\p{L}\p{N}.\-]*[\p{L}\p{N}]",
        0.6,
        needs="@",
    ),
    # O'Hara: an apostrophe among the letters, not a quotation's mark before them
    Rule(
        "EMAIL_ADDRESS",
        r"(?<![\p{L}\p{N}._%+\-'’])[\p{L}.]{1,24}['’][\p{L}\p{N}._%+\-]{1,64}+@(?:[\p{L}\p{N}][\p{L}\p{N}\-]*+\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])",
        0.95,
        needs="@",
    ),
    Rule(
        "URL",
        r"(?<![\p{L}\p{N}])(?i:h(?:tt|xx)ps?|ftp)(?:\[:\]|:)//(?:\[\.\]|[^\s<>\"'’”\]\[]|\[){3,2000}+",
        0.95,
        needs=":",
    ),
    # An address of the internet so written that nobody opens it, or with a word stuck to it
    Rule(
        "IP_ADDRESS",
        rf"(?<![\p{{L}}\p{{N}}.]){_OCTET}(?:(?:\[\.\]|\(\.\)|\[dot\]){_OCTET}){{3}}(?!\d)",
        0.9,
        needs="[(",
    ),
    Rule(
        "IP_ADDRESS", rf"(?<![\p{{L}}\p{{N}}.\-]){_VERSION}{_OCTET}(?:\.{_OCTET}){{3}}(?=\p{{L}}{{2}})", 0.6, needs="."
    ),
    Rule("URL", r"(?<![\p{L}\p{N}@.\-])(?i:www\.)[\p{L}\p{N}\-]+\.[^\s<>\"'’”\]]{2,2000}+", 0.9, needs="."),
    Rule(
        "URL",
        r"(?<![\p{L}\p{N}@._\-])[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}\.){1,6}(?i:com|org|net|edu|gov|mil|info|biz|io|co|ai|app|dev|me|us"
        r"|uk|ca|au|de|fr|in|cn|example)(?:\.(?i:uk|au|cn|in|br))?(?:[:/?#][^\s<>\"'’”\]]{0,2000}+)?(?![\p{L}\p{N}@]|\.\p{L})",
        0.7,
        needs=".",
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}$.\-/])(?:\+?1[ .\-]?)?(?:\([2-9]\d{2}\)[ ]?|[2-9]\d{2}[ .\-/])\d{3}[ .\-]\d{4}"
        r"(?:,?[ ]*(?i:x|ext\.?|extension)[ ]?\d{1,6})?(?![\p{L}\p{N}\-])",
        0.75,
    ),
    Rule("PHONE_NUMBER", r"(?<![\p{L}\p{N}.])00[1-9]\d{0,2}[ .\-]?\(?\d{1,4}\)?(?:[ .\-]?\d{2,4}){2,4}(?!\d)", 0.6),
    Rule(
        "PHONE_NUMBER", r"(?<![\p{L}\p{N}.\-/])(?:\(0\d{2,4}\)|0\d{2,4})[ \-]\d{3,4}[ \-]\d{3,4}(?![\p{L}\p{N}\-])", 0.6
    ),
    Rule("PHONE_NUMBER", r"(?<![\p{L}\p{N}.])\+\d{1,3}(?:[ .\-]?\(?\d{1,4}\)?){2,6}(?!\d)", 0.7, needs="+"),
    Rule(
        "PHONE_NUMBER",
        r"(?<!\p{L})(?i:phone|telephone|tel|cell|cellphone|mobile|fax|pager|call|text|reach(?:ed)? (?:me|him|her|them)"
        r"|contact|callback|home ph|work ph|ph)(?:[ ](?i:number|no|at|on|me at|me on|back at|is|line|home|work)){0,4}"
        r"[ \t]*[.:#=]?[ \t]*(?P<v>\+?\(?\d[\d ().\-]{5,17}\d(?:,?[ ]*(?i:x|ext\.?)[ ]?\d{1,6})?)(?![\p{L}\d])",
        0.7,
    ),
    Rule(
        "USERNAME",
        r"(?<!\p{L})(?i:user[ ]?name|user[ ]?id|login|log-in|handle|screen name|portal id)[\"']?(?:[ \t]*(?:is|:|=)[ \t]*[\"'“]?|[ \t]*\n[ \t]*(?=\S{4,41}[ \t]*$))(?P<v>@?[\p{L}\p{N}_.\-]{3,40}[\p{L}\p{N}])",
        0.75,
    ),
    Rule(
        "USERNAME",
        r"(?i:\b(?:user|visitor|member|login|profile|chat(?:ting)? with|messages? (?:was )?(?:sent )?to|logged in as|signed in as|registered as))[ ](?P<v>[A-Za-z](?=[A-Za-z._\-]{0,39}(?:[_.\-][A-Za-z0-9]|\d))[A-Za-z0-9._\-]{3,39}(?<![._\-]))(?![@\p{L}\p{N}])",
        0.6,
    ),
    Rule(
        "USERNAME",
        r"(?i:\b(?:user|visitor))[ ](?P<v>[a-z][a-z0-9._\-]{3,39})(?=[ ](?:from|at|on|joined)[ ]\d|[,;)]|\.[ ]|\.?$)",
        0.6,
    ),
    Rule(
        "USERNAME",
        rf"(?<![\p{{L}}\p{{N}}._%+\-/@])@{_NO_HANDLE}[A-Za-z_][A-Za-z0-9_.]{{2,30}}(?<!\.)(?![A-Za-z0-9_@])",
        0.6,
        needs="@",
    ),
    # 01.84.17.61.18, 72 128 827, 0490 75 40 81: groups of two to four figures, the first with a nought or in brackets
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}.\-/$€£+])(?=(?:[ ().\-/]{0,2}\d){7})(?!(?:[ ().\-/]{0,2}\d){8}(?![ .\-/]?\d)|(?:[ ().\-/]{0,2}\d){13})(?:\(0?\d{1,4}\)|0\d{1,4})(?:[ .\-/]?\d{2,4}){2,4}(?![\p{L}\p{N}\-%]|[.,]\d)",
        0.55,
        needs=_DIGITS,
    ),
    Rule(
        "PHONE_NUMBER", r"(?<![\p{L}\p{N}.\-/$€£+#])\(\d{2,3}\)[ ]?\d{3,4}[ \-]\d{3,4}(?![\p{L}\p{N}])", 0.6, needs="("
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}.,\-/$€£+#:][ ]|[\p{N}.,\-/$€£+#:]|\p{L})(?!(?:19|20)\d\d-(?:19|20)\d\d(?!\d))[2-9]\d{2,3}[ \-]\d{4}(?![\p{L}\p{N}\-]|[., ]\d)",
        0.45,
        needs=_DIGITS,
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}.,\-/$€£+#])\d{2}(?:[ .\-]\d{2}){3,4}(?![\p{L}\p{N}\-]|[., ]\d)",
        0.5,
        needs=_DIGITS,
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}.,\-/$€£+#])(?:\d{3}[ ]\d{3}[ ]\d{3,4}|\d{3}[ ]\d{2}[ ]\d{3}|\d{2}[ ]\d{3}[ ]\d{3,4}(?:[ ]\d{4})?|\d{3}[ ]\d{4}|\d{4}[ ]\d{4}|\d{3}[ ]\d{3}[ ]\d{2}[ ]\d{2})(?![\p{L}\p{N}\-]|[., ]?\d)",
        0.45,
        needs=_DIGITS,
    ),
    # what is labelled behind: "416 60 039 office", "3660170548-Fax"
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}.,/$€£])(?P<v>\+?\(?\d(?:[ ().\-]{0,2}\d){5,14})[ ]?[\-–(]?[ ]?(?i:office|fax|cell|mobile|home|work|desk|tel|phone|direct|main|whatsapp|landline)\b",
        0.6,
        needs=_DIGITS,
    ),
    # ... and before: "not answering at 71-33-52-22", "registered 668 5702"
    Rule(
        "PHONE_NUMBER",
        r"(?i:\b(?:answer(?:ing|s|ed)?|call(?:ing|ed)?|dial(?:ed|ing)?|ring|rang|phone[ds]?|text(?:ed|ing)?|reach(?:ed|able)?|whatsapp|sms|fax(?:ed)?|contact(?:ed|able)?|mobile|cell(?:phone)?|landline|hotline|helpline|desk|direct|office|home|work|(?<!(?:part|item|model|lot|batch|article|catalog(?:ue)?|product)[ ])(?:number|no\.)|voicemail|registered)(?:[ ](?:me|us|him|her|them|back|you|is|was|on|at|to|the|number|line)){0,4})[ \t]*[:=]?[ \t]*(?P<v>(?=\+?(?:[ ().\-]{0,2}\d){7})\+?\(?\d(?:[ ().\-]{1,2}\d{1,5}|\d){5,14})(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?(?![\p{L}\d%])",
        0.5,
        needs=_DIGITS,
    ),
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}])(?:\+?\d{1,3}[ .\-])?\(?\d{3}\)?[ .\-]?\d{3}[ .\-]\d{4}[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6}(?!\d)",
        0.8,
        needs=_DIGITS,
    ),
    Rule(
        "PHONE_NUMBER", r"(?<![\p{L}\p{N}.])\+\d{1,3}[ .\-]?(?:\(0\)[ ]?)?\d(?:[ .\-/]?\d){5,12}(?!\d)", 0.75, needs="+"
    ),
    # telephone words: 1-800-FLOWERS
    Rule(
        "PHONE_NUMBER",
        r"(?<![\p{L}\p{N}])1?[ .\-]?8(?:00|33|44|55|66|77|88)[ .\-][A-Z]{4,9}(?![\p{L}\p{N}])",
        0.5,
        needs="8",
    ),
    # t.me/name, a profile's page; @name at a word's start
    Rule(
        "USERNAME",
        r"(?i:\b(?:instagram|insta|ig|twitter|snapchat|snap|tiktok|telegram|discord|skype|reddit|github|venmo|cash ?app|steam|xbox|psn|gamertag|twitch|kik|wechat|line id|facebook|fb|linkedin|youtube|signal)(?:[ ](?:id|handle|user(?:name)?|name|account|tag))?[ ]?(?:is|:|=|@|-)[ ]?)(?P<v>[@$]?[\p{L}\p{N}_][\p{L}\p{N}_.\-#]{2,38}[\p{L}\p{N}])",
        0.65,
    ),
    # A service's name and a name on it with a figure, a low line or a capital inside, nothing between
    Rule(
        "USERNAME",
        r"(?i:\b(?:gamertag|psn|xbox(?:[ ]live)?|steam|discord|instagram|insta|twitter|snapchat|snap|tiktok|telegram|twitch|kik|venmo|username|screen name|handle)[ ])(?P<v>(?=\p{Ll}{0,38}(?:\d|_)|\p{Lu}\p{Ll}{1,20}\p{Lu})[\p{L}_][\p{L}\p{N}_.\-]{3,38}[\p{L}\p{N}])(?![\p{L}\p{N}])",
        0.6,
    ),
    Rule("USERNAME", r"(?<![\p{L}\p{N}_])(?:u|r)/[A-Za-z0-9_\-]{3,24}(?![A-Za-z0-9_\-])", 0.5, needs="/"),
    Rule("USERNAME", r"(?<![\p{L}\p{N}])[A-Za-z][A-Za-z0-9_.]{2,31}#\d{4}(?![\p{L}\p{N}])", 0.6, needs="#"),
)
"""Rules of the detector ``airlock-identifiers``."""

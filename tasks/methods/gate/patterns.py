"""The gate's rules for where and who: addresses of every sort, dates, names by title."""

from __future__ import annotations

from tasks.methods.gate import checks
from tasks.methods.gate.edges import HAN, L, R, ire, plain
from tasks.methods.gate.identifiers import CHECKED, NAMED
from tasks.methods.gate.rules import Rule
from tasks.methods.gate.secrets import RULES as SECRETS

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:{_YEAR}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?{_DAY}|\d{{1,2}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?(?:{_YEAR}|\d\d)"
    rf"|{_MONTH}\s{_DAY}(?:st|nd|rd|th)?,?\s{_YEAR}|{_DAY}(?:st|nd|rd|th)?(?:\sof)?[\s-]{_MONTH},?[\s-]{_YEAR}"
    rf"|{_YEAR}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?日)"
)
_FULL_DATE = ire(rf"(?<![\w.-]){_DATE}(?![0-9A-Za-z])|(?<=[{HAN}]){_DATE}(?![0-9A-Za-z])")
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|pl|terrace|ter|circle|cir|"
    r"highway|hwy|parkway|pkwy|square|sq|trail|trl|crescent|close|loop|alley|row|mews)"
)
_UNIT = r"(?:,?\s(?:apt|apartment|suite|ste|unit|flat|room|rm|#)\.?\s?#?\w{1,6})"

_FAMILY_NAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖庞樊殷施洪翟安颜倪牛温芦季俞"
    "章鲁葛伍申尤毕聂柴焦左欧岳齐梅庄辛管祝涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单"
    "包司柏宁柯阮桂闵解强丛华车冉房边楚闻路柳"
)


def _family_name_first(text: str) -> bool:
    """Whether a Chinese word begins as a name does."""
    return text[:1] in _FAMILY_NAMES


_NOT_NAMES = frozenset({"Who", "No", "You", "The", "Appointment", "Visit", "Right", "Wrong", "Office", "Robot"})
"""What follows a title and is no name."""

_PLACES = (
    Rule(
        "email",
        "EMAIL_ADDRESS",
        ire(
            r"(?<![0-9a-z._%+\-])[0-9a-z._%+\-]{1,64}(?: ?@ ?| ?[(\[] ?at ?[)\]] ?)"
            r"(?:[0-9a-z](?:[0-9a-z\-]{0,61}[0-9a-z])?(?: ?[(\[] ?dot ?[)\]] ?|\.)){1,5}[a-z]{2,18}(?![0-9a-z\-])"
        ),
    ),
    Rule(
        "url",
        "URL",
        ire(r"(?<![0-9a-z])(?:(?:https?|ftp|sftp|ssh)://|www\.)[^\s<>\"'，。；）)\]]{3,}[^\s<>\"'，。；）)\].,;:!?]"),
    ),
    Rule(
        "ip4",
        "IP_ADDRESS",
        plain(r"(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9A-Za-z]|\.\d| ?版)"),
        check=checks.ip_address,
        unless=ire(
            r"\b(?:version|release|section|firmware|build|v|ver)\.?:? ?$"
            r"|(?:版本|固件|软件)号?(?:为|是|升级到)?[: ]{0,2}$|第 ?$"
        ),
    ),
    Rule(
        "ip6",
        "IP_ADDRESS",
        ire(r"(?<![0-9a-z:.])(?=[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![0-9a-z:])"),
        check=lambda text: len(text) > 5 and checks.ip_address(text),
    ),
    Rule(
        "street",
        "ADDRESS",
        plain(
            r"(?<![0-9A-Za-z$.#/\-])\d{1,6}(?:-\d{1,4})?[A-Za-z]?,? (?:[NSEWnsew]{1,2}\.? )?"
            r"(?:(?:[A-Z][\w'\-]*\.?|\d{1,3}(?:st|nd|rd|th)|of|the) ){1,4}"
            rf"(?i:{_STREET})(?![0-9A-Za-z])\.?(?i:{_UNIT})?"
        ),
    ),
    Rule(
        "street-words",
        "ADDRESS",
        ire(
            r"(?<![0-9A-Za-z$.#/\-])(?!(?:19|20)\d\d )\d{1,6}[a-z]? (?:(?!(?:at|in|on|by|to|and) )[a-z][\w'\-]* ){1,3}"
            rf"{_STREET}(?![0-9A-Za-z])"
        ),
        near=ire(
            r"\b(?:address|lives?|living|resid(?:es|ing|ence)|home|moved\s+to|located|mail(?:ed)?\s+to|ship(?:ped)?\s+to)\b"
        ),
    ),
    Rule("box", "ADDRESS", ire(r"(?<![0-9a-z])p\.? ?o\.? ?box ?#?\d{1,7}(?![0-9a-z])")),
    Rule(
        "city-state-zip",
        "ADDRESS",
        plain(r"(?<![0-9A-Za-z])[A-Z][A-Za-z.'\- ]{1,30},? [A-Z]{2},? \d{5}(?:-\d{4})?(?![0-9A-Za-z]|-\d)"),
    ),
    Rule(
        "cn-street",
        "ADDRESS",
        plain(
            rf"(?:[{HAN}]{{2,8}}[省市区县镇乡])?[{HAN}]{{1,8}}(?:路|街|巷|大道|道|弄|胡同|村)[{HAN}0-9]{{0,6}}\d{{1,5}}(?:-\d{{1,4}})?[号弄栋幢室]"
            rf"(?:\d{{1,4}}[{HAN}]{{1,3}}){{0,4}}(?:\d{{1,5}}室)?"
        ),
    ),
    Rule(
        "zip",
        "ZIP_CODE",
        plain(rf"{L}\d{{5}}(?:-\d{{4}})?{R}"),
        near=ire(r"(?:\bzip(?:\s*code)?|\bpostal\s*code|邮编)[^0-9]{0,8}$"),
    ),
)

_LEFT_OVERS = (
    # A number that runs into a mark was masked in part
    Rule(
        "number-after-mark",
        "ADDRESS",
        plain(r"<(?:ADDRESS|LOCATION|ZIP_CODE)>-?(?P<v>\d{2,8})(?!\w|[.,]\d)"),
        latin=True,
    ),
    Rule(
        "number-before-mark",
        "ADDRESS",
        plain(r"(?<![\w$.,#-])(?P<v>\d{2,12})-?(?=<(?:ADDRESS|LOCATION|ZIP_CODE)>)"),
        latin=True,
    ),
    Rule("rest-of-phone", "PHONE_NUMBER", plain(r"<PHONE_NUMBER>[-.]?(?P<v>\d{2,8})(?!\w|[.,]\d)"), latin=True),
    Rule("start-of-phone", "PHONE_NUMBER", plain(r"(?<![\w$.,#])(?P<v>\+?\d{1,6})[-.]?(?=<PHONE_NUMBER>)"), latin=True),
)

_PERSONS = (
    Rule(
        "birth",
        "DATE_OF_BIRTH",
        _FULL_DATE,
        near=ire(
            r"(?:\bd\.?\s?o\.?\s?b\b\.?|\bborn\b|\bbirth\s?(?:day|date)?\b|出生(?:日期|于)?|生日|生于)[^\n]{0,24}$"
        ),
    ),
    Rule("born", "DATE_OF_BIRTH", ire(rf"(?<![0-9A-Za-z.\-])(?P<v>{_DATE})(?=\s?(?:出生|生人))")),
    Rule("date", "DATE", _FULL_DATE),
    Rule(
        "title",
        "PERSON",
        plain(
            r"(?<![A-Za-z])(?:Mr|Mrs|Ms|Mx|Dr|Miss|Prof|Professor|Sgt|Officer|Nurse)\.? "
            r"(?P<v>[A-Z][a-z'\-]+(?: [A-Z]\.?)?(?: [A-Z][A-Za-z'\-]+)?)(?![A-Za-z])"
        ),
        check=lambda text: text not in _NOT_NAMES,
    ),
    Rule(
        "cn-name",
        "PERSON",
        plain(
            r"(?:姓\s?名|患者|申请人|联系人|户主|投保人|收款人|持卡人)\s?:\s?"
            rf"(?P<v>[{HAN}](?:[ ·]?[{HAN}]){{1,3}})(?![{HAN}])"
        ),
        check=_family_name_first,
    ),
    Rule(
        "cn-title",
        "PERSON",
        plain(rf"(?<![{HAN}])(?P<v>[{HAN}]{{1,3}})(?:先生|女士|小姐)(?![{HAN}])"),
        check=_family_name_first,
    ),
    Rule(
        "plate",
        "LICENSE_PLATE",
        plain(
            r"(?<![0-9A-Za-z])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-Z][ ·.]?[0-9A-Z]{5,6}(?![0-9A-Za-z])"
        ),
    ),
    Rule(
        "plate-words",
        "LICENSE_PLATE",
        plain(rf"{L}(?=[A-Z0-9 \-]{{0,7}}\d)[A-Z0-9]{{1,4}}[ \-]?[A-Z0-9]{{2,5}}{R}"),
        near=ire(
            r"\b(?:license|licence|number)\s+plates?\b[^\n]{0,12}$|\bplate\s*(?:no|number|#)?[:#]?\s?$"
            r"|车牌(?:号码?)?[:： ]?$"
        ),
    ),
    Rule(
        "username",
        "USERNAME",
        plain(r"(?<![0-9A-Za-z])(?=[\w.\-]{0,32}\d)[A-Za-z][\w.\-]{2,30}\w"),
        near=ire(r"\b(?:user\s?name|login|user\s?id|screen\s?name)(?:\s+is)?\s?[:=]?\s?[\"']?$"),
    ),
)

RULES: tuple[Rule, ...] = (*CHECKED, *NAMED, *_PLACES, *_PERSONS, *_LEFT_OVERS, *SECRETS)
"""Every rule of the gate."""

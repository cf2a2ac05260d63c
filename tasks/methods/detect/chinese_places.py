"""How Chinese text writes addresses and places: from the largest part to the smallest, with a word for each level."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import regex

from tasks.methods.detect.chinese_gazetteer import COUNTIES, OTHERS, PREFECTURES, PROVINCES, WORLD
from tasks.methods.detect.rules import Function, Rule

_NAMES: dict[str, tuple[str, ...]] = {}
for _name in sorted(PROVINCES | PREFECTURES | COUNTIES | WORLD | OTHERS, key=lambda n: (-len(n), n)):
    _NAMES[_name[:2]] = (*_NAMES.get(_name[:2], ()), _name)
_HOME = PROVINCES | PREFECTURES | COUNTIES

_BEFORE = frozenset("在于到往赴回从至抵离由经驻去来自是为和与及、年月日")
"""What stands before a place. A name of two characters is looked for there and at the start of a clause only: elsewhere
it is often the end of one word and the start of the next (形成都市, 沿海地区)."""

_COUNTRY = "国"
_SIDES = frozenset("岸部侧麓端边坡")
"""What makes a bank or a slope of a river or mountain of a name that ends in a direction."""

_FIGURE = "[0-9０-９〇○零一二三四五六七八九十百]"
_ROAD = "路|街|大道|大街|道|巷|胡同|弄|里|村|庄|屯|小区|花园|家园|社区|公寓|大厦|广场|苑|园|城|湾|组|新村|宿舍|工业园|开发区|街道|镇|乡|苏木"
_DOOR = rf"(?:[A-Za-z]?{_FIGURE}{{1,6}}|[A-Za-z]|[甲乙丙丁东西南北])(?:-{_FIGURE}{{1,5}})*(?:号楼|号院|号|栋|幢|座|单元|楼|层|室|户|弄|组|房|门|梯|栋楼|#)"
_DASHED = r"\d{1,5}(?:-\d{1,5}){1,3}"
_CROSS = r"(?:(?:与|和|、)\p{Han}{1,8}(?:路|街|道)(?:交叉口|路口|交汇处|口)|交叉口|路口|交汇处|附近|对面)"
_ROOM = rf"(?:{_FIGURE}{{2,5}}(?:室|户)?(?!{_FIGURE}|[年月日元岁天次号]))"
_DOORS = rf"(?:[ ]?\p{{Han}}{{0,8}}?(?:{_DOOR}|{_DASHED})){{1,6}}{_ROOM}?"
_BELOW = regex.compile(
    rf"(?:[ ]?\p{{Han}}{{1,10}}?(?:{_ROAD}){_CROSS}?){{0,4}}{_DOORS}"
    rf"|(?:[ ]?\p{{Han}}{{1,10}}?(?:{_ROAD})){{0,2}}[ ]?\p{{Han}}{{1,10}}?(?:路|街|道){_CROSS}"
    r"|(?:[ ]?\p{Han}{1,8}?(?:路|街|大道|巷|胡同|镇|乡|村|小区|花园|街道)){1,3}",
    regex.VERSION1,
)
"""What follows the district in an address."""

_STREET = regex.compile(
    rf"\p{{Han}}{{1,10}}(?:(?<!电|思|通|线|网|走|公|铁|水|管|油|回|半|一)路|街|大道|道|巷|胡同|弄|村|小区|花园|家园|社区|公寓|大厦|广场|苑|里|新村|宿舍){_CROSS}?{_DOORS}",
    regex.VERSION1,
)
_LEAD = regex.compile(
    r"\p{Han}*(?:寄到|寄至|寄往|送到|送至|住在|现住|家住|租住|居住|暂住|搬到|搬至|搬往|迁到|迁至|位于|来自|地址为|地址是|地址|住址|前往|抵达|改为|改成|到达|路过|经过|开到|发到|发往|坐落|就在|等在|回到|去往|停在|发生在|出现在|位在|[到至在住])",
    regex.VERSION1,
)
_LEAST = 4


def places(text: str) -> list[tuple[int, int, float]]:
    """Known places, from left to right, the longest name at each point; neighbours that touch are one.

    >>> places("他住在广东省深圳市南山区。")
    [(3, 12, 0.6)]
    """
    found: list[tuple[int, int, float]] = []
    i = 0
    while i < len(text) - 1:
        end = _name_at(text, i, bool(found and found[-1][1] == i))
        if not end:
            i += 1
            continue
        if found and found[-1][1] == i:
            found[-1] = (found[-1][0], end, 0.6)
        else:
            found.append((i, end, 0.6))
        i = end
    return found


def _name_at(text: str, start: int, goes_on: bool) -> int:
    """Where the place that starts here ends, or 0."""
    for name in _NAMES.get(text[start : start + 2], ()):
        if text.startswith(name, start):
            end = start + len(name)
            after = text[end : end + 1]
            if name[-1] in "东西南北" and after in _SIDES and after:
                return 0
            if len(name) > 2 or name[-1] in _COUNTRY or goes_on or start == 0:
                return end
            before = text[start - 1]
            if not "\u4e00" <= before <= "\u9fff" or before in _BEFORE or name in PROVINCES:
                return end
            return 0
    return 0


def addresses(text: str) -> list[tuple[int, int, float]]:
    """Addresses: known places and what follows down to the door, or a street with a number.

    >>> addresses("请把药寄到江苏省无锡市梁溪区健康路18号3栋502室，谢谢")
    [(5, 27, 0.8)]
    """
    found = []
    for start, end, _ in places(text):
        below = _BELOW.match(text, end)
        if below and below.end() - end >= _LEAST - 1:
            found.append((start, below.end(), 0.8))
    for street in _STREET.finditer(text):
        start, end = street.span()
        if any(a < end and start < b for a, b, _ in found):
            continue
        head = text[start:end]
        lead = max((m.end() for m in _LEAD.finditer(head) if m.end() < len(head) - _LEAST), default=0)
        if any(c.isdigit() or c in "一二三四五六七八九十" for c in head[lead:]):
            found.append((start + lead, end, 0.6))
    return sorted(found)


RULES = (
    Function("LOCATION", places),
    Function("ADDRESS", addresses),
    Rule(
        "ADDRESS",
        r"(?:地址|住址|住所|住在|居住于|居住在|现住|家住|租住于|租住在|户籍地?|户口所在地|所在地|籍贯|位于)[ \t]*[】\]]?[ \t]*(?:是|为|在|：|:|【)?[ \t]*(?P<v>\p{Han}[\p{Han}A-Za-z0-9\-()（）·#]{2,60}(?:省|市|区|县|镇|乡|村|路|街|道|巷|弄|号|楼|栋|幢|室|户|院|苑|园|组|城|座|层|屋|里|舍|\d))(?=[\s，,。；;、）)\]】]|$)",
        0.8,
    ),
    Rule("ADDRESS", r"(?:地址|住址)[ \t]*[】\]]?[ \t]*(?:是|为|：|:)[ \t]*(?P<v>[A-Za-z0-9]{0,8}\p{Han}[\p{Han}A-Za-z0-9\-()（）·#]{3,60})(?=[\s，,。；;]|$)", 0.8),
    Rule("LOCATION", r"(?:籍贯|出生地|祖籍|国籍|户籍)[ \t]*(?:是|为|：|:)[ \t]*(?P<v>\p{Han}{2,12})(?!\p{Han})", 0.7),
    Rule("LOCATION", r"(?<!\p{Han})\p{Han}{2,8}(?:自治区|自治州|自治县|自治旗|群岛|半岛|特区)", 0.45),
    Rule("ORGANIZATION", r"(?:工作单位|单位|就职于|供职于|任职于|就读于|受雇于|退休于|毕业于)[ \t]*[是为：:]?[ \t]*(?P<v>[\p{Han}A-Za-z0-9（）()·]{2,24}?(?:厂|公司|集团|银行|医院|学校|中学|小学|大学|学院|研究院|研究所|事务所|局|院|所|店|社|站|中心|协会|部队))(?=[\s，,。；;、（(]|$|的|任|做|当|担任|上班|工作|退休)", 0.6),
    Rule("ORGANIZATION", r"第(?:[一二三四五六七八九十]{1,3}|\d{1,3})\p{Han}{0,6}?(?:厂|公司|中学|小学|医院|监狱|看守所|幼儿园|设计院|研究院|研究所|分公司|工程局|师范学校)", 0.6),
)  # fmt: skip
"""Places and addresses."""

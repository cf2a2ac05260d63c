"""What the detector ``airlock-zh`` looks for: numbers, persons, places, dates and ages as Chinese text writes them."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from dataclasses import dataclass

from tasks.methods.detect import chinese_numbers, chinese_people, chinese_places
from tasks.methods.detect.chinese_script import simplified
from tasks.methods.detect.rules import Finder, Rule

_FIGURE = "[〇○零一二三四五六七八九]"
_YEAR = rf"(?:{_FIGURE}{{4}}|二[〇○零]{_FIGURE}{{2}}|(?:19|20)\d{{2}})"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[正元一二三四五六七八九冬腊])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|卅一?|初?[一二三四五六七八九十])"
_ERA = r"(?:民国|昭和|平成|令和)(?:\d{1,3}|[元一二三四五六七八九十百]{1,4})年"
_DATE = (
    rf"(?:{_YEAR}[ ]?年[ ]?{_MONTH}[ ]?月(?:份|[ ]?{_DAY}[ ]?[日号])?|(?:19|20)\d{{2}}([\-/.])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12]\d|0?[1-9])(?!\d)"
    rf"|(?:19|20)\d{{2}}[年\-/.](?:1[0-2]|0?[1-9])[月\-/.](?:3[01]|[12]\d|0?[1-9])日?|(?:{_ERA})(?:{_MONTH}月(?:{_DAY}[日号])?)?|[4-9]\d年{_MONTH}月(?:{_DAY}[日号])?)"
)
_BIRTH = rf"(?:{_DATE}|(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d{{2}}[\-/.](?:1[0-2]|0?[1-9])(?!\d)|{_MONTH}月{_DAY}[日号]|{_YEAR}年|[3-9]\d年)"
_YEARS = r"(?:1?\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|一百[零〇]?[一二三四五六七八九]?|[一二三四五六七八九两])"

DATES: tuple[Finder, ...] = (
    Rule("DATE_OF_BIRTH", rf"(?:出生日期|出生年月日?|出生时间|出生于|生日|生辰|出生|生于|诞生于)[ \t]*[】\]）)]?[ \t]*(?:是|为|在|于|：|:|【|农历|阴历|阳历)*[ \t]*(?P<v>{_BIRTH})", 0.95),
    Rule("DATE_OF_BIRTH", rf"(?<!\d)(?P<v>{_DATE}|{_YEAR}年|(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:\p{{Han}}{{0,2}}出生|\p{{Han}}?诞生|生人|生(?!产|效|活|成|长|意|物|态|前|病))", 0.9),
    Rule("DATE", rf"(?<!\d){_DATE}(?!\d)|(?<![\d月]){_MONTH}月{_DAY}[日号](?!线|楼|院|馆|店|门)", 0.6),
    Rule("AGE", rf"(?<![\d.])(?P<v>{_YEARS})(?:[ ]?周岁|[ ]?岁)(?!月)", 0.8),
    Rule("AGE", r"(?:年龄|年纪|芳龄|享年|终年|时年|现年|得年)[ \t]*[】\]]?[ \t]*[：:为是]?[ \t]*(?P<v>\d{1,3})(?![\d.%年月])", 0.8),
)  # fmt: skip
"""Dates, which have figures of either kind, and ages."""


@dataclass(frozen=True)
class _InEitherScript:
    """A rule written in simplified characters, applied to a text in either script."""

    rule: Finder

    @property
    def entity(self) -> str:
        return self.rule.entity

    def find(self, text: str) -> list[tuple[int, int, float]]:
        return self.rule.find(simplified(text))


_ALL: tuple[Finder, ...] = (*chinese_numbers.RULES, *DATES, *chinese_people.RULES, *chinese_places.RULES)
RULES: tuple[Finder, ...] = tuple(_InEitherScript(rule) for rule in _ALL)
"""Rules of the detector ``airlock-zh``."""

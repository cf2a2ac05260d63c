"""Chinese names: family names, given names put together from characters, names of other peoples, forms of address."""

from __future__ import annotations

import random
from typing import NamedTuple

_COMMON = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_FAMILY = (
    "梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
    "雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费"
    "纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边"
)
_DOUBLE = "欧阳 司马 上官 诸葛 司徒 皇甫 慕容 端木 夏侯 尉迟 东方 南宫 令狐 公孙".split()
_F = "婷静敏丽娟艳芳霞燕玲娜雪梅莉兰英慧萍颖洁倩琳璐瑶佳怡欣妍蕾薇菲雯琪珊莹岚蓉嫣婉姝彤诗涵梓萱语桐若汐淑贞秀珍凤翠桂香春红玉冬杏巧云月"
_M = "伟强磊军勇杰涛超明刚平辉鹏华飞斌波宇浩凯健俊帆旭阳博文昊天轩泽铭睿宸子豪建国志卫东海山林峰龙德福贵祥根生财荣树春庆喜长松金水守义成文清远航一鸣"
_SINGLE = 0.22
_OTHER_F = "阿依古丽·买买提 扎西卓玛 其其格 古丽娜尔·艾力 央金 乌云塔娜 金美善 阿米娜·马 次仁措姆 娜仁花 帕提曼·吐尔逊 朴顺姬".split()
_OTHER_M = "巴特尔 扎西顿珠 艾力·吐尔逊 阿布都热合曼·买买提 格日勒图 洛桑 金哲秀 木拉提·努尔 多吉次仁 苏和 吾买尔·卡德尔 崔成浩".split()


class ZhName(NamedTuple):
    """A name; for peoples without family names ``family`` is empty and ``given`` is all of it."""

    family: str
    given: str
    gender: str

    @property
    def full(self) -> str:
        """The whole name."""
        return self.family + self.given

    @property
    def calling(self) -> str:
        """What goes before 先生 or 女士: the family name, or the name where there is none."""
        return self.family or self.given.split("·")[0]


def draw(rng: random.Random, gender: str = "", family: str = "") -> ZhName:
    """A name; with ``family`` a relative's."""
    gender = gender or rng.choice("fm")
    if not family and rng.random() < 0.03:
        return ZhName("", rng.choice(_OTHER_F if gender == "f" else _OTHER_M), gender)
    if not family:
        r = rng.random()
        family = rng.choice(_COMMON) if r < 0.5 else rng.choice(_FAMILY) if r < 0.97 else rng.choice(_DOUBLE)
    pool = _F if gender == "f" else _M
    first = rng.choice(pool)
    given = first if rng.random() < _SINGLE and len(family) == 1 else first + rng.choice(pool)
    return ZhName(family, given, gender)


def address(rng: random.Random, name: ZhName) -> str:
    """A familiar form with a prefix, 小王 or 老王; the full name where there is no family name."""
    return rng.choice(("小", "老", "阿")) + name.family if name.family else name.full

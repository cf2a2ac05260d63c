"""Districts of China with their codes, and addresses in them: real districts, made-up streets and doors."""

from __future__ import annotations

import random
from typing import NamedTuple


class District(NamedTuple):
    """Province (empty for a municipality), city, district, its six-digit code, area code, postcode, plate prefix."""

    province: str
    city: str
    district: str
    code: str
    area: str
    postcode: str
    plate: str


_DISTRICTS = """
- 北京市 海淀区 110108 010 1000 京A|- 北京市 朝阳区 110105 010 1000 京N|- 上海市 浦东新区 310115 021 2001 沪A|- 上海市 闵行区 310112 021 2011 沪C
- 天津市 南开区 120104 022 3000 津A|- 重庆市 渝北区 500112 023 4011 渝A|浙江省 杭州市 西湖区 330106 0571 3100 浙A|浙江省 宁波市 鄞州区 330212 0574 3151 浙B
浙江省 温州市 鹿城区 330302 0577 3250 浙C|江苏省 南京市 鼓楼区 320106 025 2100 苏A|江苏省 苏州市 吴中区 320506 0512 2151 苏E|江苏省 无锡市 梁溪区 320213 0510 2140 苏B
广东省 广州市 天河区 440106 020 5106 粤A|广东省 深圳市 南山区 440305 0755 5180 粤B|广东省 佛山市 禅城区 440604 0757 5280 粤E|广东省 汕头市 龙湖区 440507 0754 5150 粤D
四川省 成都市 武侯区 510107 028 6100 川A|四川省 绵阳市 涪城区 510703 0816 6210 川B|湖北省 武汉市 洪山区 420111 027 4300 鄂A|湖北省 宜昌市 西陵区 420502 0717 4430 鄂E
湖南省 长沙市 岳麓区 430104 0731 4100 湘A|湖南省 株洲市 天元区 430211 0731 4120 湘B|河南省 郑州市 金水区 410105 0371 4500 豫A|河南省 洛阳市 涧西区 410305 0379 4710 豫C
山东省 济南市 历下区 370102 0531 2500 鲁A|山东省 青岛市 市南区 370202 0532 2660 鲁B|山东省 潍坊市 奎文区 370705 0536 2610 鲁G|河北省 石家庄市 裕华区 130108 0311 0500 冀A
河北省 保定市 莲池区 130606 0312 0710 冀F|山西省 太原市 小店区 140105 0351 0300 晋A|陕西省 西安市 雁塔区 610113 029 7100 陕A|陕西省 咸阳市 秦都区 610402 0910 7120 陕D
辽宁省 沈阳市 和平区 210102 024 1100 辽A|辽宁省 大连市 沙河口区 210204 0411 1160 辽B|吉林省 长春市 朝阳区 220104 0431 1300 吉A|黑龙江省 哈尔滨市 南岗区 230103 0451 1500 黑A
安徽省 合肥市 蜀山区 340104 0551 2300 皖A|安徽省 芜湖市 镜湖区 340202 0553 2410 皖B|福建省 福州市 鼓楼区 350102 0591 3500 闽A|福建省 厦门市 思明区 350203 0592 3610 闽D
江西省 南昌市 东湖区 360102 0791 3300 赣A|江西省 赣州市 章贡区 360702 0797 3410 赣B|云南省 昆明市 五华区 530102 0871 6500 云A|贵州省 贵阳市 云岩区 520103 0851 5500 贵A
广西壮族自治区 南宁市 青秀区 450103 0771 5300 桂A|广西壮族自治区 桂林市 七星区 450305 0773 5410 桂C|海南省 海口市 龙华区 460106 0898 5701 琼A|甘肃省 兰州市 城关区 620102 0931 7300 甘A
内蒙古自治区 呼和浩特市 新城区 150102 0471 0100 蒙A|宁夏回族自治区 银川市 兴庆区 640104 0951 7500 宁A|新疆维吾尔自治区 乌鲁木齐市 天山区 650102 0991 8300 新A|青海省 西宁市 城西区 630104 0971 8100 青A
"""
_STREETS = (
    "文三路 建设路 人民路 解放大道 中山北路 新华街 和平路 长江路 学院路 科技园路 滨河东路 育才街 青年路 朝晖路 友谊大街 光明路 幸福巷 东风路 "
    "金桥路 银杏大道 桃源街 梧桐路 湖滨南路 江滨路 迎宾大道 文化路 公园前街 胜利西路 车站路 健康路 环城北路 工业大道 凤凰路 龙泉路 翠竹街 "
    "丹桂路 望江路 石桥路 古塔巷 团结路 兴业路 创新路 振兴街 花园路 清水湾路 白鹤街"
).split()
_ESTATES = (
    "翠苑小区 阳光花园 锦绣家园 绿城春江 金色港湾 幸福里 东湖名苑 紫荆公寓 丽景湾 书香门第 世纪新城 和谐家园 月亮湾 枫林雅苑 御景园 水岸华庭 "
    "文苑小区 机械厂宿舍 铁路新村 教师公寓 桂花园 香樟苑 海棠湾 安居苑 福星里 百合佳苑 云锦苑 玉兰花园 明珠广场 华盛苑"
).split()


def _read() -> tuple[District, ...]:
    out = []
    for entry in _DISTRICTS.replace("\n", "|").strip("|").split("|"):
        province, city, district, code, area, post, plate = entry.split()
        out.append(District(province.strip("-"), city, district, code, area, post, plate))
    return tuple(out)


DISTRICTS = _read()


class ZhAddress(NamedTuple):
    """An address: where, and the part below the district."""

    where: District
    door: str

    @property
    def line(self) -> str:
        """All of it, as the structured column has it."""
        w = self.where
        return f"{w.province}{w.city}{w.district}{self.door}"


def address(rng: random.Random, where: District | None = None) -> ZhAddress:
    """A random address, in ``where`` if given."""
    where = where or rng.choice(DISTRICTS)
    street, estate = rng.choice(_STREETS), rng.choice(_ESTATES)
    house, block, unit = rng.randint(1, 899), rng.randint(1, 38), rng.randint(1, 4)
    room = f"{rng.randint(1, 32)}0{rng.randint(1, 6)}"
    forms = (
        f"{street}{house}号{estate}{block}幢{unit}单元{room}室", f"{street}{house}号{estate}{block}栋{room}",
        f"{street}{house}号", f"{estate}{block}号楼{unit}单元{room}室", f"{street}{house}弄{block}号{room}室",
        f"{street}与{rng.choice(_STREETS)}交叉口{estate}{block}号楼{room}户", f"{street}{house}号{block}-{unit}-{room}",
    )  # fmt: skip
    return ZhAddress(where, rng.choice(forms))


def address_written(rng: random.Random, home: ZhAddress) -> str:
    """Whole, without the province, or from the district on."""
    w = home.where
    return rng.choice((home.line, home.line, f"{w.city}{w.district}{home.door}", f"{w.district}{home.door}"))


def short_city(where: District) -> str:
    """The city without 市."""
    return where.city.removesuffix("市")

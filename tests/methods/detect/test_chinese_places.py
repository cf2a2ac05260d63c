"""Addresses and places in running Chinese text, by the rules alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.chinese import RULES
from tasks.methods.detect.chinese_gazetteer import COUNTIES, OTHERS, PREFECTURES, PROVINCES, WORLD
from tasks.methods.detect.chinese_places import addresses, places


def marked(text: str, *kinds: str) -> set[int]:
    return {i for rule in RULES if rule.entity in kinds for a, b, _ in rule.find(text) for i in range(a, b)}


ADDRESSES = [
    ("北京市朝阳区建国路88号5栋1203室", "住址：北京市朝阳区建国路88号5栋1203室"),
    ("浦东新区张杨路500号", "浦东新区张杨路500号见面"),
    ("江苏省无锡市梁溪区健康路18号3栋502室", "请寄到江苏省无锡市梁溪区健康路18号3栋502室，谢谢"),
    ("广州市天河区天河路385号太古汇一座18楼1802室", "公司在广州市天河区天河路385号太古汇一座18楼1802室办公"),
    ("翠竹小区12幢3单元402室", "我住翠竹小区12幢3单元402室"),
    ("中山北路200弄15号601室", "家在中山北路200弄15号601室"),
    ("河北省石家庄市裕华区槐安东路一百二十号", "迁至河北省石家庄市裕华区槐安东路一百二十号"),
    ("幸福里三号楼二单元五〇一", "送到幸福里三号楼二单元五〇一"),
    ("福建省厦门市思明区花园路510号29-2-801", "通知书邮寄至福建省厦门市思明区花园路510号29-2-801。"),
    ("解放大道与青年路交叉口", "武汉市江汉区解放大道与青年路交叉口发生事故"),
    ("麓山南路932号", "湖南省长沙市岳麓区麓山南路932号收"),
    ("西湖区文三路18号", "西湖区文三路18号附近"),
    ("巴彦托海镇3号", "内蒙古自治区呼伦贝尔市鄂温克族自治旗巴彦托海镇3号"),
    ("台北市信义区市府路1号12楼", "寄台北市信义区市府路1号12楼"),
    ("弥敦道100号", "香港九龙弥敦道100号"),
    ("李家村三组12号", "户籍地：李家村三组12号"),
    ("学院路30号", "学院路30号院内"),
    ("B座1203", "现住海淀区中关村大街27号B座1203"),
    ("人民路12号", "车停在人民路12号门口"),
    ("东风巷7号", "我家在东风巷7号"),
    ("四川省成都市武侯区人民南路四段27号", "地址为四川省成都市武侯区人民南路四段27号，邮编"),
]

NOT_ADDRESSES = [
    "道路千万条，安全第一条",
    "我们走在大路上",
    "第3号台风",
    "他排在5号",
    "走路30分钟",
    "一路平安",
    "这条街很热闹",
    "三楼有洗手间",
    "村里来了人",
    "小区停水通知",
    "请到2号窗口",
    "网络2层交换机",
    "电路板3组",
    "思路2个",
    "大家族的故事",
    "公园里有花",
    "广场舞比赛",
    "里程120公里",
    "花园宝宝第二季",
    "病房12床",
]


@pytest.mark.parametrize(("value", "text"), ADDRESSES)
def test_an_address(value: str, text: str) -> None:
    at = text.index(value)
    assert {i for i in range(at, at + len(value)) if text[i].isalnum()} <= marked(text, "ADDRESS", "LOCATION")


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_no_address(text: str) -> None:
    assert marked(text, "ADDRESS") == set()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("家属要求寄送报告至江苏省无锡市梁溪区健康路18号", "江苏省无锡市梁溪区健康路18号"),
        ("核对地址为四川省绵阳市涪城区江滨路180号。", "四川省绵阳市涪城区江滨路180号"),
        ("我住翠竹小区12幢402室", "翠竹小区12幢402室"),
    ],
)
def test_what_leads_to_an_address_is_no_part_of_it(text: str, place: str) -> None:
    assert [text[a:b] for a, b, _ in addresses(text)] == [place]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("他住在广东省深圳市南山区。", ["广东省深圳市南山区"]),
        ("从海地回到特立尼达和多巴哥", ["海地", "特立尼达和多巴哥"]),
        ("马里兰州和新南威尔士州", ["马里兰州", "新南威尔士州"]),
        ("沿海地区发展很快", []),
        ("今日本公司停业", []),
        ("在淮河南岸", ["淮河"]),
        ("站在小河南岸", []),
        ("往返于中国、法国和德国", ["中国", "法国", "德国"]),
        ("台中市与花莲县", ["台中市", "花莲县"]),
        ("去石河子和阿克苏", ["石河子", "阿克苏"]),
        ("三明治和大理石", []),
        ("本溪市生活平安", ["本溪市"]),
    ],
)
def test_known_places(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b, _ in places(text)] == found


@given(st.text(alphabet="北京市海淀区中关村大街路号楼0123一二a ，省国", max_size=60))
def test_findings_lie_in_the_text_and_places_are_disjoint(text: str) -> None:
    for start, end, score in addresses(text) + places(text):
        assert 0 <= start < end <= len(text) and 0 < score <= 1
    spans = places(text)
    assert all(a[1] < b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_the_list_holds_names_only() -> None:
    for name in PROVINCES | PREFECTURES | COUNTIES | WORLD | OTHERS:
        assert len(name) >= 2 and all("\u4e00" <= c <= "\u9fff" or c in "·-" for c in name)

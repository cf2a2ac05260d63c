"""Labelled values in Chinese text, the days and ages that words say, and what only looks like one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.chinese import RULES
from tasks.methods.detect.chinese_labels import spots
from tasks.methods.detect.chinese_script import simplified


def marked(text: str, kinds: set[str]) -> set[int]:
    return {i for rule in RULES if rule.entity in kinds for a, b, _ in rule.find(text) for i in range(a, b)}


FOUND = [
    ("USERNAME", "liuyang", "登录名：\nliuyang\n身份"),
    ("USERNAME", "abc_12345", "加微abc_12345详谈"),
    ("USERNAME", "小鱼儿88", "昵称叫小鱼儿88的人"),
    ("USERNAME", "风中追风", "游戏昵称：风中追风，"),
    ("ZIP_CODE", "518057", "收货邮编\n518057"),
    ("ZIP_CODE", "100871", "北京市海淀区 100871"),
    ("ZIP_CODE", "100871", "100871是学校的邮编"),
    ("DEVICE_ID", "R58M12ABCDE", "手机机身号\nR58M12ABCDE"),
    ("DEVICE_ID", "PF1X2Y3Z", "SN码：PF1X2Y3Z"),
    ("DEVICE_ID", "89860318760112345678", "ICCID号89860318760112345678"),
    ("VEHICLE_ID", "LJ465Q-1AE1-7712", "发动机号码\nLJ465Q-1AE1-7712"),
    ("VEHICLE_ID", "G12345", "车架号末六位G12345"),
    ("CASE_NUMBER", "CL-20210047", "理赔编号为CL-20210047"),
    ("CASE_NUMBER", "HZ20210001", "回执编号HZ20210001"),
    ("CASE_NUMBER", "沪公浦受案字〔2021〕20881号", "受案登记沪公浦受案字〔2021〕20881号"),
    ("MEDICAL_RECORD_NUMBER", "0012345678", "诊疗卡号\n0012345678"),
    ("MEDICAL_RECORD_NUMBER", "B2021-04471", "病理号B2021-04471"),
    ("TAX_ID", "440300123456789", "税务登记号440300123456789"),
    ("CN_CREDIT_CODE", "91350100 M000100Y4 3", "信用代码：91350100 M000100Y4 3"),
    ("PASSPORT", "T12345678", "大通证T12345678"),
    ("PASSPORT", "K1234567E", "持K1234567E号护照"),
    ("CREDIT_CARD", "4111111111111111", "VISA4111111111111111已停"),
    ("ACCOUNT_NUMBER", "31001234567890123", "对公账户\n31001234567890123"),
    ("IBAN_CODE", "GB82WEST12345698765432", "IBANGB82WEST12345698765432汇"),
    ("SWIFT_CODE", "BKCHCNBJ", "境外行识别码BKCHCNBJ"),
    ("SWIFT_CODE", "icbkcnbj", "swift码为icbkcnbj"),
    ("SWIFT_CODE", "HSBCHKHH", "电汇用HSBCHKHH（swift）"),
    ("CRYPTO", "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "莱特币LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1"),
    ("SECRET", "5f2b8c1d9e3a4b7c", "私钥5f2b8c1d9e3a4b7c"),
    ("SECRET", "12-3-4567", "取件码：12-3-4567"),
    ("SECRET", "883201", "动态码883201，五分钟内有效"),
    ("SECRET", "maple-22", "解压密码“maple-22”"),
    ("MAC_ADDRESS", "001A2B3C4D5E", "MAC001A2B3C4D5E"),
    ("MAC_ADDRESS", "0000.5e00.53af", "网卡0000.5e00.53af上线"),
    ("IP_ADDRESS", "2001:db8::77", "ipv6:2001:db8::77"),
    ("URL", "https://example.com/相册/小雨", "请看https://example.com/相册/小雨"),
    ("LICENSE_PLATE", "川A12B3", "摩托车川A12B3"),
    ("LICENSE_PLATE", "粤B·F1234学", "教练车粤B·F1234学"),
    ("COORDINATES", "113°15′30″", "东经113°15′30″"),
    ("COORDINATES", "113°15′30′′", "东经113°15′30′′"),
    ("COORDINATES", "N30°40′12″", "在N30°40′12″附近"),
    ("COORDINATES", "22.5431,114.0579", "车停在22.5431,114.0579"),
    ("COORDINATES", "43.8256N, 87.6168E", "我在43.8256N, 87.6168E"),
    ("COORDINATES", "31.2304", "lat=31.2304&lng=121.4737"),
    ("COORDINATES", "四十度零三分", "北纬四十度零三分"),
    ("AGE", "34", "虚岁34"),
    ("AGE", "33", "年龄\n33"),
    ("AGE", "八十二", "奶奶八十二了，"),
    ("AGE", "八十有二", "年八十有二"),
    ("AGE", "九十多", "九十多岁"),
    ("AGE", "8", "宝宝8个月大"),
    ("DATE", "去年11月", "去年11月确诊"),
    ("DATE", "3月", "从3月开始"),
    ("DATE", "腊月二十三", "腊月二十三祭灶"),
    ("DATE", "大年三十", "大年三十没回家"),
    ("DATE", "下周三", "手术定在下周三"),
    ("DATE", "上个月28号", "上个月28号付款"),
    ("DATE", "中秋节", "中秋节那天吵架"),
    ("DATE", "20220315", "生产日期：20220315"),
    ("DATE_OF_BIRTH", "三月初八", "农历生日三月初八"),
    ("ORGANIZATION", "红星机械厂", "单位红星机械厂，已退休"),
]

LEFT = [
    (None, "忘记密码，请重设"),
    ("SECRET", "密码至少8位"),
    ("SECRET", "验证码错误3次"),
    ("USERNAME", "昵称不能超过12个字符"),
    ("USERNAME", "昵称：长度不超过十二位，可以改"),
    ("USERNAME", "@全体成员 请看公告"),
    ("USERNAME", "注解@Bean不生效"),
    ("IP_ADDRESS", "版本10.2.3.4"),
    ("IP_ADDRESS", "依第4.1.2.3条"),
    ("IP_ADDRESS", "升级到V7.0.1.5"),
    ("IP_ADDRESS", "固件1.0.0.12已更新"),
    ("COORDINATES", "定位准确率98.765%"),
    ("COORDINATES", "损失函数0.0123,0.4567"),
    ("COORDINATES", "角度45°"),
    ("AGE", "三岁看老"),
    ("AGE", "都二十分钟了"),
    ("AGE", "今年十二个人入职"),
    ("AGE", "两天大雨"),
    ("AGE", "一个月大约花三千"),
    ("DATE", "共12月饼"),
    ("DATE", "共3月"),
    ("DATE", "每月三次"),
    ("DATE", "星期几都行"),
    ("DATE", "八月桂花香"),
    ("DATE", "春节文化"),
    ("DATE", "1.1倍"),
    ("MEDICAL_RECORD_NUMBER", "报告2023年发布"),
    ("MEDICAL_RECORD_NUMBER", "患者3人"),
    ("CASE_NUMBER", "服务时间9:00-18:00"),
    ("CASE_NUMBER", "型号SF1234567890停产了"),
    ("VEHICLE_ID", "发动机排量2.0"),
    ("DEVICE_ID", "序号12"),
    ("SWIFT_CODE", "swift语言"),
    ("SWIFT_CODE", "PASSWORD，swift"),
    ("ZIP_CODE", "产量 210008吨"),
]


@pytest.mark.parametrize(("kind", "value", "text"), FOUND)
def test_a_labelled_value(kind: str, value: str, text: str) -> None:
    at = text.index(value)
    assert {i for i in range(at, at + len(value)) if text[i].isalnum()} <= marked(text, {kind})


@pytest.mark.parametrize(("kind", "text"), LEFT)
def test_what_only_looks_like_one(kind: str | None, text: str) -> None:
    kinds = {kind} if kind else {rule.entity for rule in RULES}
    assert marked(text, kinds) == set()


@given(st.floats(73.1, 135.9), st.floats(3.1, 53.9), st.booleans())
def test_a_pair_of_numbers_in_china_is_a_place(east: float, north: float, swapped: bool) -> None:
    pair = f"{east:.5f},{north:.5f}" if swapped else f"{north:.5f}, {east:.5f}"
    assert [pair[a:b] for a, b, _ in spots(pair)] == [pair]


@given(st.text(alphabet="密码邮编号：:是\n 1A2.-°NE,，年月十上下周〔〕@", max_size=80))
def test_any_text_has_findings_inside_it(text: str) -> None:
    assert all(0 <= a < b <= len(text) for rule in RULES for a, b, _ in rule.find(text))


@pytest.mark.parametrize("text", ["機動車", "动态码", "電動車"])
def test_a_simplified_character_stays_simplified(text: str) -> None:
    assert "动" in simplified(text)

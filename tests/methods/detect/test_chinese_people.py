"""Persons, dates and ages in running Chinese text, by the rules alone."""

from __future__ import annotations

import pytest

from tasks.methods.detect.chinese import RULES


def marked(text: str, kinds: set[str]) -> set[int]:
    return {i for rule in RULES if rule.entity in kinds for a, b, _ in rule.find(text) for i in range(a, b)}


def covered(text: str, value: str, *kinds: str) -> bool:
    at = text.index(value)
    wanted = {i for i in range(at, at + len(value)) if text[i].isalnum() or text[i] in "*＊○×"}
    return wanted <= marked(text, set(kinds))


PERSONS = [
    ("王小明", "患者：王小明，男，47岁"),
    ("欧阳娜", "【姓名】欧阳娜"),
    ("司马长风", "申请人：司马长风 身份证"),
    ("诸葛亮", "我叫诸葛亮，来自南阳"),
    ("李", "李先生今早来电"),
    ("上官", "请转告上官女士"),
    ("张建国", "大家好，我叫张建国。"),
    ("陈", "由陈主任接诊"),
    ("毕", "请毕主任会诊"),
    ("黄", "谢谢黄医生！"),
    ("涂", "体温偏高，通知涂医生处理"),
    ("赵敏", "妻子赵敏，电话同上"),
    ("刘伟", "向同事刘伟（销售部）了解"),
    ("小李", "我是小李，麻烦开门"),
    ("张某", "嫌疑人张某到案"),
    ("李某某", "原告李某某诉称"),
    ("王某甲", "被告王某甲、乙公司"),
    ("张**", "收件人张**的包裹"),
    ("陈XX", "据陈XX所述"),
    ("阿卜杜拉·买买提", "联系人：阿卜杜拉·买买提"),
    ("古丽娜尔·艾力", "随后古丽娜尔·艾力来到窗口"),
    ("木拉提·努尔", "委托木拉提·努尔办理"),
    ("列夫·托尔斯泰", "他读过列夫·托尔斯泰的小说"),
    ("乔治·W·布什", "总统乔治·W·布什说"),
    ("约翰•史密斯", "外教约翰•史密斯迟到了"),
    ("其其格", "联系人：其其格（邻居）"),
    ("格日勒图", "主治医师：格日勒图  2023年"),
    ("Chan Tai Man", "陈大文（Chan Tai Man）先生"),
    ("WONG Siu-ming", "护照姓名为WONG Siu-ming的旅客"),
    ("Li Xiaolong", "作者Li Xiaolong来自北京"),
    ("Peter Brown", "外籍顾问Peter Brown已离职"),
    ("Mary Anne Jones", "与Mary Anne Jones签约"),
    ("David", "我同事David请假了"),
    ("Kowalski", "Dr. Kowalski的门诊"),
    ("Fernandez", "Fernandez先生的订单"),
    ("José García", "加夫列尔·加西亚（José García）出生"),
    ("張志明", "申請人：張志明，現住台北"),
    ("歐陽菲菲", "我叫歐陽菲菲，請多指教"),
    ("劉", "劉先生您好"),
    ("马力克", "客户姓名：马力克"),
    ("周建", "周建表示愿意配合"),
    ("孙立平", "孙立平，男，汉族"),
    ("吴桂兰", "吴桂兰（女，72岁）"),
]

NOT_PERSONS = [
    "科室：皮肤科",
    "职业：公务员",
    "民族：满",
    "诊断：高血压",
    "请按时服药，多喝水。",
    "先生们女士们晚上好",
    "本公司主营医疗器械",
    "某些人认为不妥",
    "他在楼下等",
    "单位：元",
    "会议于下午三点召开",
    "主任医师查房",
    "World Health Organization发布",
    "使用Python语言编写",
    "价格上涨了三成",
    "患者诉头痛三天",
    "天气晴朗，万里无云",
    "经理办公室在二楼",
    "老师们同学们好",
    "费用：无",
]


@pytest.mark.parametrize(("value", "text"), PERSONS)
def test_a_person(value: str, text: str) -> None:
    assert covered(text, value, "PERSON")


@pytest.mark.parametrize("text", NOT_PERSONS)
def test_no_person(text: str) -> None:
    assert marked(text, {"PERSON"}) == set()


BIRTHS = [
    ("1962年3月14日", "出生日期：1962年3月14日"),
    ("1962年3月14日", "生于1962年3月14日，汉族"),
    ("1962年3月14日", "患者1962年3月14日出生"),
    ("1962-03-14", "出生1962-03-14，男"),
    ("1962/3/14", "【生日】1962/3/14"),
    ("1962.03.14", "出生年月：1962.03.14"),
    ("19620314", "出生日期19620314"),
    ("一九七六年九月十三日", "生日一九七六年九月十三日"),
    ("一九七六年九月", "出生年月：一九七六年九月"),
    ("二〇〇一年十二月三十一日", "于二〇〇一年十二月三十一日出生"),
    ("二○○一年腊月廿三日", "生于二○○一年腊月廿三日"),
    ("62年3月", "我是62年3月出生的"),
    ("1962年", "他1962年生，属虎"),
    ("3月14日", "生日是3月14日"),
    ("民国五十一年三月十四日", "出生於民国五十一年三月十四日".replace("於", "于")),
    ("1962年03月", "出生年月1962年03月"),
    ("1962 年 3 月 14 日", "出生：1962 年 3 月 14 日"),
    ("八月十五日", "生日为八月十五日"),
    ("1985.6", "出生年月：1985.6"),
    ("二零零三年五月六号", "生于二零零三年五月六号"),
]

DATES = [
    ("2023年3月5日", "于2023年3月5日入院"),
    ("2023年3月5号", "改到2023年3月5号复查"),
    ("2023-03-05", "时间：2023-03-05上午"),
    ("2023/3/5", "截至2023/3/5未还"),
    ("2023.3.5", "签于2023.3.5北京"),
    ("3月5日", "定在3月5日开庭"),
    ("12月31号", "截止12月31号"),
    ("二〇二三年三月五日", "签署于二〇二三年三月五日"),
    ("二零二三年十二月", "自二零二三年十二月起"),
    ("三月五日", "三月五日下午"),
    ("十二月三十一日", "至十二月三十一日止"),
    ("2017年12月", "在2017年12月植入支架"),
]

NOT_DATES = [
    "血压120/80",
    "版本2.3.5",
    "共3月",
    "第12日",
    "比例3-5",
    "2023年度计划",
    "五月天乐队",
    "三日后复查",
    "每月10日元",
]


@pytest.mark.parametrize(("value", "text"), BIRTHS)
def test_a_date_of_birth(value: str, text: str) -> None:
    assert covered(text, value, "DATE_OF_BIRTH")


@pytest.mark.parametrize(("value", "text"), DATES)
def test_a_date(value: str, text: str) -> None:
    assert covered(text, value, "DATE")


@pytest.mark.parametrize("text", NOT_DATES)
def test_no_date(text: str) -> None:
    assert marked(text, {"DATE", "DATE_OF_BIRTH"}) == set()


@pytest.mark.parametrize("text", ["会议2023年3月5日召开，效益良好", "合同2023年生效", "2023年生产总值"])
def test_no_date_of_birth(text: str) -> None:
    assert marked(text, {"DATE_OF_BIRTH"}) == set()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("47", "今年47岁"), ("103", "已103岁高龄"), ("5", "5岁男孩"), ("3", "3周岁以内的孩子小明"),
        ("四十七", "年方四十七岁"), ("七十", "七十岁老人"), ("一百零二", "一百零二岁的她"), ("47", "年龄：47"),
        ("47", "【年龄】47"), ("88", "享年88"), ("十", "十岁那年"), ("两", "两岁半"), ("47", "47 岁"),
    ],
)  # fmt: skip
def test_an_age(value: str, text: str) -> None:
    assert covered(text, value, "AGE")


@pytest.mark.parametrize("text", ["12.5%", "岁月如歌", "47元", "年龄段", "47岁月"])
def test_no_age(text: str) -> None:
    assert marked(text, {"AGE"}) == set()

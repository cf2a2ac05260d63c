"""Identifiers in running Chinese text: glued to Han characters on both sides, in the ways people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.methods.detect.checksums import hong_kong_id, resident_id, resident_id_shape, taiwan_id
from tasks.methods.detect.chinese import RULES


def found(text: str, kinds: set[str]) -> list[str]:
    """The parts of the text that rules of these kinds find."""
    return [text[start:end] for rule in RULES if rule.entity in kinds for start, end, _ in rule.find(text)]


def covered(text: str, value: str, kinds: set[str]) -> bool:
    at = text.index(value)
    wanted = {i for i in range(at, at + len(value)) if text[i].isalnum()}
    marked = {i for rule in RULES if rule.entity in kinds for a, b, _ in rule.find(text) for i in range(a, b)}
    return wanted <= marked


ID = {"CN_RESIDENT_ID"}
PHONE = {"PHONE_NUMBER"}
CARD = {"CREDIT_CARD", "ACCOUNT_NUMBER"}
CODE = {"CN_CREDIT_CODE"}
TRAVEL = {"PASSPORT"}
PLATE = {"LICENSE_PLATE"}
MAIL = {"EMAIL_ADDRESS"}
NET = {"IP_ADDRESS", "MAC_ADDRESS", "URL"}
USER = {"USERNAME"}
FILE = {"MEDICAL_RECORD_NUMBER", "CASE_NUMBER"}
SECRET = {"SECRET"}
SPOT = {"COORDINATES", "ZIP_CODE"}

FOUND = [
    # GB 11643: the example of the standard's own annex, and ids with that check made by hand.
    (ID, "11010519491231002X", "身份证11010519491231002X已核对"),
    (ID, "11010519491231002x", "证号11010519491231002x的申请"),
    (ID, "11010519491231002X", "我的是11010519491231002X，麻烦查一下"),
    (ID, "110105 19491231 002X", "请报110105 19491231 002X办理"),
    (ID, "110105-19491231-002X", "登记为110105-19491231-002X的住户"),
    (ID, "440524188001010014", "老人身份证号码是440524188001010014没错"),
    (ID, "110105194912310021", "身份证号：110105194912310021（待核）"),
    (ID, "320311770706001", "旧证号320311770706001已作废"),
    (ID, "320311770706001", "一代身份证320311770706001换领"),
    (ID, "130503670401001", "（130503670401001）系本人"),
    (ID, "002X", "身份证后四位002X核对一致"),
    (ID, "G123456(A)", "香港身份证G123456(A)持有人"),
    (ID, "A123456(3)", "证件为A123456(3)的港人"),
    (ID, "A123456789", "台湾居民A123456789来访"),
    (ID, "1234567(8)", "澳门身份证1234567(8)的居民"),
    (ID, "11010519491231002X", "公民身份号码为：11010519491231002X"),
    (ID, "11010519491231002X", "证件号【11010519491231002X】有效"),
    (ID, "11010519491231002X", "张某（身份证：11010519491231002X）到案"),
    (ID, "11010519491231002X", "身份证号码\n11010519491231002X\n签发"),
    (ID, "11010519491231002X", "ID:11010519491231002X姓名"),
    # Telephones.
    (PHONE, "13800138000", "电话13800138000请回"),
    (PHONE, "138 0013 8000", "打138 0013 8000找我"),
    (PHONE, "138-0013-8000", "手机138-0013-8000关机"),
    (PHONE, "+8613800138000", "拨+8613800138000即可"),
    (PHONE, "+86 138 0013 8000", "国际拨+86 138 0013 8000就行"),
    (PHONE, "86-13800138000", "联系86-13800138000王先生"),
    (PHONE, "0086 13800138000", "请拨0086 13800138000"),
    (PHONE, "138 001 38000", "记成138 001 38000了"),
    (PHONE, "010-62345678", "请致电010-62345678咨询"),
    (PHONE, "(0755)82345678", "座机(0755)82345678无人接"),
    (PHONE, "（021）6234 5678", "传真（021）6234 5678收"),
    (PHONE, "0571-87654321转8021", "打0571-87654321转8021找她"),
    (PHONE, "02087654321", "单位02087654321的同事"),
    (PHONE, "+86 10 62345678", "总机+86 10 62345678在北京"),
    (PHONE, "400-810-1234", "客服400-810-1234说"),
    (PHONE, "4008101234", "拨4008101234无人应"),
    (PHONE, "800-820-8820", "免费电话800-820-8820停用"),
    (PHONE, "+852 2345 6789", "香港办公室+852 2345 6789已搬"),
    (PHONE, "+886 912 345 678", "台湾同事+886 912 345 678回电"),
    (PHONE, "0912-345-678", "她的手機0912-345-678打不通"),
    (PHONE, "+1 212-555-0147", "美国+1 212-555-0147的号"),
    (PHONE, "62345678", "联系电话：62345678，白天"),
    (PHONE, "8000", "手机尾号8000的用户"),
    # Bank cards: numbers that the card companies publish for tests, and made-up ones with Luhn's digit.
    (CARD, "4111111111111111", "信用卡4111111111111111已挂失"),
    (CARD, "4111 1111 1111 1111", "卡号4111 1111 1111 1111被盗刷"),
    (CARD, "5555-5555-5555-4444", "用5555-5555-5555-4444付的"),
    (CARD, "378282246310005", "运通378282246310005不支持"),
    (CARD, "6222021234567890128", "银行卡号6222021234567890128已注销"),
    (CARD, "6222 0212 3456 7890 128", "工资卡6222 0212 3456 7890 128里"),
    (CARD, "3530111333300000", "日本卡3530111333300000可用"),
    (CARD, "6011111111111117", "我在6011111111111117上扣款"),
    (CARD, "4111111111111112", "银行卡号是4111111111111112（未核）"),
    (CARD, "4111 1111 1111 1111", "从4111 1111 1111 1111 500元转出"),
    (CARD, "0128", "尾号0128的储蓄卡"),
    (CARD, "0128", "卡片后四位是0128没错"),
    (CARD, "622848001234567", "开户账号：622848001234567"),
    (CARD, "44-3015-0104-0012345", "对公账户44-3015-0104-0012345收款"),
    (CARD, "31001234567890", "医保卡号31001234567890已停"),
    (CARD, "PICC20231234567", "保单号PICC20231234567生效"),
    (CARD, "8800123456", "公积金账号8800123456封存"),
    (CARD, "4012888888881881", "他报了4012888888881881和有效期"),
    (CARD, "5105105105105100", "扣款卡：5105105105105100。"),
    (CARD, "4222222222222", "旧卡4222222222222只有十三位"),
    # GB 32100-2015: numbers of its annex and of a public register.
    (CODE, "91350100M000100Y43", "代码91350100M000100Y43的单位"),
    (CODE, "91350100m000100y43", "写成91350100m000100y43也可"),
    (CODE, "91350100M000100Y43", "（统一社会信用代码：91350100M000100Y43）"),
    (CODE, "91350100M000100Y44", "统一社会信用代码91350100M000100Y44有误"),
    (CODE, "350100400012345", "税号350100400012345开票"),
    (CODE, "M000100Y-4", "纳税人识别号是91350100M000100Y-4吗"),
    # Travel documents.
    (TRAVEL, "E12345678", "护照E12345678丢失"),
    (TRAVEL, "EA1234567", "持EA1234567入境"),
    (TRAVEL, "G12345678", "旧护照G12345678已过期"),
    (TRAVEL, "e12345678", "护照号：e12345678"),
    (TRAVEL, "C12345678", "港澳通行证C12345678签注"),
    (TRAVEL, "H1234567801", "回乡证H1234567801的持有人"),
    (TRAVEL, "M12345678", "持M12345678的澳门居民"),
    (TRAVEL, "12345678", "台胞证12345678续签"),
    (TRAVEL, "P1234567", "外籍护照号码为P1234567的旅客"),
    (TRAVEL, "D12345678", "公务护照D12345678交回"),
    (TRAVEL, "南字第1234567号", "军官证南字第1234567号核验"),
    # Plates.
    (PLATE, "京A12345", "车牌京A12345停在"),
    (PLATE, "粤B·D12345", "新能源车粤B·D12345充电"),
    (PLATE, "沪AD12345", "他开沪AD12345来的"),
    (PLATE, "浙A·1B2C3", "停着浙A·1B2C3一辆"),
    (PLATE, "川A1234学", "教练车川A1234学违停"),
    (PLATE, "粤Z1234港", "两地牌粤Z1234港过关"),
    (PLATE, "鲁B1234挂", "挂车鲁B1234挂超载"),
    (PLATE, "苏e12345", "写成苏e12345了"),
    (PLATE, "京A 12345", "车号京A 12345的司机"),
    (PLATE, "WJ京12345", "武警WJ京12345通过"),
    # Networks.
    (MAIL, "zhang.san@163.com", "邮箱zhang.san@163.com或来电"),
    (MAIL, "12345678@qq.com", "发到12345678@qq.com就行"),
    (MAIL, "li_si+a@mail.example.com.cn", "抄送li_si+a@mail.example.com.cn，谢谢"),
    (MAIL, "WANG@EXAMPLE.ORG", "写的是WANG@EXAMPLE.ORG没回"),
    (MAIL, "a-b@x-y.net", "（a-b@x-y.net）"),
    (NET, "192.168.1.20", "服务器192.168.1.20上"),
    (NET, "203.0.113.7", "从203.0.113.7登录的"),
    (NET, "203.0.113.7", "IP：203.0.113.7:8080端口"),
    (NET, "2001:db8:49d3:8771::32ba", "地址2001:db8:49d3:8771::32ba已封"),
    (NET, "fe80::1", "网关fe80::1没有响应"),
    (NET, "00:1A:2B:3C:4D:5E", "网卡00:1A:2B:3C:4D:5E绑定"),
    (NET, "00-1a-2b-3c-4d-5e", "设备00-1a-2b-3c-4d-5e上线"),
    (NET, "https://www.example.com/u/123?x=1", "点https://www.example.com/u/123?x=1查看"),
    (NET, "www.example.com.cn", "登录www.example.com.cn办理"),
    (NET, "shop.example.com/item/9", "链接shop.example.com/item/9失效"),
    (USER, "12345678", "加我QQ12345678聊"),
    (USER, "12345678", "qq：12345678在线"),
    (USER, "88888888", "QQ号是88888888。"),
    (USER, "xiao_wang1990", "微信xiao_wang1990同号"),
    (USER, "wxid_abc123", "微信号：wxid_abc123"),
    (USER, "lihua-88", "vx lihua-88详聊"),
    (USER, "dy12345abc", "抖音号dy12345abc的视频"),
    (USER, "night_owl7", "用户名为night_owl7的账户"),
    (USER, "@小王的日常", "感谢@小王的日常 提供"),
    # Files.
    (FILE, "ZY67378492", "住院号ZY67378492"),
    (FILE, "0012345678", "【门诊号】0012345678患者"),
    (FILE, "M-20231", "病历号：M-20231，复诊"),
    (FILE, "20230001234", "病案号20230001234归档"),
    (FILE, "GD2023112345", "工单号GD2023112345已派"),
    (FILE, "A2023-0099", "合同编号：A2023-0099"),
    (FILE, "（2021）京0105民初12345号", "见（2021）京0105民初12345号判决"),
    (FILE, "SF1234567890123", "快递单号SF1234567890123派送中"),
    (SECRET, "Ab#12345", "密码是Ab#12345别外传"),
    (SECRET, "482913", "验证码482913五分钟有效"),
    (SECRET, "sk-9fK2mQ", "token：sk-9fK2mQ"),
    (SPOT, "东经116.397度", "位于东经116.397度、北纬39.908度"),
    (SPOT, "北纬39°54′20″", "在北纬39°54′20″附近"),
    (SPOT, "39.9042,116.4074", "坐标39.9042,116.4074处"),
    (SPOT, "100080", "邮编100080，收"),
    (SPOT, "100080", "邮政编码：100080"),
]

LEFT = [
    (ID, "订单金额123456789012345678元"),
    (ID, "编码990105194912310021不是证件"),
    (ID, "流水20231105194913310021已记"),
    (ID, "序列号1101051949123100210099很长"),
    (ID, "产品A123456788下架"),
    (ID, "型号G123456(7)的电机"),
    (PHONE, "共12800138000元"),
    (PHONE, "订单202313800138000123处理中"),
    (PHONE, "2019-2020年度第0123批"),
    (PHONE, "血压120-80，心率72"),
    (PHONE, "比值为0.13800138000左右"),
    (PHONE, "价格在100-20000之间"),
    (CARD, "预算4111111111111112万元"),
    (CARD, "全国1400000000人"),
    (CARD, "圆周率3.14159265358979323"),
    (CARD, "批号2023110612345678入库"),
    (CODE, "编号91350100M000100Y44不成立"),
    (CODE, "ABCDEFGHJKLMNPQRTU都是字母"),
    (TRAVEL, "零件X12345678缺货"),
    (TRAVEL, "编码AE123456789过长"),
    (PLATE, "京东A12号库"),
    (PLATE, "云AI开发平台"),
    (PLATE, "维生素青B12345678"),
    (PLATE, "鲁ABCDEFG公司"),
    (MAIL, "价格@2元"),
    (MAIL, "请@全体成员"),
    (NET, "版本1.2.3已发布"),
    (NET, "版本1.2.3.4.5不兼容"),
    (NET, "比分300.1.2.3不对"),
    (NET, "时间12:30:45开始"),
    (NET, "比例为3:2:1"),
    (USER, "QQ音乐很好听"),
    (USER, "QQ群12个"),
    (USER, "微信支付很方便"),
    (FILE, "住院12天"),
    (FILE, "检查3次"),
    (SECRET, "密码学课程"),
    (SECRET, "忘记密码怎么办"),
    (SPOT, "经度和纬度的定义"),
    (SPOT, "邮编是六位数字"),
]


@pytest.mark.parametrize(("kinds", "value", "text"), FOUND)
def test_an_identifier_in_running_text(kinds: set[str], value: str, text: str) -> None:
    assert covered(text, value, kinds)


@pytest.mark.parametrize(("kinds", "text"), LEFT)
def test_what_only_looks_like_one(kinds: set[str], text: str) -> None:
    assert found(text, kinds) == []


GLUED = [
    (ID, "11010519491231002X"), (ID, "320311770706001"), (PHONE, "13800138000"), (PHONE, "010-62345678"),
    (PHONE, "400-810-1234"), (CARD, "4111111111111111"), (CARD, "6222 0212 3456 7890 128"),
    (CODE, "91350100M000100Y43"), (TRAVEL, "E12345678"), (PLATE, "京A12345"), (MAIL, "zhang.san@163.com"),
    (NET, "203.0.113.7"), (NET, "2001:db8::32ba"), (NET, "00:1A:2B:3C:4D:5E"), (NET, "https://example.com/a"),
    (ID, "G123456(A)"),
]  # fmt: skip
_HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=6)


@pytest.mark.parametrize(("kinds", "value"), GLUED)
@given(before=_HAN.filter(lambda text: text[-1] not in "第版"), after=_HAN)
def test_an_identifier_between_any_han_characters(kinds: set[str], value: str, before: str, after: str) -> None:
    """What makes a section or a version of four numbers stands before them, never after."""
    assert covered(before + value + after, value, kinds)


@given(st.text(alphabet="0123456789Xx -", min_size=1, max_size=30))
def test_the_checks_take_any_text(value: str) -> None:
    for check in (resident_id, resident_id_shape, hong_kong_id, taiwan_id):
        assert check(value) in (True, False)


def test_a_resident_ids_parts_must_be_possible() -> None:
    assert resident_id_shape("11010519491231002X")
    assert not resident_id_shape("11010519490231002X")
    assert not resident_id_shape("11010519491331002X")
    assert not resident_id_shape("20010519491231002X")
    assert not resident_id_shape("1101051949123100")

r"""How Chinese text writes numbers and addresses on a network that identify.

Every boundary is written out: ``\b`` does not fire between a Han character and a digit or a letter, so a value
glued to Han text is missed by patterns that rely on it.
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import ipaddress

import regex

from tasks.methods.detect.checksums import (
    credit_code,
    hong_kong_id,
    luhn,
    resident_id,
    resident_id_shape,
    taiwan_id,
)  # fmt: skip
from tasks.methods.detect.rules import Function, Rule

_L, _R = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_LD, _RD = r"(?<!\d)", r"(?!\d)"
IS = r"(?:号码|编号|账号|号|码)?[ \t]*[】\]）)]?[ \t]*(?:是|为|：|:|＝|=|【|\[|（|\()?[ \t]*"
"""What stands between the name of a number and the number."""

_BIN = r"(?:62|4\d|5[1-5]|2[2-7]|3[4-8]|60|6[45]|9\d)"
_RUN = regex.compile(rf"{_L}(?=\d)\d+(?:[ \-]\d+)*{_R}")
_NO_ANNOTATION = r"(?<!(?:注解|标注|装饰器|修饰符|指令|规则|标签|关键字)[“「`]?[ ]?)"
_NOBODY = (
    "所有|全体|全员|全部|大家|各位|符号|字符|某人|别人|对方|everyone|all|here|channel|media|import|keyframes|charset|font-face"
    "|Override|Deprecated|Bean|Autowired|Component|Service|Controller|RestController|Repository|Configuration|Test|Before|After"
    "|Data|Entity|Table|Column|Inject|Resource|Value|Mapper|Param|NotNull|Nullable|Transactional|Async|Scheduled|[A-Z][a-z]+Mapping"
)
"""What follows an at sign and is no user: everybody, and annotations of programs."""
_CREDIT = "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NOT_A_VERSION = r"(?<!第[ ]?|(?<![A-Za-z])[Vv](?:er|ersion)?[. :：]{0,2}|(?:版本?|固件|补丁|内核|章节|条款|标准)号?[是为到至：: ]{0,2}|[升降]级[到至为][ ]?|更新[到至][ ]?)"
"""What stands before a version or a section and before no address."""
_TLD = r"(?:com|cn|net|org|gov|edu|io|me|cc|top|xyz|vip|shop|info|biz|tv|hk|tw|mo|app|dev|club|site|online|example|invalid|test)"


def cards(text: str) -> list[tuple[int, int, float]]:
    """Bank cards by their first digits and Luhn's check (ISO/IEC 7812-1), in one or in groups.

    Groups that follow the card's (an amount, a date) are not part of it: of the groups from one on, those are taken
    that make 13 to 19 digits and pass, the most first.
    """
    found = []
    for run in _RUN.finditer(text):
        groups = [(run.start() + m.start(), run.start() + m.end()) for m in regex.finditer(r"\d+", run.group())]
        first = 0
        while first < len(groups):
            after = first + 1
            for last in range(min(len(groups), first + 8), first, -1):
                start, end = groups[first][0], groups[last - 1][1]
                number = "".join(text[a:b] for a, b in groups[first:last])
                if 13 <= len(number) <= 19 and regex.match(_BIN, number) and luhn(number):
                    found.append((start, end, 1.0))
                    after = last
                    break
            first = after
    return found


def is_ip6(value: str) -> bool:
    """Whether it is an address of IPv6 (RFC 4291, section 2.2) and not a time of day."""
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return "::" in value or value.count(":") == 7


def is_iban(value: str) -> bool:
    """MOD 97-10 (ISO 13616-1) of an international account number."""
    number = "".join(value.split())
    return 15 <= len(number) <= 34 and int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def _is_resident_id(value: str) -> bool:
    """The check of a resident id written in groups."""
    return resident_id(value.replace(" ", "").replace("-", ""))


RULES = (
    # Identity cards.
    Rule("CN_RESIDENT_ID", rf"{_L}[1-9]\d{{5}}[ \-]?\d{{8}}[ \-]?\d{{3}}[\dXx]{_R}", 0.3, _is_resident_id, True),
    Rule("CN_RESIDENT_ID", rf"{_L}[1-9]\d{{16}}[\dXx]{_R}", 0.3, resident_id_shape, True),
    Rule("CN_RESIDENT_ID", rf"(?:身份证件?|证件|公民身份|居住证|驾驶证|ID){IS}(?P<v>[1-9](?:[ \-]?\d){{13}}\d(?:[ \-]?\d[ \-]?\d[ \-]?[\dXx])?){_R}", 0.85),
    Rule("CN_RESIDENT_ID", rf"{_L}[1-9]\d{{14}}{_R}", 0.3, resident_id_shape, True),
    Rule("CN_RESIDENT_ID", r"(?:身份证|证件)[^\d\n]{0,6}(?:尾号|后四位|后六位|末四位|末六位)[^\d\n]{0,3}(?P<v>\d{3,5}[\dXx])(?![A-Za-z0-9])", 0.8),
    Rule("CN_RESIDENT_ID", rf"{_L}[A-Za-z]{{1,2}}\d{{6}}[ ]?[(（][0-9Aa][)）]", 0.3, hong_kong_id, True),
    Rule("CN_RESIDENT_ID", rf"{_L}[A-Za-z][1289]\d{{8}}{_R}", 0.3, taiwan_id, True),
    Rule("CN_RESIDENT_ID", rf"(?:香港|澳门|台湾|港澳)(?:永久性?)?(?:居民)?身份证{IS}(?P<v>[A-Za-z]{{0,2}}\d{{6,9}}(?:[ ]?[(（][0-9Aa][)）])?){_R}", 0.85),
    Rule("CN_RESIDENT_ID", rf"{_L}[157]/?\d{{6}}/?[(（]?\d[)）]?(?<=[/)）]\d?.?){_R}(?<=\d/\d{{6}}/\d|\d{{7}}[(（]\d[)）])", 0.5),
    # Travel documents, and what soldiers carry in their place.
    Rule("PASSPORT", rf"{_L}(?:[DEGPSdegps]\d{{8}}|[Ee][A-HJ-NP-Za-hj-np-z]\d{{7}}){_R}", 0.5),
    Rule("PASSPORT", rf"{_L}[CcHhMmLl]\d{{8}}(?:\d{{2}})?{_R}", 0.5),
    Rule("PASSPORT", rf"(?:护照|通行证|回乡证|台胞证|旅行证|海员证|永居证|居留许可){IS}(?P<v>[A-Za-z]{{0,3}}\d{{7,12}}){_R}", 0.85),
    Rule("PASSPORT", r"(?:军官证|士兵证|文职干部证|军人证)[^\d\n]{0,8}(?P<v>(?:\p{Han}字第)?\d{6,10}号?)", 0.85),
    Rule("PASSPORT", r"[军兵士文海空陆武南北沈兰济广成东西中]字第\d{6,10}号", 0.6),
    # Telephones.
    Rule("PHONE_NUMBER", rf"(?<![A-Za-z0-9.])(?:(?:\+|00)?86[ \-]?|[(（]\+?86[)）][ ]?)?1[3-9]\d(?:[ \-]?\d{{4}}){{2}}{_R}", 0.85),
    Rule("PHONE_NUMBER", rf"{_L}1[3-9]\d[ \-]\d{{3}}[ \-]\d{{5}}{_R}", 0.6),
    Rule("PHONE_NUMBER", rf"(?<![A-Za-z0-9.])(?:(?:\+|00)?86[ \-]?)?(?:0\d{{2,3}}[ \-]|[(（]0\d{{2,3}}[)）][ \-]?)[2-9]\d{{2,3}}[ ]?\d{{4}}(?:[ ]?(?:转|分机|ext\.?|-)[ ]?\d{{1,5}})?{_RD}", 0.8),
    Rule("PHONE_NUMBER", rf"{_L}0(?:10|2\d|[3-9]\d{{2}})[2-9]\d{{6,7}}{_RD}", 0.6),
    Rule("PHONE_NUMBER", rf"(?<![A-Za-z0-9.])(?:\+|00)86[ \-]?(?:10|2\d|[3-9]\d{{2}})[ \-]?[2-9]\d{{6,7}}{_R}", 0.8),
    Rule("PHONE_NUMBER", rf"{_L}[48]00(?:[ \-]\d{{3}}[ \-]?\d{{4}}|[ \-]\d{{4}}[ \-]?\d{{3}}|\d[ \-]?\d{{3}}[ \-]?\d{{3}}|\d{{7}}){_R}", 0.7),
    Rule("PHONE_NUMBER", rf"(?<![A-Za-z0-9.])(?:\+|00)[1-9]\d{{0,2}}(?:[ \-]?[(（]?\d{{1,5}}[)）]?){{2,5}}{_R}", 0.7),
    Rule("PHONE_NUMBER", rf"{_L}09\d{{2}}[ \-]?\d{{3}}[ \-]?\d{{3}}{_R}", 0.5),
    Rule("PHONE_NUMBER", rf"(?:电话|手机|传真|座机|热线|固话|联系方式|来电|致电|拨打|Tel|TEL|tel|Fax){IS}\.?(?P<v>\+?[(（]?\d[\d \-()（）]{{5,18}}\d){_RD}", 0.75),
    Rule("PHONE_NUMBER", r"(?:电话|手机|号码)[^\d\n]{0,4}(?:尾号|后四位|末四位)[^\d\n]{0,3}(?P<v>\d{4})(?!\d)", 0.8),
    # Money.
    Function("CREDIT_CARD", cards),
    Rule("CREDIT_CARD", rf"(?:银行卡|信用卡|借记卡|储蓄卡|工资卡|卡){IS}(?P<v>\d(?:[ \-]?\d){{11,18}}){_RD}", 0.8, luhn),
    Rule("ACCOUNT_NUMBER", rf"(?:账户|帐户|账号|帐号|卡号|存折|社保|社保卡|社会保障|医保|医保卡|公积金|客户|保单|保险单|会员卡|户号|贷款){IS}(?P<v>[A-Za-z]{{0,4}}\d[\d\- ]{{4,24}}\d){_RD}", 0.8),
    Rule("ACCOUNT_NUMBER", rf"(?:尾号|后四位|末四位|后4位|末4位){IS}(?P<v>\d{{4}}){_RD}", 0.8),
    Rule("IBAN_CODE", rf"{_L}[A-Z]{{2}}\d{{2}}(?:[ ]?[A-Z0-9]{{4}}){{2,7}}(?:[ ]?[A-Z0-9]{{1,3}})?{_R}", 0.3, is_iban, True),
    Rule("SWIFT_CODE", r"(?:SWIFT|Swift|swift|BIC|国际汇款代码|银行国际代码)[^A-Z0-9\n]{0,6}(?:[Cc]ode)?[^A-Z0-9\n]{0,4}(?P<v>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?![A-Za-z0-9])", 0.85),
    Rule("CRYPTO", rf"{_L}(?:0x[0-9A-Fa-f]{{40}}|bc1[02-9ac-hj-np-z]{{11,71}}){_R}", 0.9),
    Rule("CN_CREDIT_CODE", rf"{_L}{_CREDIT}{{2}}\d{{6}}{_CREDIT}{{10}}{_R}", 0.3, credit_code, True),
    Rule("CN_CREDIT_CODE", rf"(?:统一社会信用代码|社会信用代码|信用代码|税号|纳税人识别|组织机构代码|营业执照|注册){IS}(?P<v>(?=[0-9A-Za-z\-]*\d{{5}})[0-9A-Za-z]{{8,19}}-?[0-9A-Za-z]){_R}", 0.85),
    # Networks.
    Rule("EMAIL_ADDRESS", r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]++@(?:[A-Za-z0-9][A-Za-z0-9\-]*+\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])", 0.95, needs="@"),
    Rule("IP_ADDRESS", rf"(?<![\d.]){_NOT_A_VERSION}(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){{3}}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![A-Za-z0-9]|\.\d)", 0.9, needs="."),
    Rule("IP_ADDRESS", r"(?<![A-Za-z0-9:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![A-Za-z0-9:.])", 0.3, is_ip6, True, needs=":"),
    Rule("MAC_ADDRESS", r"(?<![0-9A-Za-z:\-])(?:[0-9A-Fa-f]{2}([:\-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z:\-])", 0.9, needs=":-"),
    Rule("URL", r"(?<![A-Za-z0-9])(?:(?:https?|ftp)://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{3,}(?<![.,;:!?'(])", 0.8, needs="."),
    Rule("URL", rf"(?<![A-Za-z0-9@._\-/])(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{{0,61}}+)\.){{1,5}}{_TLD}(?:\.(?:cn|hk|tw))?(?::\d{{2,5}})?(?:/[A-Za-z0-9\-._~/?#@!$&*+=%]*)?(?![A-Za-z0-9@\-])", 0.6, needs="."),
    Rule("USERNAME", rf"(?:QQ|qq|扣扣|企鹅){IS}(?:群[号：:]?[ ]?)?(?P<v>[1-9]\d{{4,11}}){_R}", 0.85),
    Rule("USERNAME", r"(?:微信|威信|薇信|VX|Vx|vx|V信|v信|wechat|WeChat|Wechat|抖音|快手|小红书|微博|支付宝|钉钉|淘宝|旺旺|Skype|skype|Telegram|Line|LINE|游戏)(?:账号|帐号|号码|号|ID|id|名|昵称)?[ \t]*(?:是|为|：|:|“|「|加|搜)?[ \t]*(?P<v>[A-Za-z0-9][A-Za-z0-9_.\-]{3,29})(?![A-Za-z0-9])", 0.8),
    Rule("USERNAME", r"(?:用户名?|账户名?|昵称|访客|登录名?|网名|账号|帐号|会员|用户ID|(?<![A-Za-z])ID)[ \t]*(?:是|为|：|:|“)?[ \t]*(?P<v>[A-Za-z0-9](?=[A-Za-z0-9_.\-]*[A-Za-z])[A-Za-z0-9_.\-]{4,29})(?![A-Za-z0-9])", 0.8),
    Rule("USERNAME", rf"(?<![A-Za-z0-9._]){_NO_ANNOTATION}@(?!{_NOBODY})[\p{{Han}}A-Za-z0-9_\-]{{2,20}}(?=[\s:：,，。!！?？、;；)）]|$)", 0.6, needs="@"),
    Rule("SECRET", r"(?:密码|口令|密钥|秘钥|令牌|[Pp]assword|PASSWORD|[Tt]oken|TOKEN|[Aa][Pp][Ii][ _]?[Kk]ey)[ \t]*(?:是|为|：|:|=)[ \t]*[“\"']?(?P<v>[!-~]{4,128})(?<![\"',.;])", 0.8),
    Rule("SECRET", r"(?:密码|口令)[^\p{Han}A-Za-z0-9\n]{0,2}(?P<v>(?=[A-Za-z0-9@#$%_!]{0,30}\d)[A-Za-z0-9@#$%_!]{6,30})(?![A-Za-z0-9])", 0.7),
    Rule("SECRET", r"(?:验证码|校验码|动态码|提取码|取件码|安全码|CVV2?|cvv2?|CVC)[ \t]*(?:是|为|：|:|=)?[ \t]*(?P<v>(?=[A-Za-z]{0,3}\d)[A-Za-z0-9]{3,8})(?![A-Za-z0-9])", 0.8),
    # Things and files.
    Rule("LICENSE_PLATE", rf"(?:[{PROVINCES}][A-HJ-NP-Za-hj-np-z]|WJ[{PROVINCES}]?|[{PROVINCES}]·[A-HJ-NP-Z])[·・•\- ]?(?=[A-Za-z]{{0,4}}\d)(?:[A-HJ-NP-Za-hj-np-z0-9]{{5}}[A-HJ-NP-Za-hj-np-z0-9]|[A-HJ-NP-Za-hj-np-z0-9]{{4}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳领使试超])(?![A-Za-z0-9])", 0.85),
    Rule("LICENSE_PLATE", rf"(?:车牌|车号|牌照){IS}(?P<v>[\p{{Han}}A-Za-z]{{1,2}}[·・•\- ]?[A-Za-z0-9]{{4,7}}){_R}", 0.8),
    Rule("VEHICLE_ID", rf"(?:车架|车辆识别代|VIN|底盘){IS}(?P<v>[A-HJ-NPR-Za-hj-npr-z0-9]{{17}}){_R}", 0.85),
    Rule("DEVICE_ID", rf"(?:IMEI|imei|MEID|设备|序列|串){IS}(?P<v>(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{{8,40}}){_R}", 0.75),
    Rule("MEDICAL_RECORD_NUMBER", rf"(?:病历|病例|住院|门诊|病案|就诊卡|就诊|登记|检查|床位|床|条码|标本|处方|挂号){IS}(?P<v>[A-Za-z]{{0,4}}-?\d[\dA-Za-z\-]{{2,18}}){_R}", 0.85),
    Rule("CASE_NUMBER", rf"(?:案件|案|申请|受理|工单|投诉|业务|流水|档案|合同|订单|快递单|运单|物流|编|学|工|准考证|学籍|警|执业证|资格证|证书|发票){IS}(?<=号.{{0,3}}|[:：].{{0,1}})(?P<v>[A-Za-z]{{0,4}}-?\d[\dA-Za-z\-]{{4,22}}){_R}", 0.7),
    Rule("CASE_NUMBER", r"[(（〔\[]\d{4}[)）〕\]]\p{Han}{0,2}\d{0,4}\p{Han}{1,6}\d{0,4}第?\d{1,6}(?:-\d{1,3})?号", 0.7),
    # Places on a map.
    Rule("COORDINATES", r"[东西]经[ ]?\d{1,3}(?:\.\d+)?(?:[°度](?:\d{1,2}(?:\.\d+)?['′分](?:\d{1,2}(?:\.\d+)?[\"″秒])?)?)?|[南北]纬[ ]?\d{1,2}(?:\.\d+)?(?:[°度](?:\d{1,2}(?:\.\d+)?['′分](?:\d{1,2}(?:\.\d+)?[\"″秒])?)?)?", 0.8),
    Rule("COORDINATES", r"(?:坐标|经纬度|定位|经度|纬度|GPS)[^\d\n]{0,5}(?P<v>-?\d{1,3}\.\d{3,15}(?![\d%％])(?:[ ]{0,2}[,，、/ ][ ]{0,2}-?\d{1,3}\.\d{3,15}(?![\d%％]))?)", 0.85),
    Rule("ZIP_CODE", rf"邮(?:政)?编(?:码)?[^\d\n]{{0,4}}(?P<v>\d{{6}}){_RD}", 0.8),
    Rule("ZIP_CODE", r"[(（]邮[编]?[^\d\n]{0,3}(?P<v>\d{6})[)）]", 0.8),
)  # fmt: skip
"""Identifiers made of digits and Latin letters."""

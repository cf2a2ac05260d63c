"""Identifiers that Chinese text marks by a label: on the line above, glued to the value, or behind it.

The label's last word (号, 码) is what makes a table's cell, a form's field and a sentence alike; a value on the next
line is read only behind such a word, for 检查 and a date on two lines are no number of an examination.
"""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

import regex

from tasks.methods.detect.accounts import bic
from tasks.methods.detect.checksums import luhn
from tasks.methods.detect.chinese_numbers import PROVINCES, is_iban, is_ip6
from tasks.methods.detect.rules import Function, Rule

_R, _RD = r"(?![A-Za-z0-9])", r"(?!\d)"
_AFTER = r"[ \t]*[】\]）)”\"』」]?[ \t]*[就填]?[是为：:＝=【\[（(“\"『「]{0,3}[ \t]*"
"""From a label to its value on the same line."""
_BELOW = rf"{_AFTER}(?:\r?\n[ \t]*)?"
"""The same, or to the next line."""
_NAMED = rf"(?:(?:号码|编号|单号|编码|号|码){_BELOW}|[ \t]*[：:＝=][ \t]*)"
"""A word for a number, or a colon: without either the label may be an ordinary word."""
_CODE = (
    r"(?:[A-Za-z]{1,4}-?\d[\dA-Za-z\-]{2,22}|[A-Za-z]{1,4}-[A-Za-z]{1,4}-?\d[\dA-Za-z\-]{2,22}|\d[\dA-Za-z\-]{4,22})"
)
_LETTERED = r"[A-Za-z]{1,4}-?\d[\dA-Za-z\-]{4,22}"
_SWIFT = r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"

_NO_NOTE = "(?![不无未必可请要应需]|长度|限|至少|最多|少于|多于|超过|支持|太|默认|见|同上|已|暂)"
"""What is said of a field and is no name in it."""

_SECONDS = r"(?:[\"″”秒]|['′’]{2})"
_ANGLE = rf"\d{{1,3}}(?:\.\d{{1,10}})?[ ]?(?:[°º度](?:[ ]?\d{{1,2}}(?:\.\d{{1,8}})?[ ]?['′’分](?:[ ]?\d{{1,2}}(?:\.\d{{1,8}})?[ ]?{_SECONDS})?)?)?"
_MINUTES = (
    rf"\d{{1,3}}[ ]?[°º度][ ]?\d{{1,2}}(?:\.\d{{1,8}})?[ ]?['′’分](?:[ ]?\d{{1,2}}(?:\.\d{{1,8}})?[ ]?{_SECONDS})?"
)
_FIGURE = "[〇零一二三四五六七八九十百点]"
_POINTS = r"-?\d{1,3}\.\d{3,15}(?![\d%％])"
_BETWEEN = r"[ ]{0,2}[,，、/;； ][ ]{0,2}"
_PAIR = regex.compile(rf"(?<![\d.\-])(\d{{1,3}}\.\d{{4,15}}){_BETWEEN}(\d{{1,3}}\.\d{{4,15}})(?![\d.%％])")
_LATITUDES, _LONGITUDES = (3.0, 54.0), (73.0, 136.0)


def spots(text: str) -> list[tuple[int, int, float]]:
    """Pairs of numbers with four decimals and more that lie in China, in either order.

    >>> spots("请导航到23.1291,113.2644")
    [(4, 20, 0.6)]
    """
    found = []
    for match in _PAIR.finditer(text):
        low, high = sorted(float(number) for number in match.groups())
        if _LATITUDES[0] <= low <= _LATITUDES[1] and _LONGITUDES[0] <= high <= _LONGITUDES[1]:
            found.append((match.start(), match.end(), 0.6))
    return found


def _is_spaced_code(value: str) -> bool:
    """Whether a credit code or a tax number written in groups has as many characters as one in a piece."""
    return sum(c.isalnum() for c in value) in (15, 18)


RULES = (
    # Money.
    Rule("CN_CREDIT_CODE", rf"(?:信用代码|税号|识别号){_BELOW}(?P<v>[0-9A-Za-z]{{2,10}}(?:[ \-][0-9A-Za-z]{{1,10}}){{1,5}}){_R}", 0.3, _is_spaced_code, True),
    Rule("CRYPTO", rf"(?:[币链]|钱包|充值|提币|收款)?(?:地址)?(?:(?<=[币链包址])|(?<![A-Za-z])(?i:LTC|XRP|DOGE|BTC|TRX|SOL|USDT|TRC20)){_BELOW}(?P<v>(?=[A-Za-z]{{0,30}}\d)[1-9A-HJ-NP-Za-km-z]{{25,48}}){_R}", 0.8),
    Rule("CREDIT_CARD", rf"(?<![A-Za-z])(?i:JCB|VISA|AMEX|Master(?:Card)?|UnionPay|Discover|Diners)[ \-:：]?(?P<v>\d(?:[ \-]?\d){{12,18}}){_RD}", 0.3, luhn, True),
    Rule("ACCOUNT_NUMBER", rf"(?:对公账户|对公帐户|收款账户|付款账户|银行账户|[账帐](?:户|号)|卡号){_BELOW}(?P<v>\d(?:[ \-]?\d){{7,24}}){_RD}", 0.8),
    Rule("ACCOUNT_NUMBER", rf"(?:[账帐][户号]?[上里]|卡[上里]|户头)[，,：:\s]{{1,2}}(?P<v>\d(?:[ \-]?\d){{11,18}}){_RD}", 0.7),
    Rule("IBAN_CODE", rf"(?i:IBAN){_AFTER}(?P<v>[A-Za-z]{{2}}\d{{2}}(?:[ ]?[A-Za-z0-9]{{4}}){{2,7}}(?:[ ]?[A-Za-z0-9]{{1,3}})?){_R}", 0.3, is_iban, True),
    Rule("SWIFT_CODE", rf"(?:(?<![A-Za-z])(?i:SWIFT|BIC)[ ]?(?i:code)?(?:代码|编码|码|号)?|(?:银行|境外行|收款行|开户行|中转行|代理行)(?:国际|识别)(?:代)?码){_BELOW}(?P<v>{_SWIFT}){_R}", 0.3, bic, True),
    Rule("SWIFT_CODE", rf"(?<![A-Za-z0-9])(?P<v>{_SWIFT})(?=[^A-Za-z0-9\n]{{1,8}}(?i:SWIFT|BIC)(?![A-Za-z]))", 0.3, bic, True),
    Rule("SWIFT_CODE", rf"(?<![A-Za-z])(?i:SWIFT|BIC)[ ]?(?:(?i:code)|代码|码|号|[是为：:])[ \t]*[是为：:]?[ \t]*(?P<v>[a-z]{{6}}[a-z0-9]{{2}}(?:[a-z0-9]{{3}})?){_R}", 0.3, bic, True),
    Rule("TAX_ID", rf"(?:(?:开票|发票)?税号|税务(?:登记)?[证号]?|国税|地税|纳税人?(?:识别)?号){_BELOW}(?P<v>[0-9A-Za-z]{{0,2}}\d{{13,18}}[0-9A-Za-z]{{0,4}}){_R}", 0.8),
    # Papers.
    Rule("PASSPORT", rf"(?:大通证|往来台湾通行证|往来港澳通行证|入台证|入港证|签证){_NAMED}?(?P<v>[A-Za-z]{{1,3}}\d{{7,12}}){_R}", 0.8),
    Rule("PASSPORT", r"(?<![A-Za-z0-9])(?P<v>[A-Za-z]{0,2}\d{7,9}[A-Za-z]?)(?=[ ]?号?(?:的)?(?:护照|通行证|回乡证|台胞证))", 0.8),
    Rule("CASE_NUMBER", rf"(?:理赔|赔案|报案|立案|受案|信访|来信|举报|控告|申诉|仲裁|调解|复议|事故|调查|公证|诉讼|回执|挂失|维权|服务|咨询|预约|报修|维修|退货|售后|退款|货运|运输|包裹|寄件|快件|单){_NAMED}(?P<v>{_CODE}){_R}", 0.7),
    Rule("CASE_NUMBER", rf"(?:信访件|举报件|投诉件|案卷|卷宗){_BELOW}(?P<v>{_LETTERED}|[A-Za-z]{{1,4}}-\d{{4}}-\d{{2,8}}){_R}", 0.7),
    Rule("CASE_NUMBER", rf"(?:(?<!\p{{Han}})\p{{Han}}{{1,6}}|[{PROVINCES}]\p{{Han}}{{1,7}})字?第?[(（〔\[]\d{{4}}[)）〕\]]第?\d{{1,6}}(?:-\d{{1,3}})?号", 0.7),
    Rule("MEDICAL_RECORD_NUMBER", rf"(?:影像|病理|诊疗卡?|放射|超声|透析|体检|检验|化验|胃镜|肠镜|心电图?|CT|MRI|X光|患者|病人|病员|就医卡?|健康卡|诊断|报告|挂号单|采血|样本|ID)(?:{_NAMED}(?P<v>{_CODE})|(?P<v>{_LETTERED})){_R}", 0.7),
    # Networks and names on them.
    Rule("IP_ADDRESS", r"(?:(?<![A-Za-z])(?i:IP)(?i:v6)?|地址|网关)[是为：:]{0,2}[ \t]*(?P<v>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?![A-Za-z0-9:.])", 0.3, is_ip6, True, needs=":"),
    Rule("MAC_ADDRESS", r"(?<![A-Za-z0-9.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![A-Za-z0-9]|\.\d)", 0.8, needs="."),
    Rule("MAC_ADDRESS", rf"(?<![A-Za-z])(?:(?i:MAC)(?:地址)?|物理地址|网卡){_BELOW}(?P<v>(?=[A-Fa-f]{{0,11}}\d)[0-9A-Fa-f]{{12}}){_R}", 0.8),
    Rule("URL", r"(?:https?|ftp)://[A-Za-z0-9\-._~:/?#@!$&*+,;=%]{3,200}+(?<=/)\p{Han}{1,12}(?:/[\p{Han}A-Za-z0-9\-._~%]{1,30}){0,6}/?(?=[\s，。；！？、）)]|$)", 0.8, needs="/"),
    Rule("USERNAME", rf"(?:用户|登[录陆]|账[户号]|帐[户号]|网)(?:名称?|号|ID){_BELOW}(?P<v>[A-Za-z](?=[A-Za-z0-9_.\-]{{3}})[A-Za-z0-9_.\-]{{3,29}}){_R}", 0.8),
    Rule("USERNAME", r"[加＋+](?:我|个|下|一下)?[ ]?(?:[vVwW微薇威]|卫星|绿泡泡)[信芯]?号?[ \t]*[是为：:]?[ \t]*(?P<v>[A-Za-z][A-Za-z0-9_\-]{4,29})(?![A-Za-z0-9])", 0.8),
    Rule("USERNAME", rf"(?:昵称|网名|游戏名|游戏ID|游戏昵称|用户名|微信名|花名|马甲)(?:叫|是|为)?[ \t]*[“「]?{_NO_NOTE}(?P<v>[\p{{Han}}A-Za-z_]{{1,12}}\d{{1,8}})(?![\d个位])", 0.7),
    Rule("USERNAME", rf"(?:昵称|网名|游戏名|游戏I[Dd]|角色名|用户名|微信名|账号名)[ \t]*(?:[：:]|[是叫为][ \t]*[：:“「])[ \t]*[“「]?{_NO_NOTE}(?P<v>[\p{{Han}}A-Za-z0-9_·.～~丶\-]{{2,20}})(?=[\s，,。；;！!？?”」）)、]|$)", 0.7),
    # Secrets.
    Rule("SECRET", rf"(?:密码|口令|密钥|秘钥|私钥|令牌|(?<![A-Za-z])(?i:(?:Access|Secret|Api)[ _\-]?Key(?:[ _\-]?(?:Id|Secret))?|passphrase)){_BELOW}(?P<v>(?=[A-Za-z@#$%_!.+\-]{{0,40}}\d)[A-Za-z0-9@#$%^&*_!.+/=\-]{{6,128}})(?<![.\-])(?![A-Za-z0-9])", 0.75),
    Rule("SECRET", r"(?:密码|口令)[ \t]*(?:就|还)?[ \t]*[是为：:]{1,2}[ \t]*(?P<v>\d{4,12})(?!\d)", 0.75),
    Rule("SECRET", rf"(?:验证码|校验码|动态(?:密)?码|随机码|激活码|兑换码|邀请码|提取码|取件码|取货码|提货码|自提码|开箱码|安全码|恢复码|识别口令){_BELOW}(?P<v>(?=[A-Za-z]{{0,4}}-?\d)[A-Za-z0-9]{{1,8}}(?:-[A-Za-z0-9]{{1,6}}){{1,5}}|(?=[A-Za-z]{{0,7}}\d)[A-Za-z0-9]{{4,16}}){_R}", 0.8),
    # Things.
    Rule("DEVICE_ID", rf"(?:(?<![A-Za-z])(?:S/?N|s/?n|ICCID|iccid|IMSI|imsi|UDID|udid|OAID|IDFA|EID)[码号]?{_BELOW}|(?:机身|机器|主机|出厂|资产|终端|主板|仪器|[电水气热]表|燃气表){_NAMED})(?P<v>(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{{6,40}}){_R}", 0.75),
    Rule("VEHICLE_ID", rf"(?:发动机|引擎|电机){_NAMED}(?P<v>(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{{6,20}}){_R}", 0.8),
    Rule("VEHICLE_ID", rf"(?:车架|VIN|车辆识别代|发动机)(?:号码|号|码)?(?:后|末|尾)(?:[四五六七八4-8]位|号)?(?:数字?)?{_AFTER}(?P<v>[A-Za-z0-9]{{4,8}}){_R}", 0.8),
    Rule("LICENSE_PLATE", rf"[{PROVINCES}][A-HJ-NP-Za-hj-np-z][·・•\- ]?(?=[A-Za-z]{{0,4}}\d)[A-HJ-NP-Za-hj-np-z0-9]{{5}}[挂学警港澳领使试超](?![A-Za-z0-9])", 0.85),
    Rule("LICENSE_PLATE", rf"(?:摩托车?|电动自?行?车|电瓶车|电摩|机车|轻骑|三轮车)(?:的?车?牌照?号?)?{_AFTER}(?P<v>[{PROVINCES}][A-Za-z][·・•\- ]?(?=[A-Za-z]{{0,4}}\d)[A-Za-z0-9]{{4,6}}){_R}", 0.8),
    # Places on a map.
    Rule("COORDINATES", rf"(?:[东西]经|[南北]纬)[ ]?(?:{_ANGLE}|{_FIGURE}{{1,9}}度(?:{_FIGURE}{{1,6}}分(?:{_FIGURE}{{1,6}}秒)?)?)", 0.8),
    Rule("COORDINATES", rf"(?<![\d.])(?:[NSEW][ ]?)?{_MINUTES}(?:[ ]?[NSEW](?![A-Za-z]))?", 0.7, needs="°º度"),
    Rule("COORDINATES", rf"(?<![A-Za-z0-9.])(?:[NSEW][ ]?{_POINTS}°?{_BETWEEN}[NSEW][ ]?{_POINTS}°?|{_POINTS}[ ]?°?[ ]?[NSEW]{_BETWEEN}{_POINTS}[ ]?°?[ ]?[NSEW])(?![A-Za-z0-9])", 0.8, needs="NSEW"),
    Rule("COORDINATES", rf"(?:坐标|经纬度?|定位|经度|纬度|GPS|位置|导航到?|(?<![A-Za-z])(?i:lat|lng|lon)(?i:itude|gitude)?)[点为在是：:＝=\s（(\"”“]{{0,4}}(?P<v>{_POINTS}°?(?:[ ]?[NSEW](?![A-Za-z]))?(?:{_BETWEEN}{_POINTS}°?(?:[ ]?[NSEW](?![A-Za-z]))?)?)", 0.8),
    Function("COORDINATES", spots),
    # Post.
    Rule("ZIP_CODE", rf"(?:邮(?:政)?编码?|邮码|邮区号?|邮政区号|(?<![A-Za-z])(?i:zip(?:[ ]?code)?|post[ ]?code|P\.C\.)){_BELOW}(?:/[A-Za-z]{{2,10}}[ \t]*[：:]?[ \t]*)?(?P<v>\d{{6}}){_RD}", 0.8),
    Rule("ZIP_CODE", r"邮(?:政)?编码?[ \t]*[：:][^\d\n]{2,20}[，, ](?P<v>\d{6})(?!\d)", 0.7),
    Rule("ZIP_CODE", r"邮递区号[ \t]*[是为：:]{0,2}[ \t]*(?:\r?\n[ \t]*)?(?P<v>\d{3}(?:\d{2,3})?)(?!\d)", 0.8),
    Rule("ZIP_CODE", r"(?<![\dA-Za-z.])(?P<v>\d{6})(?=(?:就)?是?\p{Han}{0,5}邮(?:政)?编)", 0.8),
    Rule("ZIP_CODE", r"(?<=[省市区县镇乡路街巷号楼室村][ \t，,]{1,2})(?P<v>[0-8]\d{5})(?=[\s，,。；;)）]|$)", 0.6),
)  # fmt: skip
"""Labelled identifiers."""

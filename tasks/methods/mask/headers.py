"""What a column's name says about what it holds. A name is a hint: what the cells hold decides where it can be told."""

from __future__ import annotations

import re

# ruff: noqa: E501 - one kind a line.
_WORDS: tuple[tuple[str, str], ...] = (
    ("EMAIL_ADDRESS", r"e mail|email|mail address|邮箱|电子邮件"),
    ("IP_ADDRESS", r"ip|ip addr(ess)?|ipv[46]"),
    ("MAC_ADDRESS", r"mac|mac addr(ess)?"),
    ("URL", r"url|website|web ?page|link|homepage|domain|网址"),
    ("USERNAME", r"user ?name|login|handle|screen name|nick ?name|微信|qq|用户名|昵称"),
    ("SECRET", r"pass ?word|passwd|secret|token|api key|密码|密钥"),
    ("US_SSN", r"ssn|social security( (number|no))?"),
    ("CN_RESIDENT_ID", r"身份证(号码|号)?|证件号码?"),
    ("CN_CREDIT_CODE", r"(统一社会)?信用代码"),
    ("TAX_ID", r"tax (id|number|no)|tin|itin|ein|vat (id|number|no)|纳税人识别号|税号"),
    ("PASSPORT", r"passport( (number|no|id))?|护照号?"),
    ("DRIVERS_LICENSE", r"driver s? ?licen[cs]e( (number|no))?|drivers licen[cs]e( (number|no))?|dl (number|no)"),
    ("LICENSE_PLATE", r"(licen[cs]e|number|vehicle)? ?plate( (number|no))?|车牌号?"),
    ("VEHICLE_ID", r"vin|vehicle id|chassis( (number|no))?"),
    ("DEVICE_ID", r"device id|serial( (number|no))?|imei|udid"),
    ("CREDIT_CARD", r"(credit|debit|payment|bank)? ?card( (number|no))?|pan|cc (number|no)|银行卡号?|信用卡号?"),
    ("IBAN_CODE", r"iban"),
    ("SWIFT_CODE", r"swift( code)?|bic"),
    ("ROUTING_NUMBER", r"routing( (number|no))?|aba( (number|no))?|sort code"),
    ("ACCOUNT_NUMBER", r"(bank )?(account|acct)( (number|no|id))?|账号|帐号|账户"),
    ("MEDICAL_RECORD_NUMBER", r"mrn|medical record( (number|no))?|chart (number|no)|病历号|住院号"),
    ("HEALTH_PLAN_NUMBER", r"(member|insurance|policy|subscriber|beneficiary) (number|no)|insurance id|medicare( (number|no|id))?|医保号|社保号"),
    ("UK_NHS", r"nhs( (number|no))?"),
    ("CASE_NUMBER", r"(case|ticket|claim|docket|reference|file|order|invoice) (number|no|id)|案号|工单号|受理号"),
    ("PHONE_NUMBER", r"(home|work|cell|mobile|day|evening)? ?(tele)?phone( (number|no))?\d?|tel|mobile( (number|no))?|cell|fax( (number|no))?|contact (number|no)|电话(号码)?|手机号?码?|联系方式"),
    ("ZIP_CODE", r"zip( ?code)?|zip4|post ?code|postal( code)?|邮编|邮政编码"),
    ("DATE_OF_BIRTH", r"dob|birth ?(date|day)|date of birth|born|出生(日期|年月)?|生日"),
    ("ADDRESS", r"(street|home|mailing|billing|shipping|postal|residential)? ?addr(ess)?( ?(line)? ?\d)?|street|住址|地址|家庭住址"),
    ("LOCATION", r"(home |birth )?(city|town|county|state|province|country|region|place)( of birth)?|place of birth|location|城市|省份?|籍贯|国家"),
    ("COORDINATES", r"lat(itude)?|lon(g|gitude)?|lng|gps|geo ?location|coordinates?"),
    ("AGE", r"age( (in|at) .*)?|patient age|年龄"),
    ("GENDER", r"gender|sex|性别"),
    ("NRP", r"nationality|religion|ethnicity|race|citizenship|political (party|affiliation)|民族|宗教|国籍"),
    ("TITLE", r"(job )?title|salutation|honorific|occupation|profession|职称|职务"),
    ("ORGANIZATION", r"company( name)?|employer( name)?|organi[sz]ation( name)?|hospital( name)?|bank name|school( name)?|单位|公司(名称)?"),
    ("PERSON", r"((full|first|last|middle|given|family|maiden|sur|legal|display) ?)?name|surname|(patient|customer|client|member|employee|user|contact|person|doctor|physician|nurse|owner|author|sender|recipient|holder|guardian|applicant|student|provider|emergency contact)( ?(full|first|last))?( ?name)?|姓名|客户(姓名)?|患者(姓名)?|联系人|户名"),
    ("INCOME", r"(annual |monthly |household )?(income|salary|wages?|earnings)|工资|收入"),
    ("AMOUNT", r"(total |net |gross |loan |claim )?(amount|price|cost|balance|total|payment|charge|fee)( usd| eur)?|金额|余额|价格"),
    ("DATE", r".*\bdate|date\b.*|.* (at|on)|timestamp|time|日期|时间|.*日期"),
    ("COUNT", r"(number|no|num) of .*|.* count|count|qty|quantity|数量"),
)  # fmt: skip

_PERSON_ID = re.compile(
    r"(patient|customer|client|person|people|user|member|subject|employee|student|citizen|resident|applicant|claimant"
    r"|household|individual|participant|respondent|case ?worker|taxpayer|account holder|insured)s? ?(id|key|uuid|guid|no"
    r"|number|nr|code|ref)|(pid|uid|unit id|患者编号|客户编号|客户号|人员编号|用户编号|参保编号)"
)
_LABEL = re.compile(r"(.+ )?(label|class)|target|outcome|category|y|score|rating|sentiment|intent|标签|类别|分类")

HINTS = tuple((kind, re.compile(pattern)) for kind, pattern in _WORDS)


def plain_name(name: str) -> str:
    """A column's name as words: ``patientFirstName``, ``PATIENT_FIRST-NAME`` -> ``patient first name``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.findall(r"\w+", parted.replace("_", " "))).casefold()


def kind_of_name(name: str) -> str:
    """The kind that a column's name suggests; empty where it suggests none.

    >>> kind_of_name("homePhone"), kind_of_name("file_name"), kind_of_name("Date of birth")
    ('PHONE_NUMBER', '', 'DATE_OF_BIRTH')
    """
    words = plain_name(name)
    return next((kind for kind, pattern in HINTS if pattern.fullmatch(words)), "")


def names_a_person(name: str) -> bool:
    """Whether the name is that of a person's key, such as ``patient_id``."""
    return _PERSON_ID.fullmatch(plain_name(name)) is not None


def names_a_label(name: str) -> bool:
    """Whether the name is that of what a model learns to say."""
    return _LABEL.fullmatch(plain_name(name)) is not None


def looks_like_a_row(names: list[str]) -> bool:
    """Whether a header is a row of values: then its names must not be shown.

    >>> looks_like_a_row(["id", "note"]), looks_like_a_row(["1", "ann@example.org"])
    (False, True)
    """
    return any("@" in name or sum(c.isdecimal() for c in name) >= 5 or not name.strip() for name in names) or (
        any(re.fullmatch(r"[\d.,/:+\- ]+", name) for name in names)
    )

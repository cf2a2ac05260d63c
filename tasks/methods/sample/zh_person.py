"""A Chinese person of the samples, made from a key and an ordinal alone, and the slots that speak of them."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from tasks.methods.sample import dates, numbers, zh_names, zh_numbers, zh_places
from tasks.methods.sample.grammar import Piece, Slots
from tasks.methods.sample.stream import stream
from tasks.methods.sample.zh_names import ZhName

JOBS = (
    "小学教师;货车司机;外卖骑手;会计;程序员;护士;电工;厨师;保安;建筑工人;销售员;公交司机;退休工人;个体户;快递员;纺织女工;"
    "裁缝;机修工;超市收银员;农民;公务员;理发师;仓库管理员;车间主任;客服专员;律师助理;测量员;家政服务员;药店营业员;网约车司机"
).split(";")
_TRADES = "科技有限公司;贸易有限公司;建筑工程有限公司;食品有限公司;物流有限公司;纺织厂;机械制造有限公司;餐饮管理有限公司;电子股份有限公司;装饰工程有限公司;服装厂;印务有限公司".split(
    ";"
)
_BRANDS = "宏远 恒达 鑫源 瑞丰 华腾 盛泰 中联 博雅 永兴 天成 金盛 启明 德润 海川 万和 同创 佳禾 润泽 凌云 长信 嘉禾 星海 东晟 百川".split()
_BANKS = "城市商业银行 农村信用社 村镇银行 农商银行".split()
_HOSPITALS = "第一人民医院 第二人民医院 中医院 妇幼保健院 中心医院 社区卫生服务中心 第三医院 骨科医院".split()
_RELATIONS = (
    ("妻子", "f", -5, 5), ("丈夫", "m", -5, 5), ("母亲", "f", 21, 36), ("父亲", "m", 21, 38), ("女儿", "f", -36, -20),
    ("儿子", "m", -36, -20), ("姐姐", "f", 1, 10), ("弟弟", "m", -10, -1), ("表妹", "f", -10, 0), ("同事", "m", -12, 12),
    ("邻居", "f", -15, 15), ("叔叔", "m", 10, 30),
)  # fmt: skip
_ROMAN = "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo xiaoyu lele dabao feng yun".split()


@dataclass(frozen=True)
class ZhPerson:
    """Everything about a person that stays the same over the records."""

    ordinal: int
    id: str
    name: ZhName
    born: datetime.date
    resident_id: str
    phone: str
    email: str
    user: str
    home: zh_places.ZhAddress
    former: zh_places.ZhAddress
    mrn: str
    account: str
    card: str
    employer: str
    credit_code: str
    job: str
    doctor: ZhName
    hospital: str
    bank: str
    plate: str
    income: float
    dependants: int
    relatives: tuple[tuple[str, ZhName, datetime.date, str], ...]


def company(rng: random.Random, where: zh_places.District) -> str:
    """An invented company of that city."""
    return f"{rng.choice((zh_places.short_city(where), '', where.city))}{rng.choice(_BRANDS)}{rng.choice(_TRADES)}"


def hospital(rng: random.Random, where: zh_places.District) -> str:
    """A hospital of that city or district."""
    return rng.choice((where.city, where.district, zh_places.short_city(where))) + rng.choice(_HOSPITALS)


def make(key: str, ordinal: int) -> ZhPerson:
    """The person of that ordinal in the sample that ``key`` names."""
    rng = stream(key, "person", ordinal)
    name = zh_names.draw(rng)
    born = dates.birthday(rng, 19, 88)
    home = zh_places.address(rng)
    origin = home.where if rng.random() < 0.6 else rng.choice(zh_places.DISTRICTS)
    user = _user(rng)
    relatives = tuple(_relative(rng, name, born) for _ in range(3))
    return ZhPerson(
        ordinal=ordinal,
        id=f"P{stream(key, 'id', ordinal).getrandbits(28) % 10**7:07d}{ordinal % 1000:03d}",
        name=name,
        born=born,
        resident_id=zh_numbers.resident_id(rng, origin.code, born, name.gender),
        phone=zh_numbers.mobile(rng),
        email=f"{user}@{rng.choice(('example.com', 'mail.example.com', 'mail.example.org', 'example.net'))}",
        user=user,
        home=home,
        former=zh_places.address(rng),
        mrn=rng.choice(("", "ZY", "MZ", "00")) + numbers.digits(rng, rng.choice((7, 8, 10))),
        account=str(rng.randint(1, 9)) + numbers.digits(rng, rng.choice((11, 13, 15))),
        card=zh_numbers.union_card(rng),
        employer=company(rng, home.where),
        credit_code=zh_numbers.credit_code(rng, home.where.code),
        job=rng.choice(JOBS),
        doctor=zh_names.draw(rng),
        hospital=hospital(rng, home.where),
        bank=zh_places.short_city(home.where) + rng.choice(_BANKS),
        plate=zh_numbers.plate(rng, home.where.plate),
        income=float(round(rng.lognormvariate(11.3, 0.6), -2)),
        dependants=rng.choices((0, 1, 2, 3, 4), (30, 34, 24, 9, 3))[0],
        relatives=relatives,
    )


def _user(rng: random.Random) -> str:
    return (
        rng.choice(_ROMAN)
        + rng.choice(("", "_", "."))
        + rng.choice(_ROMAN)
        + str(rng.choice((rng.randint(1, 999), rng.randint(1960, 2006))))
    )


def _relative(rng: random.Random, name: ZhName, born: datetime.date) -> tuple[str, ZhName, datetime.date, str]:
    fitting = [r for r in _RELATIONS if not (r[2] < -15 and born.year > 1975) and not (r[2] > 9 and born.year < 1955)]
    relation, gender, low, high = rng.choice(fitting)
    same = relation in ("女儿", "儿子", "姐姐", "弟弟", "叔叔", "父亲")
    day = min(dates.near(rng, born, -high * 365, -low * 365), datetime.date(2006, 5, 1))
    return relation, zh_names.draw(rng, gender, name.family if same else ""), day, zh_numbers.mobile(rng)


def slots(person: ZhPerson, day: datetime.date, rng: random.Random) -> Slots:
    """What templates may say about ``person`` in a document of ``day``; dates keep one style in it."""
    name, where = person.name, person.home.where
    style = rng.choice(dates.ZH_STYLES)
    relation, relname, relborn, relphone = rng.choice(person.relatives)
    clerk, colleague, other = (zh_names.draw(rng) for _ in range(3))
    elsewhere = rng.choice(zh_places.DISTRICTS)
    title = "女士" if name.gender == "f" else "先生"

    def on(d: datetime.date, entity: str = "DATE") -> Piece:
        return Piece(dates.written(d, style), entity)

    def who(n: ZhName) -> Piece:
        return Piece(n.full, "PERSON")

    def call(n: ZhName, after: str) -> tuple[Piece, Piece]:
        return Piece(n.calling, "PERSON"), Piece(after)

    return {
        "name": who(name),
        "formal": call(name, title),
        "familiar": Piece(zh_names.address(rng, name), "PERSON"),
        "he": "她" if name.gender == "f" else "他",
        "sex": "女" if name.gender == "f" else "男",
        "dob": lambda r: on(person.born, "DATE_OF_BIRTH"),
        "age": Piece(str(dates.age(person.born, day)), "AGE"),
        "id": Piece(person.resident_id, "CN_RESIDENT_ID"),
        "phone": lambda r: Piece(zh_numbers.mobile_written(r, person.phone), "PHONE_NUMBER"),
        "landline": lambda r: Piece(zh_numbers.landline(r, where.area), "PHONE_NUMBER"),
        "email": Piece(person.email, "EMAIL_ADDRESS"),
        "user": Piece(person.user, "USERNAME"),
        "address": lambda r: Piece(zh_places.address_written(r, person.home), "ADDRESS"),
        "oldaddress": lambda r: Piece(zh_places.address_written(r, person.former), "ADDRESS"),
        "city": Piece(where.city, "LOCATION"),
        "othercity": Piece(rng.choice((elsewhere.city, zh_places.short_city(elsewhere))), "LOCATION"),
        "province": Piece(elsewhere.province or elsewhere.city, "LOCATION"),
        "zip": Piece(where.postcode + f"{rng.randint(1, 99):02d}", "ZIP_CODE"),
        "mrn": Piece(person.mrn, "MEDICAL_RECORD_NUMBER"),
        "account": Piece(person.account, "ACCOUNT_NUMBER"),
        "card": lambda r: Piece(zh_numbers.card_written(r, person.card), "CREDIT_CARD"),
        "othercard": lambda r: Piece(zh_numbers.card_written(r, zh_numbers.union_card(r)), "CREDIT_CARD"),
        "code": Piece(person.credit_code, "CN_CREDIT_CODE"),
        "othercode": lambda r: Piece(zh_numbers.credit_code(r, elsewhere.code), "CN_CREDIT_CODE"),
        "plate": Piece(person.plate, "LICENSE_PLATE"),
        "passport": lambda r: Piece(zh_numbers.passport(r), "PASSPORT"),
        "ip": lambda r: Piece(numbers.ip(r), "IP_ADDRESS"),
        "url": lambda r: Piece(f"https://{r.choice(('www', 'm', 'pay'))}.example.com/{r.randint(100, 99999)}", "URL"),
        "employer": Piece(person.employer, "ORGANIZATION"),
        "company": lambda r: Piece(company(r, r.choice(zh_places.DISTRICTS)), "ORGANIZATION"),
        "hospital": Piece(person.hospital, "ORGANIZATION"),
        "otherhospital": lambda r: Piece(hospital(r, elsewhere), "ORGANIZATION"),
        "bank": Piece(person.bank, "ORGANIZATION"),
        "job": person.job,
        "doctor": who(person.doctor),
        "dr": call(person.doctor, "医生"),
        "director": call(colleague, "主任"),
        "clerk": who(clerk),
        "clerkcall": call(clerk, rng.choice(("经理", "女士", "先生", "师傅", "老师"))),
        "stranger": who(other),
        "rel": relation,
        "relname": who(relname),
        "relage": Piece(str(max(dates.age(relborn, day), 0)), "AGE"),
        "relphone": lambda r: Piece(zh_numbers.mobile_written(r, relphone), "PHONE_NUMBER"),
        "today": on(day),
        "past": lambda r: on(dates.near(r, day, -120, -3)),
        "recent": lambda r: on(dates.near(r, day, -14, -1)),
        "longago": lambda r: on(dates.near(r, day, -2400, -400)),
        "future": lambda r: on(dates.near(r, day, 4, 90)),
        "month": lambda r: Piece(
            dates.written(dates.near(r, day, -1500, -40), "年月日").partition("月")[0] + "月", "DATE"
        ),
        "ticket": Piece(f"{rng.choice(('TS', 'GD', 'SL'))}{rng.randint(100000, 9999999)}"),
    }

"""Chinese files of social insurance offices, welfare offices and tax authorities."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from tasks.methods.sample import dates, government, numbers
from tasks.methods.sample.grammar import Deck, Doc, Piece, Slots
from tasks.methods.sample.record import Column
from tasks.methods.sample.stream import stream
from tasks.methods.sample.zh_finance import yuan
from tasks.methods.sample.zh_person import ZhPerson, slots
from tasks.methods.sample.zh_programs import PROGRAMS

COLUMNS = tuple(
    Column("national_id", "structured", "CN_RESIDENT_ID", required=True) if c.name == "national_id" else c
    for c in government.COLUMNS
)
_WORDS = {
    "approved": ("予以批准", "准予办理", "审核通过", "同意"),
    "denied": ("不予批准", "不予受理", "审核不通过", "予以驳回"),
    "pending": ("暂缓办理", "待补正", "中止审核", "继续核查"),
}
_HEADERS = (
    ("申请人：{name}　性别：{sex}　出生日期：{dob}", "公民身份号码：{id}", "联系电话：{phone}", "住址：{address}"),
    ("姓名:{name} 身份证:{id}", "手机:{phone} 邮箱:{email}", "现住址:{address} 邮编:{zip}"),
    (
        "【姓名】{name}（{age}岁）【证件号】{id}",
        "【工作单位】{employer}【年收入】{income}",
        "【地址】{address}【电话】{phone}",
    ),
    ("纳税人/参保人：{name}，识别号{id}", "抚养赡养人数：{dependants}，电话{phone}", "通讯地址：{address}"),
)
_ENDERS = (
    "如有异议，可于{future}前申请复核。",
    "已电话告知{formal}，号码{phone}。",
    "通知书邮寄至{address}。",
    "咨询电话{landline}，联系人{clerk}。",
    "短信已发送。",
    "{rel}{relname}代为签收。",
    "材料归档，经办{clerk}。",
    "结果可登录{url}查询。",
    "电子回执发至{email}。",
)


def _file(doc: Doc, rng: random.Random) -> None:
    doc.line("{matter}[审批表|受理登记表|办理情况|]　[编号{ticket}|]", *rng.choice(_HEADERS))
    doc.line(
        "基本情况：{fact}{fact}{fact}",
        "核查情况：{check}{check}",
        "办理意见：{today}，因{reason}，{decided}。{need}{ender}",
    )


def _notice(doc: Doc, rng: random.Random) -> None:
    doc.line("{matter}[告知书|通知书|决定书]", "{name}（{id}）：", "你于{recent}提交的{matter}申请收悉。{fact}{fact}")
    doc.line(
        "经审查，{check}{check}{reason}，根据有关规定，{decided}。{need}{ender}",
        "[{city}人力资源和社会保障局|{city}政务服务中心|办理窗口电话{landline}]",
        "{today}",
    )


def _visit(doc: Doc, rng: random.Random) -> None:
    doc.line("[入户调查记录|谈话笔录|约谈记录]", "时间：{today}　地点：{address}　调查人：{clerk}、{stranger}")
    doc.line("被调查人：{name}，{sex}，{dob}出生，身份证号{id}，电话{phone}。")
    doc.line(
        "问：请说明你办理{matter}的情况。",
        "答：我叫{name}，今年{age}岁。{first}[家里还有{rel}{relname}，{relage}岁。|原来住在{oldaddress}。]",
    )
    doc.line(
        "问：还有补充吗？",
        "答：[有，{rel}的电话是{relphone}。|没有了。|材料都交给{clerkcall}了。]",
        "记录：{fact}{check}{check}拟{decided}，理由：{reason}。{need}",
    )


def _hotline(doc: Doc, rng: random.Random) -> None:
    doc.line("12345工单 {ticket}　来电人：{formal}　来电号码：{phone}　{today}")
    doc.line(
        "诉求：市民{name}来电咨询{matter}进度，称身份证号{id}，住{address}。{fact}{fact}[情绪激动。|要求尽快回复。|希望{future}前解决。]"
    )
    doc.line(
        "承办单位答复：{check}{check}目前因{reason}，{decided}。{need}已由{clerk}回电说明，[表示理解|表示不满意|未接通，改拨{rel}电话{relphone}]。{ender}"
    )


def _memo(doc: Doc, rng: random.Random) -> None:
    doc.line(
        "内部签报　{today}　拟稿：{clerk}", "关于{name}（身份证{id}，{employer}）{matter}事项", "{fact}{fact}{fact}"
    )
    doc.say("{check}{check}", "鉴于{reason}，建议{decided}。{need}{ender}")


_LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (_file, _file, _notice, _visit, _hotline, _memo)


def compose(person: ZhPerson, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the person's file entry number ``visit``.

    Returns:
        The fields without ``id`` and ``text``, and the document.
    """
    own = stream("programs", person.resident_id)
    first = dates.between(own, datetime.date(2019, 3, 1), datetime.date(2024, 2, 1))
    day = first + datetime.timedelta(days=83 * visit + rng.randint(0, 70))
    fitting = [p for p in PROGRAMS if p.head[0] != "养老保险待遇领取" or dates.age(person.born, day) >= 50]
    program = rng.choice(own.sample(fitting, 2) if rng.random() < 0.7 else fitting)
    decision = rng.choices(tuple(government.DECISIONS), (46, 30, 24))[0]
    fact = Deck(program.parts["FACT"])
    spent = numbers.money(rng, 3000, 90000)
    about: Slots = {
        "matter": program.head[0],
        "amount": Piece(yuan(rng, person.income if program.head[1] == "tax" else spent)),
        "monthly": Piece(f"{person.income / 12:.0f}元"),
        "income": Piece(f"{person.income:.0f}元"),
        "dependants": str(person.dependants),
        "size": str(person.dependants + 2),
        "decided": lambda r: r.choice(_WORDS[decision]),
        "reason": Deck(program.parts[government.DECISIONS[decision]]),
        "first": fact,
        "fact": fact,
        "check": Deck(program.parts["CHECK"]),
        "need": Deck(program.parts["NEED"]),
        "ender": Deck(_ENDERS),
    }
    doc = Doc(rng, slots(person, day, rng) | about, joiner="")
    rng.choice(_LAYOUTS)(doc, rng)
    if rng.random() < 0.8:
        doc.line("[备注|办理过程|补充核实]：{fact}{fact}{check}{need}{ender}")
    fields: dict[str, object] = {
        "person_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "national_id": person.resident_id,
        "phone": person.phone,
        "email": person.email,
        "address": person.home.line,
        "income": person.income,
        "dependants": person.dependants,
        "decision": decision,
    }
    return fields, doc

"""Chinese hospital notes: outpatient and admission records, discharge summaries, nursing and telephone notes."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from tasks.methods.sample import dates, numbers
from tasks.methods.sample.grammar import Deck, Doc, Slots
from tasks.methods.sample.stream import stream
from tasks.methods.sample.zh_conditions import CONDITIONS
from tasks.methods.sample.zh_person import ZhPerson, slots

_HEADERS = (
    (
        "姓名：{name}  性别：{sex}  年龄：{age}岁",
        "出生日期：{dob}  病历号：{mrn}",
        "身份证号：{id}",
        "电话：{phone}",
        "住址：{address}",
    ),
    ("患者姓名:{name} 性别:{sex} 出生:{dob}", "门诊号:{mrn} 联系电话:{phone}", "家庭地址:{address}"),
    (
        "【患者】{name}，{sex}，{age}岁",
        "【住院号】{mrn}",
        "【证件】居民身份证{id}",
        "【住址】{address}",
        "【手机】{phone}",
    ),
    (
        "{name}/{sex}/{age}岁/病案号{mrn}",
        "生日{dob}，职业{job}，单位{employer}",
        "联系方式{phone}，邮箱{email}",
        "现住{address}",
    ),
)
_EXTRAS = (
    "联系人：{relname}（{rel}），电话{relphone}", "工作单位：{employer}", "邮编：{zip}", "医保账号：{account}", "电子邮箱：{email}",
    "籍贯：{province}", "微信号：{user}", "原住址：{oldaddress}", "科室电话：{landline}", "预约网址：{url}",
)  # fmt: skip
_SOCIAL = (
    "患者系{job}，就职于{employer}。",
    "与{rel}{relname}（{relage}岁）同住。",
    "{he}于{month}由{othercity}迁至{city}。",
    "既往在{otherhospital}随诊。",
    "否认药物过敏史。",
    "否认肝炎结核病史。",
    "如有变化可联系{rel}{relname}，电话{relphone}。",
    "报告发送至{email}。",
    "青霉素过敏。",
    "吸烟史{#5-30}年，偶饮酒。",
    "上次就诊时间为{longago}，由{director}接诊。",
)
_CLOSERS = (
    "{future}门诊复诊。",
    "不适随诊。",
    "已向{rel}{relname}交代病情，其表示理解。",
    "复诊请提前致电{landline}预约。",
    "建议转{otherhospital}进一步诊治。",
    "检查结果将短信发送至{phone}。",
    "请{director}会诊。",
)
_SIGNERS = (
    "医师签名：{doctor}",
    "主治医师：{doctor}  {today}",
    "记录者：{clerk}",
    "{hospital}  {doctor}",
    "审核：{director}，{today}",
    "护士：{clerk}",
)


def _header(doc: Doc, rng: random.Random) -> None:
    doc.line(*rng.choice(_HEADERS))
    for extra in rng.sample(_EXTRAS, rng.choice((0, 0, 1, 2))):
        doc.line(extra)
    doc.line("[就诊日期|就诊时间|日期]：{today}[  科室：{dept}|]")


def _outpatient(doc: Doc, rng: random.Random) -> None:
    doc.line("{hospital}[门诊病历|{dept}门诊病历|]")
    _header(doc, rng)
    doc.line(
        "主诉：{sign}{ago}。",
        "现病史：患者{ago}[无明显诱因|劳累后|受凉后]出现{sign}，伴{sign}，[无{othersign}|时轻时重]。{hist}",
    )
    doc.line(
        "既往史：{social}{social}",
        "查体：{exam}，{exam}。",
        "辅助检查：{test}；{test}。",
        "诊断：{condition}",
        "处理：1. {med}；2. {med}；3. {plan}。",
    )
    doc.maybe(0.6, "{closer}")


def _admission(doc: Doc, rng: random.Random) -> None:
    doc.line("入院记录")
    _header(doc, rng)
    doc.line(
        "患者{name}，{sex}，{age}岁，{job}，因“{sign}{ago}”于{today}[步行|轮椅推送|由急诊平车]入住{hospital}{dept}。病史由[本人|{rel}{relname}]提供。"
    )
    doc.say("{hist}{hist}伴{sign}，无{othersign}、{othersign}。", "{social}{social}")
    doc.line("体格检查：{exam}；{exam}；{exam}。{test}，{test}。")
    doc.line("初步诊断：{condition}。", "诊疗计划：[完善相关检查，|请上级医师查房，|]予{med}，{med}；{plan}。")


def _discharge(doc: Doc, rng: random.Random) -> None:
    doc.line("出院小结")
    _header(doc, rng)
    doc.line("入院日期{recent}，出院日期{today}。[主管医师|管床医生]{doctor}。")
    doc.line("入院情况：{sign}、{sign}{ago}。{hist}查体：{exam}。{test}。")
    doc.line("诊疗经过：入院后予{med}、{med}等治疗，{formal}症状[明显好转|较前缓解|基本消失]。{social}")
    doc.line("出院诊断：{condition}", "出院医嘱：{plan}；{plan}；{plan}。{closer}")


def _phone(doc: Doc, rng: random.Random) -> None:
    doc.line("电话随访记录　{today}　随访人：{clerk}")
    doc.line(
        "随访对象：{name}（病历号{mrn}，{dob}出生），拨打{phone}，[本人接听|{rel}{relname}接听|无人接听，改拨{relphone}]。"
    )
    doc.say("{formal}诉近来{sign}，偶有{sign}，{hist}目前服用{med}，[服药规律|有漏服|自行减量]。", "{social}{social}")
    doc.say(
        "诊断{condition}。嘱其{plan}，{plan}。",
        "[核对地址为{address}。|已更新邮箱{email}。|家属要求寄送报告至{address}，邮编{zip}。]",
        "{closer}",
    )


def _nursing(doc: Doc, rng: random.Random) -> None:
    doc.line("护理记录单  {dept}  {today}")
    doc.line("{name}  {sex}  {age}岁  住院号{mrn}  [{rel}{relname}陪护，手机{relphone}|无陪护]  诊断：{condition}")
    doc.line(
        "08:00 患者诉{sign}，{exam}，通知{dr}。",
        "10:30 遵医嘱予{med}，无不良反应。{hist}",
        "14:00 {test}回报，{doctor}已查看。",
    )
    doc.line("16:20 {sign}[减轻|无明显变化]。健康宣教：{plan}，{plan}。{familiar}[表示明白|情绪稳定]。{social}")
    doc.line("[身份核对：{id}，{phone}，{address}。|交班：{clerk}。{closer}]")


def _online(doc: Doc, rng: random.Random) -> None:
    doc.line("互联网医院图文问诊  用户{user}  {today}")
    doc.line(
        "患者：{dr}您好，我叫{name}，{age}岁，身份证{id}，手机{phone}。{ago}开始{sign}，还有{sign}，[很担心|影响上班|睡不好]。{hist}"
    )
    doc.line("医生：您好，[做过检查吗|有检查报告吗]？", "患者：在{otherhospital}查过，{test}，{test}。现在吃{med}。")
    doc.line(
        "医生：考虑{condition}。建议{plan}，{plan}，必要时{med}。{closer}",
        "患者：好的，药请寄到{address}，[收件人{relname}，{relphone}|电话不变]。谢谢{dr}！",
    )


_LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (
    _outpatient, _outpatient, _outpatient, _admission, _admission, _discharge, _phone, _nursing, _online,
)  # fmt: skip


def compose(person: ZhPerson, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the note of that visit; the same contract as :func:`tasks.methods.sample.healthcare.compose`."""
    first = dates.between(
        stream("first visit", person.resident_id), datetime.date(2019, 1, 7), datetime.date(2024, 2, 28)
    )
    day = first + datetime.timedelta(days=97 * visit + rng.randint(0, 80))
    age = min(dates.age(person.born, day), 88)
    suited = [c for c in CONDITIONS if int(c.head[3].split("-")[0]) <= age <= int(c.head[3].split("-")[1])]
    own = stream("chronic", person.resident_id).sample(suited, min(2, len(suited)))
    condition = rng.choice(own if rng.random() < 0.65 else suited)
    names = condition.head[0].split("/")
    about: Slots = {
        "condition": lambda r: r.choice(names),
        "dept": condition.head[2],
        "side": rng.choice("左右"),
        "ago": rng.choice(("{#2-9}天", "{#1-5}周", "{#2-11}个月", "{#1-8}年余", "半月余", "三日")),
        "othersign": Deck([s for c in CONDITIONS if c.head[1] != condition.head[1] for s in c.parts["SIGN"][1:2]]),
        "social": Deck(_SOCIAL),
        "closer": Deck(_CLOSERS),
        **{w.lower(): Deck(condition.parts[w]) for w in ("SIGN", "HIST", "EXAM", "TEST", "MED", "PLAN")},
    }
    doc = Doc(rng, slots(person, day, rng) | about, joiner="")
    rng.choice(_LAYOUTS)(doc, rng)
    if rng.random() < 0.5:
        doc.line("[补充|病程记录|上级医师查房意见]：{hist}{social}{test}，{exam}。{director}指出：[目前诊断明确|需警惕病情变化|治疗有效]，"
                 "继续{med}，注意{plan}。{closer}")  # fmt: skip
    if rng.random() < 0.8:
        doc.line(rng.choice(_SIGNERS))
    fields: dict[str, object] = {
        "patient_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "mrn": person.mrn,
        "phone": person.phone,
        "email": person.email,
        "address": person.home.line,
        "visit_date": day.isoformat(),
        "charge": numbers.money(rng, 30, 30000),
        "diagnosis_group": condition.head[1],
    }
    return fields, doc

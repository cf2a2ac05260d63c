"""Chinese complaints to a bank or insurer, call notes, replies and payment orders."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from tasks.methods.sample import dates, numbers
from tasks.methods.sample.grammar import Deck, Doc, Piece, Slots
from tasks.methods.sample.stream import stream
from tasks.methods.sample.zh_issues import ISSUES
from tasks.methods.sample.zh_person import ZhPerson, slots

_OPENERS = (
    "我要投诉{bank}，事由：{issue}。",
    "您好，我叫{name}，家住{address}。",
    "本人{name}，身份证号{id}，现就{issue}一事反映如下。",
    "我是{bank}的老客户，开户多年，没想到遇到{issue}。",
    "我在{employer}做{job}，今年{age}岁，遇到{issue}，求助无门。",
    "我替{rel}{relname}（{relage}岁）投诉，老人不会上网。",
)
_ENDERS = (
    "联系电话：{phone}。",
    "请回复至邮箱{email}。",
    "材料可寄{address}，邮编{zip}。",
    "如联系不上我，请打{rel}{relname}的电话{relphone}。",
    "希望{future}前给我答复。",
    "否则我将向监管部门投诉。",
    "谢谢。",
    "相关截图已上传至{url}。",
    "家里座机{landline}，白天有人。",
)
_PROOF = (
    "我的账号是{account}。",
    "卡号{card}。",
    "证件号码{id}。",
    "出生日期{dob}。",
    "网银用户名{user}。",
    "护照号{passport}。",
)


def _web(doc: Doc, rng: random.Random) -> None:
    doc.some(_OPENERS, 1, 2)
    doc.say(
        "{story}{story}{story}",
        "{call}{call}",
        "{loss}{loss}",
        rng.choice(_PROOF),
        "[我的诉求：|请贵行|要求：]{ask}；{ask}。",
    )
    doc.some(_ENDERS, 1, 3)


def _ticket(doc: Doc, rng: random.Random) -> None:
    doc.line(
        "工单号：{ticket}　受理时间：{today}　受理人：{clerk}",
        "客户姓名：{name}　性别：{sex}　证件：{id}",
        "联系电话：{phone}　账号/卡号：[{account}|{card}]",
    )
    doc.line("[常用地址：{address}|出生日期：{dob}|单位：{employer}]　产品：{product}")
    doc.line("投诉内容：客户反映{issue}。“{story}{story}”客户称：“{call}{loss}”要求{ask}，并{ask}。")
    doc.line(
        "核查情况：{found}；{found}。",
        "处理结果：{fix}{fix}[客户表示认可。|客户不满意，要求升级。|已回访{phone}，无人接听。|由{clerkcall}跟进。]",
    )


def _letter(doc: Doc, rng: random.Random) -> None:
    doc.line("投诉信", "{bank}[客户服务部|消费者权益保护部|行长室]：")
    doc.line("{opener}{story}{story}", "{call}{story}{loss}", "为此要求：一、{ask}；二、{ask}。{proof}{ender}{ender}")
    doc.line("投诉人：{name}", "[住址：{address}|身份证：{id}]", "{today}")


def _reply(doc: Doc, rng: random.Random) -> None:
    doc.line("关于{issue}投诉的答复", "{name}[先生|女士|客户]：" if rng.random() < 0.2 else "{formal}：")
    doc.line(
        "您于{recent}通过[电话{phone}|邮箱{email}|信函]反映的问题（编号{ticket}）收悉。您反映：{story}{story}{call}"
    )
    doc.line(
        "经调查，{found}，{found}。{fix}款项如有退回，将进入您名下账户{account}。您提出的“{ask}”等要求，我行已作记录。"
    )
    doc.line("如有疑问，请联系{clerk}，电话{landline}。书面材料已按您预留地址{address}寄出。", "{bank}", "{today}")


def _chat(doc: Doc, rng: random.Random) -> None:
    doc.line("在线客服会话 {ticket} {today} 访客{user} IP{ip}")
    doc.line(
        "客服：您好，请提供姓名和证件号。",
        "客户：{name}，{id}",
        "客服：请问遇到什么问题？",
        "客户：{story}{story}{loss}",
    )
    doc.line(
        "客服：{formal}，系统显示{found}。请问预留手机是{phone}吗？",
        "客户：[是的|对|换了，现在用{relphone}]。{call}我要求{ask}，还要{ask}",
    )
    doc.line("客服：{fix}[还有其他可以帮您的吗？|请注意查收短信。]", "客户：[行吧|不满意|好的谢谢]，{ender}")


def _order(doc: Doc, rng: random.Random) -> None:
    doc.line(
        "[境内汇款申请书|转账业务凭证|大额转账登记]　编号{ticket}",
        "汇款人：{name}　证件号码：{id}　电话：{phone}",
        "汇款人地址：{address}",
    )
    doc.line(
        "付款账号：[{account}|{card}]　开户行：{bank}",
        "收款人：[{relname}|{stranger}|{company}（统一社会信用代码{othercode}）]　收款账号：{othercard}",
    )
    doc.line("金额：{amount}　日期：{today}　附言：[货款|学费|购房定金|购车款，车牌{plate}|生活费|装修工程款]")
    doc.line(
        "柜面核实：经办{clerk}询问{formal}汇款用途，客户称[与收款人系朋友|是{rel}需要用钱|为{employer}支付货款]。已提示电信诈骗风险。"
    )
    doc.line(
        "回访：拨打{phone}，[本人确认|{rel}{relname}代接]。[复核人：{stranger}。|客户曾于{past}办理同类业务。|{found}，经主管审批放行。]{story}{fix}"
    )


_LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (
    _web,
    _web,
    _web,
    _ticket,
    _ticket,
    _letter,
    _reply,
    _chat,
)


def compose(person: ZhPerson, visit: int, rng: random.Random) -> tuple[dict[str, object], Doc]:
    """Write the person's complaint, note or order number ``visit``.

    Returns:
        The fields without ``id`` and ``text``, and the document.
    """
    first = dates.between(
        stream("first case", person.resident_id), datetime.date(2019, 2, 1), datetime.date(2024, 3, 30)
    )
    day = first + datetime.timedelta(days=61 * visit + rng.randint(0, 50))
    order = rng.random() < 0.12
    own = stream("issue", person.resident_id).choice(ISSUES)
    pool = [b for b in ISSUES if b.head[0] == ("转账汇款" if order else own.head[0])]
    block = rng.choice(pool if order or rng.random() < 0.5 else ISSUES)
    amount = numbers.money(rng, 80, 90000)
    issues = block.head[1].split("/")
    about: Slots = {
        "product": block.head[0],
        "issue": lambda r: r.choice(issues),
        "amount": lambda r: Piece(yuan(r, amount)),
        "opener": Deck(_OPENERS),
        "ender": Deck(_ENDERS),
        "proof": Deck(_PROOF),
        **{w.lower(): Deck(block.parts[w]) for w in ("STORY", "CALL", "LOSS", "ASK", "FOUND", "FIX")},
    }
    doc = Doc(rng, slots(person, day, rng) | about, joiner="")
    (_order if order else rng.choice(_LAYOUTS))(doc, rng)
    if rng.random() < 0.55:
        doc.line(
            "[补充说明|后续|另]：{today}[我再次来电|客户补充]，{story}{call}{loss}{proof}[目前状态：{found}。|]{ender}"
        )
    fields: dict[str, object] = {
        "customer_id": person.id,
        "name": person.name.full,
        "birth_date": person.born.isoformat(),
        "phone": person.phone,
        "email": person.email,
        "address": person.home.line,
        "account_number": person.account,
        "income": person.income,
        "amount": amount,
        "product": block.head[0],
    }
    return fields, doc


def yuan(rng: random.Random, amount: float) -> str:
    """An amount in yuan as running text has it."""
    forms = (f"{amount:.2f}元", f"{amount:,.2f}元", f"人民币{amount:.2f}元", f"￥{amount:,.2f}")
    return rng.choice((*forms, f"{amount / 10000:.2f}万元")) if amount > 20000 else rng.choice(forms)

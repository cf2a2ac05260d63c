"""The gate's rules for sentences, the kinds they cover, and that the masker looks in no such way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.policies import load_policy
from tasks.methods.gate import checks, rampart
from tasks.methods.gate.finding import Finding
from tasks.methods.gate.registry import NAMES, check_names, identities
from tasks.methods.gate.rules import default_rules, prose_rules
from tasks.methods.gate.vocabulary import is_word, unknown_words

PROSE, FORMS = prose_rules(), default_rules()
GATE = Path(rampart.__file__).parent

LEAKS = [
    ("TITLE", "We spoke to ", "Mrs.", " <PERSON> on Monday."),
    ("TITLE", "Ask ", "Professor", " Adeyemi about it."),
    ("TITLE", "as prof. told ", "ms", " <PERSON> yesterday"),
    ("TITLE", "For ten years she was employed as a ", "dental hygienist", " in town."),
    ("TITLE", "He works nights as ", "Forklift Operator", ", which is hard on him."),
    ("TITLE", "Occupation: ", "welder", ""),
    ("TITLE", "<PERSON>, the ", "caretaker", ", said the door was open."),
    ("AGE", "My sister just turned ", "38", " and moved out."),
    ("AGE", "He is ", "71 years old", "."),
    ("AGE", "a ", "54-year-old", " man with chest pain"),
    ("AGE", "I'm ", "29", ", single and new here."),
    ("AGE", "pt is ", "63", " y/o and lives alone"),
    ("AGE", "Patient aged ", "47", " was admitted."),
    ("AGE", "She was ", "forty-two", " years old then."),
    ("AGE", "患者，", "56", "岁，男。"),
    ("NRP", "They speak with a ", "Norwegian", " accent."),
    ("NRP", "my neighbours are all ", "somalis", ", good people"),
    ("NRP", "As a practising ", "Catholic", " he objects."),
    ("NRP", "i am ", "turkish", " and proud of it"),
    ("ORGANIZATION", "I have an account at ", "Marrowbone Savings Bank", " since May."),
    ("ORGANIZATION", "She used to work for ", "Thistle & Quay", " in the harbour."),
    ("ORGANIZATION", "The bill came from ", "Quillworks Ltd.", " last week."),
    ("ORGANIZATION", "I bought it from ", "IKEA", " in spring."),
    ("ORGANIZATION", "It is from ", "Abernathy, Voss & Sons", " of course."),
    ("ORGANIZATION", "she signed for ", "harrow builders inc", " in small letters"),
    ("ORGANIZATION", "款项由", "远航物流有限公司", "支付。"),
    ("ORGANIZATION", "我在", "中国农业银行", "开户。"),
    ("ORGANIZATION", "转到", "长沙市第三医院", "就诊。"),
    ("LOCATION", "After the war we moved to ", "Paraguay", "."),
    ("LOCATION", "We grew up in ", "Kjellvik", " by the sea."),
    ("LOCATION", "They met near ", "Tamarind Bay", " again."),
    ("LOCATION", "He took the train to ", "HÄLLNÄSET", " at noon."),
    ("LOCATION", "I stayed in ", "ΛΑΡΝΑΚΑ", " for a week."),
    ("LOCATION", "他去年搬到", "青岛市", "居住。"),
    ("LOCATION", "现住在", "柳河县", "，身体健康。"),
    ("PERSON", "Yesterday ", "Okonkwo", " phoned the office twice."),
    ("PERSON", "The letter was opened by ", "Wiremu Tautahi", " in error."),
    ("PERSON", "", "Thandeka", " never got the refund."),
    ("PERSON", "My name is ", "Grace Hill", " and I need help."),
    ("PERSON", "It went to <PERSON>, ", "Marsh", " and <PERSON>."),
    ("PERSON", "I saw <PERSON> and ", "Marsh", "."),
    ("SECRET", "the password is ", "Tulip-9!x", " for now"),
    ("SECRET", "api_key=", "q8Zt3LmW0pYv5Rk2", ""),
    ("SECRET", "PIN code: ", "4471", ""),
    ("SECRET", "clone it with ", "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R", ""),
    ("SECRET", "see postgres://app:", "h7gTq21z", "@db.example.org/x"),
    ("SECRET", "验证码是", "582913", "，请勿泄露"),
    ("COORDINATES", "the house is at ", "52.5163, 13.3777", " exactly"),
    ("COORDINATES", "anchored at ", "41° 24' 12\" N, 2° 10' 26\" E", " overnight"),
    ("COORDINATES", "latitude: ", "-33.8568", ""),
    ("SWIFT_CODE", "SWIFT: ", "DEUTDEFF500", ""),
    ("CREDIT_CARD", "my card ", "501800000009", " is lost"),
    ("CREDIT_CARD", "my card ", "213100000000001", " is lost"),
    ("ADDRESS", "ZIP: <ADDRESS>-", "4417", ""),
    ("PHONE_NUMBER", "call <PHONE_NUMBER>-", "0958", " now"),
]

HARMLESS = [
    "Please have the manager call me back about the overdraft fee before Friday.",
    "The appointment is at the office on the third floor; bring your card and the report.",
    "I am 100 percent sure that the fee is 35 dollars and 5 days late.",
    "The account is 12 years old, the debt 7 years old; he is 20 minutes late.",
    "Patient denies nausea. Nephrolithiasis and Gastroesophageal reflux noted; start Metoprolol and Atorvastatin.",
    "THE BANK HAS NEVER ANSWERED MY LETTER AND I WANT THIS FIXED NOW",
    "Everyone loves French fries, Swiss cheese and Danish pastry? I had toast.",
    "Thx, lol. Dont worry, mom: the website and the app work again. Soooooo good!",
    "Reported to XXXX and XXXX on XX/XX/2019 under the FDCPA and HIPAA.",
    "<PERSON> paid <ORGANIZATION> Customer Service in <LOCATION> on <DATE>.",
    "Unlike the others, Tuesday was quiet. However, Labor Day and Christmas were not.",
    "My password is too long, and the token expired; the pin is in the drawer.",
    "The ratio went from 1.25 to 3.50 and the score from 0.875 to 0.912.",
    "Swift action was taken; CREDIT terms apply.",
    "他今年买了三十斤大米，岁月静好；超市在小区里，费用120元。",
    "请携带身份证到银行柜台办理，医院门诊在二楼。",
]

COLUMN_ONLY = {"INCOME", "UNREAD_TEXT", "UNDECLARED"}
"""Kinds that stand in a policy for whole columns or cells and that nobody looks for in text."""


def found(text: str) -> list[Finding]:
    return [*PROSE.detect([text])[0], *FORMS.detect([text])[0]]


@pytest.mark.parametrize(("entity", "before", "value", "after"), LEAKS)
def test_finds_the_value_and_its_place(entity: str, before: str, value: str, after: str) -> None:
    text = before + value + after
    places = [(f.start, f.end) for f in found(text) if f.entity == entity]
    low, high = len(before), len(before) + len(value)
    inside = max((min(end, high) - max(start, low) for start, end in places), default=0)
    beside = max((max(low - start, 0) + max(end - high, 0) for start, end in places), default=0)
    # An age's words ("years old") and a firm's first word may be left; words beside the value may be taken along.
    assert inside >= (1 if entity == "AGE" else 0.5 * len(value)) and beside <= 20


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_what_is_harmless(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("name", ["default", "healthcare", "finance", "government", "zh"])
def test_every_kind_a_policy_masks_in_text_has_a_detector(name: str) -> None:
    policy = load_policy(name)
    kinds = PROSE.entities | FORMS.entities | (set(rampart.LABELS.values()) if "en" in policy.languages else set())
    assert set(policy.text_entities) - kinds <= COLUMN_ONLY


def imports(module: str) -> set[str]:
    """The project's modules that a module of the gate imports, at its top or inside a function."""
    tree = ast.parse((GATE / f"{module.rpartition('.')[2]}.py").read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "tasks.methods.gate":
            names |= {f"tasks.methods.gate.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names - {"tasks.methods.gate"} if name.startswith("tasks.")}


def test_the_gate_shares_no_way_of_looking_with_the_masker() -> None:
    seen, todo = set(), {"tasks.methods.gate.registry"}
    while todo:
        seen.add(module := todo.pop())
        if module.startswith("tasks.methods.gate."):
            todo |= imports(module) - seen
    assert {"tasks.methods.gate.names", "tasks.methods.gate.rampart", "tasks.methods.gate.vocabulary"} <= seen
    # What a user says of a model of their own, and what runs it, serve both sides; the model itself never does.
    shared = {name for name in seen if name.startswith("tasks.methods.detect")}
    assert shared <= {"tasks.methods.detect.user_models", "tasks.methods.detect.token_classifier"}


def test_a_class_label_and_a_column_of_another_kind_are_left_alone() -> None:
    assert PROSE.reads_language and not FORMS.reads_language
    assert PROSE.detect(["Okonkwo"], "DEVICE_ID") == [[]]
    assert [f.entity for f in PROSE.detect(["Okonkwo"], "PERSON")[0]] == ["PERSON"]


def test_a_name_inside_an_organisations_name_is_not_counted_as_a_person() -> None:
    kinds = {
        f.entity for f in PROSE.detect(["I wrote to Thornquist Federal Credit Union and to Vossberg Partners."])[0]
    }
    assert kinds == {"ORGANIZATION"}


def test_a_brand_in_a_chinese_sentence_is_no_name() -> None:
    assert PROSE.detect(["我的Xperiavo手机坏了，请尽快帮我处理退款的问题。"]) == [[]]


def test_small_letters_among_capitals_are_words() -> None:
    text = "We flew home by helicopter."
    start = text.index("helicopter")
    assert not rampart._in_place(text, "PERSON", start, start + 10, [], "")
    assert rampart._in_place(text.lower(), "PERSON", start, start + 10, [], "")
    assert rampart._in_place("Then we met okonkwo.", "PERSON", 12, 19, [], "")


@pytest.mark.parametrize(
    "word", ["analyze", "Counseling", "anesthesia", "labor", "unbelievably", "nonpayment", "Café", "Purpsoe"]
)
def test_spellings_endings_and_slips_are_english(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("word", ["Okonkwo", "Wiremu", "Kjellvik", "Szöllősy", "Erwetegem"])
def test_names_are_not_english(word: str) -> None:
    assert unknown_words(f"with {word} there")


def test_cards_of_networks_with_other_lengths_need_their_check_digit() -> None:
    assert checks.card("501800000009") and not checks.card("501800000008")
    assert not checks.card("123400000009")


@given(st.lists(st.text(max_size=80), max_size=4))
def test_a_sentence_is_judged_alone(texts: list[str]) -> None:
    together = PROSE.detect(texts)
    assert together == [PROSE.detect([text])[0] for text in texts]
    assert all(0 <= f.start < f.end <= len(t) for t, fs in zip(texts, together, strict=True) for f in fs)


def test_the_registry_knows_the_detector() -> None:
    assert "airlock-prose" in NAMES and check_names(["rampart", "airlock-prose"]) == ["airlock-prose", "rampart"]
    (identity,) = identities(["airlock-prose"], 0.7)
    assert identity["name"] == "airlock-prose" and len(identity["rules"]) == len(set(identity["rules"]))


@pytest.mark.parametrize(
    "filler", ["Aa-", "Aa'", "Aa ", "A&", "aa-", "Aa, ", "Aa and ", "worked as ", "<PERSON> ", "1 ", "在省"]
)
def test_a_hostile_text_is_read_to_its_end(filler: str) -> None:
    text = filler * 1500 + "\nMr. Okonkwo called."
    assert any(f.entity == "TITLE" and f.start > 1500 * len(filler) for f in PROSE.detect([text])[0])


def test_a_firms_short_name_is_no_title() -> None:
    from tasks.methods.gate.rules import Rules
    from tasks.methods.gate.traits import TITLES

    firm, person = Rules(TITLES).detect(["MS Word crashed.", "MS Hale called."])
    assert not firm and person

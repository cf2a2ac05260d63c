"""The masker's detectors together: what they find in running text, and what never happens."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence

import pytest

from tasks.core.errors import AirlockError, UserError
from tasks.core.policies import load_policy
from tasks.methods.detect.masker import Masker
from tasks.methods.mask.conflicts import resolve


def masker_of(policy_name: str, language: str) -> Masker:
    policy = load_policy(policy_name)
    return Masker(
        language,
        policy.detectors.masker,
        policy.text_entities,
        allow=["Ford Hospital"],
        tags=[policy.tag(entity) for entity in policy.entities],
    )


@pytest.fixture(scope="module")
def english() -> Masker:
    return masker_of("default", "en")


@pytest.fixture(scope="module")
def chinese() -> Masker:
    return masker_of("zh", "zh")


def covers(masker: Masker, text: str, value: str, kinds: Sequence[str] = ()) -> bool:
    start = text.index(value)
    wanted = {i for i in range(start, start + len(value)) if text[i].isalnum()}
    spans = [s for s in masker.find([text])[0] if not kinds or s.entity in kinds]
    return wanted <= {i for s in spans for i in range(s.start, s.end)}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("MEDICAL_RECORD_NUMBER", "00412-889", "MRN: 00412-889, seen today"),
        ("MEDICAL_RECORD_NUMBER", "H77120", "her medical record number is H77120."),
        ("ACCOUNT_NUMBER", "55 0193 4471".replace(" ", ""), "moved from checking account no. 5501934471 yesterday"),
        ("ACCOUNT_NUMBER", "4471", "the card ending in 4471 was used"),
        ("ROUTING_NUMBER", "021000021", "routing number 021000021"),
        ("US_SSN", "900-12-3456", "her number, 900-12-3456, was on the form"),
        ("CREDIT_CARD", "4111 1111 1111 1112", "charged to card 4111 1111 1111 1112"),
        ("CREDIT_CARD", "4111-1111-1111-1111", "she read 4111-1111-1111-1111 aloud"),
        ("PHONE_NUMBER", "(217) 555-0199", "call (217) 555-0199 after five"),
        ("PHONE_NUMBER", "+44 7700 900123", "reach me at +44 7700 900123"),
        ("EMAIL_ADDRESS", "j.doe@host.invalid", "mail j.doe@host.invalid now"),
        ("DATE_OF_BIRTH", "March 4th, 1961", "born on March 4th, 1961 in a small town"),
        ("DATE_OF_BIRTH", "04/03/61", "DOB 04/03/61"),
        ("AGE", "71", "this 71-year-old man"),
        ("AGE", "71", "71 yo F with cough"),
        (
            "ADDRESS",
            "4410 N Harlow Creek Blvd, Apt 9, Dayton, OH 45402",
            "of 4410 N Harlow Creek Blvd, Apt 9, Dayton, OH 45402.",
        ),
        ("ADDRESS", "P.O. Box 881", "write to P.O. Box 881"),
        ("ZIP_CODE", "45402", "ZIP code 45402"),
        ("PERSON", "Okonkwo-Ray", "Dr. Okonkwo-Ray will see you"),
        ("PERSON", "Ulla van der Meer", "Patient: Ulla van der Meer\nPlan: rest"),
        ("URL", "https://my.host.example/a?b=1", "see https://my.host.example/a?b=1 now"),
        ("URL", "shop.example.com/x", "at shop.example.com/x today"),
        ("PERSON", "Xochitl", "My name is Xochitl and I"),
        ("PERSON", "Tamsin Oyelaran", "Regards,\nTamsin Oyelaran"),
        ("PERSON", "P. Quill", "seen by P. Quill, RN"),
        ("PERSON", "Jaxx", "Jaxx: hello\nbot: hi\nJaxx: my card is gone"),
        ("IBAN_CODE", "DE89370400440532013000", "to DE89370400440532013000"),
        ("IP_ADDRESS", "203.0.113.77", "from 203.0.113.77 at night"),
        ("CASE_NUMBER", "B-22-90177", "claim number B-22-90177"),
        ("TAX_ID", "12-3456789", "EIN 12-3456789"),
        ("LICENSE_PLATE", "7KDR881", "license plate 7KDR881"),
        ("USERNAME", "@night_owl", "follow @night_owl"),
    ],
)
def test_english(english: Masker, kind: str, value: str, text: str) -> None:
    assert covers(english, text, value, [kind])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("CN_RESIDENT_ID", "11010519491231002X", "身份证11010519491231002X已核对"),
        ("PHONE_NUMBER", "13800138000", "电话13800138000请回"),
        ("PHONE_NUMBER", "0755-80412787", "拨打0755-80412787咨询"),
        ("CREDIT_CARD", "6222 0212 3456 7890 128"[:23], "银行卡号6222 0212 3456 7890 128已挂失"),
        ("CREDIT_CARD", "4111111111111111", "信用卡4111111111111111已挂失"),
        ("IP_ADDRESS", "192.168.1.20", "服务器192.168.1.20上"),
        ("EMAIL_ADDRESS", "zhang.san@163.com", "请联系zhang.san@163.com或来电"),
        ("CN_CREDIT_CODE", "91350100M000100Y43", "代码91350100M000100Y43的单位"),
        ("LICENSE_PLATE", "京A12345", "车牌京A12345停在"),
        ("PERSON", "王小明", "患者：王小明，男"),
        ("PERSON", "欧阳娜", "【姓名】欧阳娜"),
        ("AGE", "47", "今年47岁"),
        ("DATE_OF_BIRTH", "一九七六年九月十三日", "生日一九七六年九月十三日，职业退休"),
        ("ADDRESS", "朝阳区建国路88号5栋1203室", "住址：北京市朝阳区建国路88号5栋1203室"),
        ("MEDICAL_RECORD_NUMBER", "ZY67378492", "住院号ZY67378492"),
    ],
)
def test_chinese(chinese: Masker, kind: str, value: str, text: str) -> None:
    assert covers(chinese, text, value, [kind])


def test_the_email_next_to_han_does_not_swallow_it(chinese: Masker) -> None:
    text = "邮箱zhang.san@163.com"
    assert [(s.start, s.end) for s in chinese.find([text])[0] if s.entity == "EMAIL_ADDRESS"] == [(2, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Take 20 mg twice daily for 10 days.",
        "Blood pressure 130/80, pulse 72.",
        "The payment of $1,250.00 was declined.",
        "<PERSON> called <PHONE_NUMBER> about <ADDRESS>; <DATE_OF_BIRTH>",
        "\u200b\u202eabc\u0000 👩‍👩‍👧",
        "",
        "   \n\t ",
    ],
)
def test_nothing_is_found_where_nothing_is(english: Masker, text: str) -> None:
    assert english.find([text]) == [[]]


def test_none_stays_apart(english: Masker) -> None:
    assert english.find([None, "Dr. Quill", None])[0] == []
    assert english.find([]) == []


def test_a_words_on_the_allow_list_is_left(english: Masker) -> None:
    spans = english.find(["I was at FORD HOSPITAL."])[0]
    assert all((s.start, s.end) != (9, 22) for s in spans)


def test_a_row_does_not_depend_on_its_neighbours(english: Masker) -> None:
    texts = [
        "Maria Gonzalez of Dayton paid 4111 1111 1111 1111.",
        "Gonzalez is a street.",
        "Call (217) 555-0199, Bob.",
    ] * 25
    together = english.find(texts)
    assert together[:3] == [english.find([text])[0] for text in texts[:3]]
    assert together == together[:3] * 25


def test_own_values_are_found_in_their_row_alone(english: Masker) -> None:
    texts = ["the zorblax account", "the zorblax account"]
    first, second = english.find(texts, [[("PERSON", "Zorblax Quim")], []])
    assert ("PERSON", "own-column") in {(s.entity, s.detector) for s in first}
    assert "own-column" not in {s.detector for s in second}


def test_a_long_document_is_seen_to_its_end(english: Masker) -> None:
    filler = "The weather was dull and nothing happened that day. " * 400
    text = filler + "Dr. Okonkwo rang (217) 555-0199.\n" + filler + "My SSN is 123-45-6789."
    spans = english.find([text])[0]
    for value in ("Okonkwo", "(217) 555-0199", "123-45-6789"):
        at = text.index(value)
        assert any(s.start <= at and at + len(value) <= s.end for s in spans)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["lorem ipsum dolor sit amet ", "a", ".", "x@", "(", "www."])
def test_a_long_document_is_not_quadratic(english: Masker, unit: str) -> None:
    """Eight times the text takes some eight times the work; where it grew with the square, it would take sixty-four."""

    def seconds(size: int) -> float:
        start = time.process_time()
        english.find([(unit * size)[:size]])
        return time.process_time() - start

    seconds(1_000)
    assert seconds(80_000) < 24 * max(seconds(10_000), 0.1)


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("masking went to the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert covers(masker_of("default", "en"), "mail a.b@mail.co.uk", "a.b@mail.co.uk", ["EMAIL_ADDRESS"])
    assert covers(masker_of("zh", "zh"), "邮箱a.b@mail.co.uk或", "a.b@mail.co.uk", ["EMAIL_ADDRESS"])


def test_a_detector_that_fails_shows_no_text(english: Masker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("Zebediah")

    monkeypatch.setattr(english._all[0], "analyze_batch", fail)
    with pytest.raises(AirlockError) as caught:
        english.find(["Zebediah"])
    assert "Zebediah" not in str(caught.value) and caught.value.__suppress_context__


def test_a_pattern_that_presidio_gives_up_on_fails_the_text(english: Masker) -> None:
    with pytest.raises(AirlockError, match="too long"):
        logging.getLogger("presidio-analyzer").warning(
            "Regex pattern '%s' timed out after %s seconds, skipping.", "x", 60
        )


def test_mistakes_in_the_policys_detectors() -> None:
    with pytest.raises(UserError, match=r"names gliner; there are airlock-gazetteer"):
        Masker("en", ["gliner"], ["PERSON"])
    with pytest.raises(UserError, match="none that works in language zh"):
        Masker("zh", ["spacy"], ["PERSON"])
    with pytest.raises(UserError, match=r"mask\.spacy_model"):
        Masker("en", ["spacy"], ["PERSON"], spacy_model="no_such_model")


def test_clinical_abbreviations_are_no_firms(english: Masker) -> None:
    text = "BP 120/80, HR 72. MRI of the knee. Works at Acme Textiles Inc."
    firms = [text[s.start : s.end] for s in english.find([text])[0] if s.entity == "ORGANIZATION"]
    assert firms and not {"BP", "HR", "MRI"} & set(firms)


def test_disguised_values_are_found_where_they_were_written(english: Masker) -> None:
    for text, value, kind in [
        ("mail jo.park [at] example [dot] org please", "jo.park [at] example [dot] org", "EMAIL_ADDRESS"),
        ("her number is ９００-１２-３４５６.", "９００-１２-３４５６", "US_SSN"),
        ("card 4111\u200b 1111 1111\u00ad 1111 expired", "4111\u200b 1111 1111\u00ad 1111", "CREDIT_CARD"),
        ("write to jo.park&#64;example.org today", "jo.park&#64;example.org", "EMAIL_ADDRESS"),
    ]:
        start = text.index(value)
        spans = [s for s in english.find([text])[0] if s.entity == kind]
        assert any(s.start <= start and start + len(value) <= s.end for s in spans), text


@pytest.fixture(scope="module")
def listed() -> Masker:
    return Masker(
        "en",
        ["airlock-identifiers", "airlock-people"],
        ["PERSON", "ORGANIZATION", "PHONE_NUMBER"],
        thresholds={"PHONE_NUMBER": 0.7},
        detector_thresholds={"airlock-people": 0.85},
        allow=["Blue Heron", "Okafor"],
        deny={"blue heron": "ORGANIZATION", "Zeta 9": "ORGANIZATION", "青鹭": "ORGANIZATION", "x": "US_SSN"},
    )


def test_the_deny_list_is_stronger_than_the_allow_list(listed: Masker) -> None:
    text = "About BLUE-HERON, zeta 9 and 青鹭计划, zeta 99; x."
    assert [(text[s.start : s.end], s.entity, s.detector) for s in listed.find([text])[0]] == [
        ("BLUE-HERON", "ORGANIZATION", "deny-list"),
        ("zeta 9", "ORGANIZATION", "deny-list"),
        ("青鹭", "ORGANIZATION", "deny-list"),
    ]


def test_a_finding_reaches_its_kinds_threshold_and_its_detectors(listed: Masker) -> None:
    found = {
        text: sorted({s.entity for s in listed.find([text])[0]})
        for text in (
            "Dr. Quillfeather came",
            "Dear Quillfeather,",
            "Dr. Okafor came",
            "(217) 555-0199",
            "(021) 555 0199",
        )
    }
    assert list(found.values()) == [["PERSON"], [], [], ["PHONE_NUMBER"], []]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Phone: 815-555-0168", "PHONE_NUMBER"),
        ("call me at +1 315 555 0147", "PHONE_NUMBER"),
        ("Cell 401 555 0110", "PHONE_NUMBER"),
        ("NHS number 943 476 5919", "UK_NHS"),
        ("NHS no. 943-476-5919", "UK_NHS"),
    ],
)
def test_a_telephone_number_that_passes_the_check_of_the_nhs_is_one(text: str, kind: str) -> None:
    numbers = Masker("en", ["presidio-patterns", "airlock-identifiers"], ["PHONE_NUMBER", "UK_NHS"])
    (stretch,) = resolve(numbers.find([text])[0], ["PHONE_NUMBER", "UK_NHS"])
    assert stretch.entity == kind

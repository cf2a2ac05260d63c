"""What English writes in running text, found and left alone by the masker's own rules, without a model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tasks.methods.detect import addresses, gazetteer, identifiers, nationalities, organizations, people, places
from tasks.methods.detect.rules import Finder

ALL: tuple[Finder, ...] = (
    *identifiers.RULES,
    *people.RULES,
    *places.RULES,
    *organizations.RULES,
    *gazetteer.RULES,
    *nationalities.RULES,
)
THRESHOLD = 0.4


def found(text: str, kinds: Sequence[str] = (), rules: Sequence[Finder] = ALL) -> list[tuple[str, str]]:
    """``(kind, value)`` of what is masked."""
    return [
        (rule.entity, text[start:end])
        for rule in rules
        if not kinds or rule.entity in kinds
        for start, end, score in rule.find(text)
        if score >= THRESHOLD
    ]


def covered(text: str, value: str, kinds: Sequence[str] = ()) -> bool:
    at = text.index(value)
    wanted = {i for i in range(at, at + len(value)) if text[i].isalnum()}
    for rule in ALL:
        if not kinds or rule.entity in kinds:
            for start, end, score in rule.find(text):
                if score >= THRESHOLD:
                    wanted -= set(range(start, end))
    return not wanted


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("SECRET", "AKIAIOSFODNN7EXAMPLE", "the key AKIAIOSFODNN7EXAMPLE leaked"),
        ("SECRET", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token ghp_16C7e42F292c6912E7710c838347Ae178B4a."),
        ("SECRET", "hunter2!", "my password is hunter2! and I forgot"),
        ("SECRET", "Tr0ub4dor&3", "pwd: Tr0ub4dor&3"),
        ("SECRET", "correcthorse", "Password: correcthorse\n"),
        ("SECRET", "s3cr3tpw", "postgres://app:s3cr3tpw@db.internal/x"),
        ("SECRET", "4821", "The PIN is 4821, use it"),
        ("SECRET", "9f8Gh2Lq0ZxT7vKq", "api_key = 9f8Gh2Lq0ZxT7vKq"),
        ("SECRET", "MIIEow", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"),
        ("COORDINATES", "41.87811, -87.62980", "dropped at 41.87811, -87.62980 at noon"),
        ("COORDINATES", "40°26'46\"N 79°58'56\"W", "near 40°26'46\"N 79°58'56\"W they turned"),
        ("COORDINATES", "51.5007", "lat: 51.5007, lon: -0.1246"),
        ("SWIFT_CODE", "DEUTDEFF", "SWIFT: DEUTDEFF"),
        ("SWIFT_CODE", "DEUTDEFF500", "send it by DEUTDEFF500 please"),
        ("ROUTING_NUMBER", "021000021", "it was 021000021 on the cheque"),
        ("ROUTING_NUMBER", "20-00-00", "sort code 20-00-00"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32", "pay GB82 WEST 1234 5698 7654 32 today"),
        ("CREDIT_CARD", "737", "the CVV is 737"),
        ("LICENSE_PLATE", "8XYZ123", "his plate number 8XYZ123 was seen"),
        ("LICENSE_PLATE", "LM07 KRT", "a grey van, LM07 KRT, left"),
        ("VEHICLE_ID", "1M8GDM9AXKP042788", "the car 1M8GDM9AXKP042788 was sold"),
        ("DEVICE_ID", "490154203237518", "IMEI 490154203237518"),
        ("DEVICE_ID", "123e4567-e89b-12d3-a456-426614174000", "id 123e4567-e89b-12d3-a456-426614174000 again"),
        ("DEVICE_ID", "C02XK0AAJG5H", "serial number: C02XK0AAJG5H"),
        ("USERNAME", "@night_owl", "ask @night_owl about it"),
        ("USERNAME", "quietfox_77", "my instagram is quietfox_77, add me"),
        ("USERNAME", "u/lost_sock", "posted by u/lost_sock"),
        ("TAX_ID", "QQ 12 34 56 C".replace("QQ", "AB"), "her NI number AB 12 34 56 C"),
        ("TAX_ID", "046 454 286", "his SIN was 046 454 286"),
        ("TAX_ID", "912-70-1234", "she filed under 912-70-1234"),
        ("UK_NHS", "943 476 5919", "number 943 476 5919 on the band"),
        ("HEALTH_PLAN_NUMBER", "1EG4-TE5-MK73", "card 1EG4-TE5-MK73 expired"),
        ("LICENSE_NUMBER", "1234567893", "NPI 1234567893"),
        ("LICENSE_NUMBER", "BB1388568", "prescriber BB1388568"),
        ("PASSPORT", "K1234567", "passport no. K1234567"),
        ("PHONE_NUMBER", "01 42 68 53 00", "ring 01 42 68 53 00 after six"),
        ("PHONE_NUMBER", "(08) 9216 0000", "at (08) 9216 0000."),
        ("PHONE_NUMBER", "555-0142", "the desk is at 555-0142, ask there"),
        ("PHONE_NUMBER", "+49 30 901820", "or +49 30 901820"),
        ("PHONE_NUMBER", "212-555-0142 x331", "call 212-555-0142 x331"),
        ("DATE_OF_BIRTH", "12 May 1957", "date of birth: 12 May 1957"),
        ("DATE", "2019-03-04 17:22:10", "logged 2019-03-04 17:22:10 by"),
        ("DATE", "1984", "they moved in 1984 or so"),
        ("DATE", "Thursday", "she came on Thursday afternoon"),
        ("AGE", "42", "I'll turn 42 in June"),
        ("AGE", "seventy-one", "a seventy-one year old widow"),
        ("TITLE", "Mrs.", "Dear Mrs. Halloran"),
        ("TITLE", "Professor", "with Professor Ahn"),
        ("TITLE", "marine biologist", "she works as a marine biologist, mostly at sea"),
        ("TITLE", "Warehouse supervisor", "Ola Nordmann\nWarehouse supervisor\nAcme"),
        ("NRP", "Portuguese", "a Portuguese sailor"),
        ("NRP", "irish", "she is irish, I think"),
        ("NRP", "Sri Lankans", "two Sri Lankans"),
        ("NRP", "Presbyterian", "raised Presbyterian"),
        ("PERSON", "Ingrid Svensson", "Ingrid Svensson left early"),
        ("PERSON", "OLUWASEUN", "then OLUWASEUN said no"),
        ("PERSON", "jennifer lopez", "saw jennifer lopez there"),
        ("LOCATION", "Rio de Janeiro", "a flight to Rio de Janeiro's coast"),
        ("LOCATION", "san francisco", "moving to san francisco soon"),
        ("LOCATION", "Reading", "they live in Reading now"),
        ("LOCATION", "Gaza Strip", "reports from the Gaza Strip today"),
        ("ORGANIZATION", "Marsh, Okafor and Rossi", "we hired Marsh, Okafor and Rossi last year"),
        ("ORGANIZATION", "PayPal", "I paid through PayPal"),
        ("ORGANIZATION", "Zorbl", "the Zorbl website was down"),
        ("ORGANIZATION", "University of Leeds", "at the University of Leeds"),
        ("MEDICAL_RECORD_NUMBER", "00817723", "MRN\n00817723\nseen today"),
        ("MEDICAL_RECORD_NUMBER", "T20-88134", "Specimen ID: T20-88134"),
        ("CASE_NUMBER", "K-220-14", '{"case": "K-220-14"}'),
        ("CASE_NUMBER", "W20-7781", "Warrant No. W20-7781"),
        ("CASE_NUMBER", "C-55120", "customer no. C-55120"),
        ("HEALTH_PLAN_NUMBER", "R4410 22871", "member id: R4410 22871"),
        ("HEALTH_PLAN_NUMBER", "M00551827", '"member_id":"M00551827"'),
        ("DRIVERS_LICENSE", "F0220 51833 90217", "license # F0220 51833 90217"),
        ("DRIVERS_LICENSE", "MORGA657054SM9IJ", "her licence was MORGA657054SM9IJ"),
        ("PASSPORT", "C03005988", "Reisepass C03005988"),
        ("PASSPORT", "L898902C<3UTO6908061F9406236ZE184226B<<<<<14", "L898902C<3UTO6908061F9406236ZE184226B<<<<<14"),
        ("PASSPORT", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"),
        ("CREDIT_CARD", "378282246310005", "AMEX378282246310005"),
        ("ACCOUNT_NUMBER", "31926819", "to 31926819 (sort code 60-16-13)"),
        ("CRYPTO", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT now"),
        ("CRYPTO", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "to rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh now"),
        ("CRYPTO", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T", "at 4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"),
        ("CRYPTO", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
        ("DEVICE_ID", "80B1223E", "ESN 80B1223E"),
        ("VEHICLE_ID", "1M8 GDM9AX KP042788", "VIN: 1M8 GDM9AX KP042788"),
        ("LICENSE_PLATE", "5TGH871", '"plate":"5TGH871"'),
        ("SECRET", "441 902", "Your one-time code is 441 902"),
        ("SECRET", "9ab2-ff01 77c0-b2de", "backup codes: 9ab2-ff01 77c0-b2de"),
        ("SECRET", "otter maple seven lamp", "passphrase: otter maple seven lamp"),
        ("SECRET", "Rex the dog", "security answer: Rex the dog"),
        ("COORDINATES", "51 deg 30 min N, 0 deg 7 min W", "at 51 deg 30 min N, 0 deg 7 min W"),
        ("COORDINATES", "31U 448251 5411932", "the wreck lies at 31U 448251 5411932"),
        ("COORDINATES", "8FVC9G8F+6X", "meet at 8FVC9G8F+6X"),
        ("COORDINATES", "48.2010,16.3695", "geo:48.2010,16.3695"),
        ("EMAIL_ADDRESS", "d'arcy.k@example.org", "write to d'arcy.k@example.org"),
        ("IP_ADDRESS", "192[.]0[.]2[.]7", "from 192[.]0[.]2[.]7"),
        ("URL", "hxxps://example[.]org/a", "see hxxps://example[.]org/a"),
        ("DATE", "3 février 2016", "le 3 février 2016"),
        ("DATE_OF_BIRTH", "1. Mai 1990", "Geburtsdatum: 1. Mai 1990"),
        ("DATE_OF_BIRTH", "19710430", "Birthdate\n19710430"),
        ("AGE", "64", "Age/Sex: 64/M"),
        ("TITLE", "PROFESSOR", "PROFESSOR LINDQVIST IS OUT"),
        ("TITLE", "mr", "please ask mr doyle"),
        ("NRP", "Jehovah's Witnesses", "two Jehovah's Witnesses called"),
    ],
)
def test_found(kind: str, value: str, text: str) -> None:
    assert covered(text, value, [kind])


@pytest.mark.parametrize(
    "value",
    [
        "25 rue de la Paix, 75002 Paris",
        "Via Roma, 12",
        "Hauptstr. 5",
        "Lindenallee 14a, 10115 Berlin",
        "Calle Mayor 3, Madrid, Spain",
        "Rua das Flores 123",
        "ul. Długa 7",
        "Mannerheimintie 12",
        "Kossuth Lajos utca 12",
        "Storgatan 8",
        "221B Baker Street, London",
        "4410 N Harlow Creek Blvd, Apt 9, Dayton, OH 45402",
        "P.O. Box 881",
        "PSC 12, Box 345\nAPO AE 09012",
        "the corner of Elm Street and Third Avenue",
        "Apt. 12B",
        "18 Orchard Close\nFlat 3\nBristol\nUnited Kingdom",
        "Dobrovská 139\nSuite 7\nPrague\nCzech Republic",
    ],
)
def test_addresses_of_many_countries(value: str) -> None:
    for text in (f"Please send it to {value}", f"My address is {value} .", f"Ana\n{value}\n"):
        assert covered(text, value), text


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        (["SECRET"], "The password is wrong and the key is important."),
        (["SECRET"], "Your documentation token is documentation."),
        (["COORDINATES"], "It fell from 12.5 to 9.75 percent."),
        (["COORDINATES"], "version 3.141592"),
        (["SWIFT_CODE"], "PLEASE CONTACT STANDARD CUSTOMER SERVICE"),
        (["ROUTING_NUMBER"], "we sold 021000022 units"),
        (["VEHICLE_ID"], "hash 1M8GDM9A1KP042788 differs"),
        (["IBAN_CODE"], "code GB82 WEST 1234 5698 7654 33 is void"),
        (["DEVICE_ID"], "It costs 490154203237 dollars"),
        (["USERNAME"], "meet @ noon"),
        (["ADDRESS"], "violates 15 USC 1681 and 12 CFR 1022"),
        (["ADDRESS"], "On 12 March 2020 we met. During 2017 we grew."),
        (["ADDRESS"], "Take 20 mg twice daily for 10 days."),
        (["DATE"], "a crowd of 2000 people and 1950 miles"),
        (["AGE"], "Turn 90 degrees left."),
        (["TITLE"], "The manager told me no. I asked a nurse."),
        (["NRP"], "polish the floor and eat french fries with turkey"),
        (["PERSON"], "Will you go in May? I may. Mark my words, Grace."),
        (["PERSON"], "Hello I moved. Can I come? MY IBAN IS WRONG"),
        (["LOCATION"], "it was nice reading this, most of all"),
        (["ORGANIZATION"], "I DON'T KNOW WHAT TO PRESS"),
        (["ORGANIZATION"], "Old McDonald met DeSantis and McKay."),
        (["PHONE_NUMBER"], "The balance is 1,250.00 of 10 000"),
        (["USERNAME"], "Add @media rules, then @Override and @Test."),
        (["EMAIL_ADDRESS"], "Run npm i left-pad@1.3.0 once."),
        (["PHONE_NUMBER"], "2019-2020 was a hard winter. Part no. 412-88-33 is back."),
        (["IP_ADDRESS"], "see section 4.1.2.3rd"),
        (["DATE"], "Grid 12-34-56, build 7.0.12.444"),
        (["SWIFT_CODE"], "a swift response please"),
        (["SWIFT_CODE"], "sodium bicarbonate 650 mg, BICARBONATE 30, a bicuspid valve"),
        (["TAX_ID"], "PANCREAS 2023-10 SEEN, FINGERS 12345678"),
        (["SECRET"], "The passphrase is not the same as before. password policy, password reset2"),
        (["ACCOUNT_NUMBER"], "1234567890123456 rows"),
        (["CRYPTO"], "commit 9f3e1c77ab0245d1a9b8c7d6e5f4a3b2c1d0e9f8"),
        (["TITLE"], "MS Word took 20 ms to start"),
        ([], "It rained all week and nothing else happened here."),
        ([], "lorem ipsum dolor sit amet"),
        ([], ""),
    ],
)
def test_left_alone(kinds: Sequence[str], text: str) -> None:
    assert found(text, kinds) == []


def test_a_weak_street_needs_its_surroundings() -> None:
    assert addresses.addresses("We counted Mlynska 1540 times.") == []
    text = "Our address is Mlynska 1540"
    assert [text[a:b] for a, b, _ in addresses.addresses(text)] == ["Mlynska 1540"]


def test_the_lists_are_plain_and_marked() -> None:
    for name, marks in (("given", "-rw"), ("surnames", "-rw"), ("cities", "-wL"), ("regions", "wL")):
        entries = gazetteer.listed(name)
        assert len(entries) > 200 and set(entries.values()) <= set(marks)
        assert all(gazetteer.plain(entry) == entry for entry in list(entries)[:500] if not entry.endswith("'s"))


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "1", ".", "Ab ", "12 ", "to ", "the ", "Rue de la ", "-", "a@", "\n", "A. "])
def test_no_rule_is_quadratic(unit: str) -> None:
    """A rule that runs over its time limit raises; none does on a long text of one kind."""
    text = (unit * 40_000)[:40_000]
    for rule in ALL:
        rule.find(text)

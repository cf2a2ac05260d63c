"""Language by document, and what follows where there is no masker for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.methods.detect.language import among, detect

ENGLISH = "the patient was seen this morning and will come back with her husband in two weeks for another scan"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (ENGLISH.upper(), "en"),
        ("the letter that you sent to 4 Rue de la République, 69002 Lyon came back to us this morning", "en"),
        ("张三住在北京市海淀区", "zh"),
        ("张三于2024年3月15日，电话13812345678，邮箱zhang.san@example.com", "zh"),
        ("我们公司的Android手机和Windows电脑都已经更新了", "zh"),
        ("山田さんは東京に住んでいて、毎日電車で会社に通っています", "ja"),
        ("김철수는 서울에 살고 있다", "ko"),
        ("Иван Петров живёт в Москве на улице Ленина и работает врачом в городской больнице", "ru"),
        ("محمد علي يعيش في القاهرة ويعمل طبيبا في المستشفى الكبير منذ عشر سنوات", "ar"),
        ("דוד לוי גר בתל אביב", "he"),
        ("el señor llegó ayer por la tarde y dijo que su hija vive con ellos desde hace dos años en la ciudad", "es"),
        ("der patient wurde gestern mit starken schmerzen aufgenommen und möchte bald wieder nach hause gehen", "de"),
        ("hi there", ""),
        ("4711 - 0815", ""),
        ("https://example.com/a/b/c?d=e jane@example.com", ""),
        ("Sophie Lang\n3482 Via Franscini 71\nTujetsch\n7188", ""),
        ("", ""),
        ("\ud800\x00😀", ""),
    ],
)
def test_the_language_of_a_document(text: str, language: str) -> None:
    assert detect(text) == language


def test_a_long_document_is_read_in_pieces() -> None:
    assert detect((ENGLISH + ". ") * 20_000) == "en"
    assert detect("张三住在北京市海淀区。" * 50_000) == "zh"


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_it_is_a_function_of_the_text(text: str) -> None:
    assert detect(text) == detect(text)
    assert detect(text) == "" or len(detect(text)) == 2


RUSSIAN = "Иван Петров живёт в Москве на улице Ленина и работает врачом в городской больнице"


def test_a_language_that_can_be_told_decides_also_where_none_reads_it() -> None:
    assert among("张三住在北京市海淀区", ["en", "zh"]) == "zh"
    assert among(RUSSIAN, ["en", "zh"]) == "ru"


@pytest.mark.parametrize(
    ("text", "languages", "read_in"),
    [
        ("ok", ["en"], "en"),
        ("", ["zh", "en"], "zh"),
        ("+1 217 555 0100", ["en", "zh"], "en"),
        ("Иван, 8 916 123-45-67", ["en", "zh"], "und"),
        ("Ανδρέας", ["en"], "el"),
        ("Dr. Иван Petrov will call", ["en"], "en"),
    ],
)
def test_a_short_text_is_read_unless_its_script_is_nobodys(text: str, languages: list[str], read_in: str) -> None:
    assert among(text, languages) == read_in

"""In which language a document is, and which masker is to read it.

Scripts decide where they can: Han, kana, Hangul and most others belong to one language or few. Among languages in
Latin, Cyrillic, Arabic or Devanagari letters Lingua's low-accuracy model (trigrams, 30 MB) decides; its full model
takes 370 MB.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

_SCRIPTS = {
    "latin": "A-Za-zÀ-ɏḀ-ỿ",
    "han": "\u3400-\u9fff\U00020000-\U0003ffff",
    "kana": "\u3041-\u30ff",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u06ff",
    "devanagari": "\u0900-\u097f",
    "ko": "\uac00-\ud7a3\u1100-\u11ff",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "th": "\u0e00-\u0e7f",
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
    "am": "\u1200-\u137f",
}
"""Letters of each script; a name of two letters is the language (ISO 639-1) that writes with it."""

_AMONG = {
    "latin": (
        Language.ENGLISH, Language.SPANISH, Language.FRENCH, Language.GERMAN, Language.ITALIAN, Language.PORTUGUESE,
        Language.DUTCH, Language.POLISH, Language.TURKISH, Language.VIETNAMESE, Language.INDONESIAN, Language.SWEDISH,
        Language.CZECH, Language.ROMANIAN, Language.HUNGARIAN, Language.FINNISH,
    ),
    "cyrillic": (Language.RUSSIAN, Language.UKRAINIAN, Language.BULGARIAN, Language.SERBIAN),
    "arabic": (Language.ARABIC, Language.PERSIAN, Language.URDU),
    "devanagari": (Language.HINDI, Language.MARATHI),
}  # fmt: skip

_FOUND = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}
_CAPITALISED = re.compile(r"(?<![^\W\d_])[A-ZÀ-ÖØ-Þ][^\W\d_]*")
_WRITTEN = {"en": ("latin",), "zh": ("han", "latin")}
"""The scripts of the languages that there are maskers for."""

_NO_WORD = re.compile(r"[!-~]*[@/\\_<>=0-9][!-~]*")
"""Addresses, file names and codes, which are in no language."""

PIECES, PIECE = 5, 600
"""Of a longer document so many pieces of so many characters are read, at even distances, its ends among them."""

LETTERS = 40
"""Fewer letters in a script of several languages are too few to tell which. Capitalised words don't count."""

CERTAIN = 0.15
"""By how much (of 1) the likeliest language must lead the next."""

_HAN_WEIGHT = 3
"""Latin letters that say as much as one Han character: Chinese text with English names in it is Chinese."""

_KANA = 0.05
"""The share of kana among Han and kana above which text is Japanese."""


def detect(text: str) -> str:
    """The ISO 639-1 code of a document's language; empty where the text is too short or too mixed to say.

    A function of the text alone. Time doesn't grow with the length beyond :data:`PIECES` pieces.

    >>> detect("张三住在北京市海淀区，电话 13812345678"), detect("山田さんは東京に住んでいます"), detect("4711 -")
    ('zh', 'ja', '')
    """
    sample = _NO_WORD.sub(" ", _sample(text))
    counts = Counter({name: len(letters.findall(sample)) for name, letters in _FOUND.items()})
    cjk = counts["han"] + counts["kana"]
    if cjk and cjk * _HAN_WEIGHT >= max(count for name, count in counts.items() if name not in ("han", "kana")):
        return "ja" if counts["kana"] > _KANA * cjk else "zh"
    script, count = counts.most_common(1)[0]
    if not count:
        return ""
    if script not in _AMONG:
        return script
    if script == "latin" and not sample.isupper():
        # Names and addresses are in their own language, whatever the text around them is in.
        sample = _CAPITALISED.sub(" ", sample)
        count = len(_FOUND[script].findall(sample))
    if count < LETTERS:
        return ""
    values = _detector(script).compute_language_confidence_values(sample)
    first, second = values[0], values[1]
    if round(first.value - second.value, 6) < CERTAIN:
        return ""
    return first.language.iso_code_639_1.name.lower()


def among(text: str, languages: Sequence[str]) -> str:
    """Which of ``languages`` a document is to be read in, or the code of another one that it is in.

    A document too short to tell goes to the first language, unless a third of its letters or more are in a script that
    none of the languages is written in: then it is ``und``, undetermined (ISO 639-2).

    >>> among("ok 12", ["en", "zh"]), among("Телефон 8 916", ["en", "zh"])
    ('en', 'und')
    """
    language = detect(text)
    if language:
        return language
    written = {script for name in languages for script in _WRITTEN.get(name, ("latin",))}
    letters = {script: len(found.findall(_sample(text))) for script, found in _FOUND.items()}
    foreign = sum(count for script, count in letters.items() if script not in written)
    return "und" if 3 * foreign >= max(1, sum(letters.values())) else languages[0]


def _sample(text: str) -> str:
    if len(text) <= PIECES * PIECE:
        return text
    step = (len(text) - PIECE) / (PIECES - 1)
    return " ".join(text[int(k * step) : int(k * step) + PIECE] for k in range(PIECES))


@lru_cache(maxsize=len(_AMONG))
def _detector(script: str) -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_AMONG[script]).with_low_accuracy_mode().build()

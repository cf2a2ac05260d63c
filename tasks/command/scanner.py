"""What ``airlock scan``, ``mask --out`` and ``evaluate-masking`` share: finding what a policy masks in texts."""

from __future__ import annotations

import itertools
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tasks.core.errors import UserError
from tasks.core.policies import Policy, load_policy
from tasks.core.progress import Progress
from tasks.stages.mask import masker_of, operation

if TYPE_CHECKING:
    from tasks.methods.detect.masker import Masker
    from tasks.methods.detect.spans import Span
    from tasks.methods.mask.keyed import MaskKey
    from tasks.methods.mask.plan import Operation
    from tasks.methods.mask.remask import Remasker

Side = Literal["both", "mask", "gate"]

BATCH_ROWS = 256
BATCH_CHARACTERS = 200_000
"""A batch ends at whichever comes first; small enough that progress is said now and then."""

_LONE = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, which JSON can write and no detector can read."""


@dataclass(frozen=True)
class Look:
    """How to look; small enough to be sent to another process.

    Attributes:
        policy: a policy's name or path; empty: ``default``, and ``zh`` for Chinese.
        language: ``en``, ``zh``, ``auto`` (each text its own) or empty for the policy's first.
        side: what the policy masks in the end, what the masker alone masks, or what the gate alone would see.
        threshold: of the gate's model.
        spacy_model: the masker's.
        threads: of the gate's model; 0: one a processor.
    """

    policy: str = ""
    language: str = ""
    side: Side = "both"
    threshold: float = 0.7
    spacy_model: str = ""
    threads: int = 0

    def policies(self) -> dict[str, Policy]:
        """The policy by language; the first is the one for texts in any other language.

        Raises:
            UserError: where a policy isn't written for the language.
        """
        if self.language == "auto":
            names = {"en": "default", "zh": "zh"} if not self.policy else {}
            found = {language: load_policy(name) for language, name in names.items()}
            own = load_policy(self.policy) if self.policy else None
            return found if own is None else {language: own for language in own.languages}
        policy = load_policy(self.policy or ("zh" if self.language == "zh" else "default"))
        language = self.language or policy.languages[0]
        if language not in policy.languages:
            raise UserError(
                f"policy '{policy.name}' is written for {', '.join(policy.languages)}, not for --lang {language}: "
                "choose another policy or language"
            )
        return {language: policy}


def default_look(policy: str = "", language: str = "", side: Side = "both", threads: int = 0) -> Look:
    """A look with the configuration's defaults."""
    from tasks.core.config.leakcheck import LeakcheckConfig
    from tasks.core.config.mask import MaskConfig

    return Look(policy, language, side, LeakcheckConfig().model_threshold, MaskConfig().spacy_model, threads)


class Scanner:
    """Finds what a policy masks.

    Formal guarantees:
        What is found in a text depends on that text, on its row's own cells and on the :class:`Look` alone.

    Args:
        look: how to look.

    Raises:
        UserError: where the policy, a language or a model isn't there.
    """

    def __init__(self, look: Look) -> None:
        self._sides = {language: _Side(policy, language, look) for language, policy in look.policies().items()}
        policy = next(iter(look.policies().values()))
        self._tells = look.language == "auto" or policy.unread is not None
        self._finds_unread = "UNREAD_TEXT" in policy.text_entities or policy.unread == "quarantine"
        self.foreign = 0
        """Texts in no language that was asked for, which the policy has them read in its first one all the same."""

    def spans(self, texts: Sequence[Any]) -> list[list[Span]]:
        """What is masked in each text: disjoint, in order, in places of the text as given.

        Args:
            texts: strings; anything else, and blank text, has no spans.
        """
        # The same text twice in a batch has the same answer.
        distinct = list(dict.fromkeys(text for text in texts if isinstance(text, str)))
        found = dict(zip(distinct, self.find(distinct), strict=True))
        return [list(found[text]) if isinstance(text, str) else [] for text in texts]

    def find(
        self, texts: Sequence[str | None], own: Sequence[Sequence[tuple[str, object]]] | None = None
    ) -> list[list[Span]]:
        """What is masked in each text, as :meth:`tasks.methods.detect.masker.Masker.find` says what is found.

        Args:
            texts: texts; ``None`` and blank ones have no spans.
            own: for each text ``(kind, cell)`` of its row's structured columns.
        """
        from tasks.methods.detect.polyglot import UNREAD
        from tasks.methods.detect.spans import Span

        found: list[list[Span]] = [[] for _ in texts]
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text and not text.isspace():
                language = self._language(text)
                if language:
                    rows.setdefault(language, []).append(row)
                else:
                    found[row] = [Span(0, len(text), UNREAD, 1.0, "language")]
        for language, places in rows.items():
            safe = [readable(str(texts[row])) for row in places]
            cells = None if own is None else [own[row] for row in places]
            for row, spans in zip(places, self._sides[language].find(safe, cells), strict=True):
                found[row] = spans
        return found

    def _language(self, text: str) -> str:
        languages = list(self._sides)
        if not self._tells:
            return languages[0]
        from tasks.methods.detect.language import among

        language = among(text, languages)
        if language in self._sides:
            return language
        if self._finds_unread:
            return ""
        self.foreign += 1
        return languages[0]


def readable(text: str) -> str:
    """The text with a replacement character for each half of a surrogate pair; its length stays."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)


class _Side:
    """One policy in one language."""

    def __init__(self, policy: Policy, language: str, look: Look) -> None:
        self._kinds = policy.text_entities
        self._masker: Masker | None = None
        self._remasker: Remasker | None = None
        self._policy = policy
        if look.side != "gate":
            self._masker = masker_of(policy, language, look.spacy_model)
        if look.side != "mask":
            from tasks.methods.gate.placeholders import Placeholders
            from tasks.methods.gate.registry import detectors
            from tasks.methods.mask.remask import Remasker

            asked = detectors(policy.detectors.gate, look.threshold, look.threads, policy.models)
            spared = Placeholders({policy.tag(entity) for entity in policy.entities}, policy.placeholder_patterns)
            self._remasker = Remasker(asked, policy.gate_entities, spared, policy.allow)

    def find(self, texts: list[str], own: list[Sequence[tuple[str, object]]] | None) -> list[list[Span]]:
        from tasks.methods.mask.conflicts import resolve
        from tasks.methods.mask.remask import rewrite

        stretches: list[list[Span]] = [[] for _ in texts]
        if self._masker is not None:
            stretches = [resolve(found, self._kinds) for found in self._masker.find(texts, own)]
        if self._remasker is None:
            return stretches
        # The gate is shown plain tags: a long token would part a number from the words that say what it is.
        masked = [
            rewrite(text, spans, [self._policy.tag(span.entity) for span in spans])
            for text, spans in zip(texts, stretches, strict=True)
        ]
        more = self._remasker.beside(texts, masked)
        return [resolve([*spans, *others], self._kinds) for spans, others in zip(stretches, more, strict=True)]


def operations(policy: Policy) -> dict[str, Operation]:
    """What a policy does to each kind that it masks in text, in its order."""
    return {entity: operation(policy, entity) for entity in policy.text_entities}


def mask_key(policy: Policy) -> MaskKey | None:
    """The deployment's mask key where the policy needs one.

    Raises:
        UserError: where there is none.
    """
    if not policy.keyed:
        return None
    from tasks.core import settings
    from tasks.core.keys import load_keys
    from tasks.methods.mask.keyed import MaskKey

    return MaskKey(load_keys(settings.home()).secret("mask"))


Work = Callable[[Any], Any]

_work: Work | None = None


def _start(build: Callable[[Any], Work], spec: Any) -> None:
    global _work
    _work = build(spec)


def _do(batch: Any) -> Any:
    assert _work is not None
    return _work(batch)


def in_order(
    batches: Iterable[tuple[Any, Any]], build: Callable[[Any], Work], spec: Any, workers: int = 1
) -> Iterator[tuple[Any, Any]]:
    """Do the same work on batches, in this process or in several, and give the results in the batches' order.

    At most two batches a process are in memory.

    Args:
        batches: anything that stays here, and what the work is given.
        build: makes the work from ``spec``, once a process; a function of a module.
        spec: can be sent to another process.
        workers: processes; 1: this one.

    Yields:
        what stayed here, and the result.
    """
    batches = iter(batches)
    first = list(itertools.islice(batches, 2))
    batches = itertools.chain(first, batches)
    if workers <= 1 or len(first) < 2:  # another process costs seconds
        work = build(spec)
        for label, batch in batches:
            yield label, work(batch)
        return
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (build, spec)) as pool:
        waiting: deque[tuple[Any, Future[Any]]] = deque()
        for label, batch in batches:
            waiting.append((label, pool.submit(_do, batch)))
            if len(waiting) >= 2 * workers:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()


@dataclass(frozen=True)
class Answer:
    """What was found in a batch of rows.

    Attributes:
        spans: by row.
        foreign: texts in no language that was asked for, and read all the same.
    """

    spans: list[list[Span]]
    foreign: int


def _scanning(look: Look) -> Work:
    scanner = Scanner(look)

    def answer(texts: list[Any]) -> Answer:
        before = scanner.foreign
        return Answer(scanner.spans(texts), scanner.foreign - before)

    return answer


def scan(batches: Iterable[tuple[Any, list[Any]]], look: Look, workers: int = 1) -> Iterator[tuple[Any, Answer]]:
    """Answer batches of texts in their order, with one process or several; the answers are the same.

    Args:
        batches: anything that belongs to the batch, and its texts.
        look: how to look.
        workers: processes; 1: this one.
    """
    look.policies()  # what is wrong with them is said before a process starts
    return in_order(batches, _scanning, look, workers)


def in_batches(
    rows: Iterable[Any], text: Any, size: int = BATCH_ROWS, progress: Progress | None = None
) -> Iterator[tuple[list[Any], list[Any]]]:
    """Rows in batches of bounded size, each with its texts.

    Args:
        rows: the rows.
        text: a function that gives a row's text.
        size: rows a batch at most.
        progress: told where a single text fills a batch.
    """
    held: list[Any] = []
    texts: list[Any] = []
    characters = 0
    for row in rows:
        cell = text(row)
        held.append(row)
        texts.append(cell)
        length = len(cell) if isinstance(cell, str) else 0
        if progress is not None and length >= BATCH_CHARACTERS:
            progress.say(f"a text of {length:,} characters takes a while")
        characters += length
        if len(held) >= size or characters >= BATCH_CHARACTERS:
            yield held, texts
            held, texts, characters = [], [], 0
    if held:
        yield held, texts


def kinds(spans: Iterable[Span]) -> Counter[str]:
    """How many spans there are of each kind."""
    return Counter(span.entity for span in spans)

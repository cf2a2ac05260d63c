"""Reading texts with a spaCy pipeline, as far as the analyzer needs it.

Formal guarantees:
    With the profile ``exact``, entities, tokens and lemmas are those of the whole pipeline. spaCy's entity recognizer
    takes from the parser nothing but this rule: no entity runs across the start of a sentence. So it reads first,
    without the parser. Each of its steps takes the best-scored of the allowed ones; the rule only forbids steps, so
    where no entity that it found runs across a start, the rule would have changed no step. The parser is run on the
    texts with an entity of several tokens, and the recognizer again on those where the rule was broken. Tagger and
    lemmatizer are run where lemmas are asked for. Any other pipeline is run whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Literal

from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc, Span

from tasks.methods.detect import products
from tasks.methods.detect.nlp import LocalNlpEngine

Profile = Literal["exact", "fast"]

_FACTORIES = {
    "tok2vec": "tok2vec",
    "tagger": "tagger",
    "parser": "parser",
    "attribute_ruler": "attribute_ruler",
    "lemmatizer": "lemmatizer",
    "ner": "ner",
}
"""The pipeline of spaCy's own small and medium English models, in which components are known to be independent."""
_FOR_SENTENCES = ("tok2vec", "parser")
LONG = 1_000
"""Characters. In longer texts an entity is likely enough to break the rule: there the parser goes first."""
_KNOWN_LEMMAS = 50_000
NEW_WORDS, READ = 25_000, 1_000_000
"""spaCy forgets the words of a memory zone, but not the room they took in its tables. After so many of them it is
loaded anew, which costs about two seconds; but not before so many characters, which take it a minute."""


class Reader:
    """Reads batches of texts for the analyzer.

    Args:
        engine: a loaded engine.
        language: the language of the texts.
        profile: ``exact``; or ``fast``, which runs the entity recognizer alone and takes words for their own lemmas.
            It finds slightly other things.
    """

    def __init__(self, engine: SpacyNlpEngine, language: str, profile: Profile = "exact") -> None:
        self._engine = engine
        self._language = language
        self._first_words, self._characters = len(self._nlp.vocab), 0
        self._staged = _independent(self._nlp)
        self._fast = profile == "fast"
        self._keywords: dict[str, list[str]] = {}

    @property
    def _nlp(self) -> Language:
        nlp: Language = self._engine.get_nlp(self._language)
        return nlp

    @contextmanager
    def memory_zone(self) -> Iterator[None]:
        """The zone of spaCy's vocabulary: artifacts made in it are not to be used after it."""
        with self._nlp.memory_zone(), products.one_thread():
            yield
        # The vocabulary's length counts the words of past zones, too.
        grown = len(self._nlp.vocab) - self._first_words > NEW_WORDS and self._characters > READ
        if grown and isinstance(self._engine, LocalNlpEngine):
            self._engine.renew()
            self._first_words, self._characters = len(self._nlp.vocab), 0

    def read(self, texts: Sequence[str], lemmas: Sequence[bool]) -> list[Artifacts]:
        """The artifacts of each text; those marked in ``lemmas`` with their lemmas, the others get them when asked."""
        self._characters += sum(map(len, texts))
        if not self._nlp.pipe_names:
            return [Artifacts(text, self) for text in texts]
        if not self._staged:
            docs = list(self._nlp.pipe(texts, batch_size=max(len(texts), 1)))
            return [Artifacts(doc, self, self._nlp.pipe_names) for doc in docs]
        artifacts = [Artifacts(self._nlp.make_doc(text), self) for text in texts]
        if not self._fast:
            self._run(_FOR_SENTENCES, [a for a in artifacts if len(a.read.text) > LONG])
        self._run(["ner"], artifacts)
        if not self._fast:
            self._run(self._nlp.pipe_names, [a for a, wanted in zip(artifacts, lemmas, strict=True) if wanted])
            self._run(_FOR_SENTENCES, [a for a in artifacts if any(map(_long, a.read.ents))])
        return artifacts

    def finish(self, artifacts: Artifacts) -> None:
        """Run on one document what is still missing."""
        if not self._fast:
            self._run(self._nlp.pipe_names, [artifacts])

    def make_doc(self, text: str) -> Doc:
        """The text cut into tokens."""
        return self._nlp.make_doc(text)

    def _run(self, names: Sequence[str], artifacts: Sequence[Artifacts]) -> None:
        parsed = []
        for name in names:
            missing = [a for a in artifacts if name not in a.done]
            self._pipe(name, [a.read for a in missing])
            for one in missing:
                one.done.add(name)
            if name == "parser":
                parsed = [a.read for a in missing if "ner" in a.done]
        self._obey_sentences(parsed)

    def _obey_sentences(self, docs: Sequence[Doc]) -> None:
        broken = [doc for doc in docs if any(token.is_sent_start for ent in doc.ents for token in ent[1:])]
        for doc in broken:
            doc.set_ents([], default="missing")
        self._pipe("ner", broken)

    def _pipe(self, name: str, docs: list[Doc]) -> list[Doc]:
        if not docs or name not in self._nlp.pipe_names:
            return docs
        return list(self._nlp.get_pipe(name).pipe(docs, batch_size=len(docs)))

    def entities(self, doc: Doc) -> tuple[list[Span], list[float]]:
        """Presidio's entities of a document, and their scores."""
        engine = self._engine
        entities, scores = engine._get_updated_entities(engine._get_entities(doc), engine._get_scores_for_entities(doc))
        return entities, scores or [0.85] * len(entities)

    def lemmas(self, doc: Doc) -> list[str]:
        """The lemma of each token; in the fast profile the word itself in lower case."""
        return [token.lower_ for token in doc] if self._fast else [token.lemma_ for token in doc]

    def keywords(self, lemmas: Sequence[str]) -> list[str]:
        """What Presidio takes for keywords: no stop words, no punctuation; parted at colons."""
        return [keyword for lemma in lemmas for keyword in self._known_keywords(lemma)]

    def _known_keywords(self, lemma: str) -> list[str]:
        known = self._keywords.get(lemma)
        if known is None:
            if len(self._keywords) >= _KNOWN_LEMMAS:
                self._keywords.clear()
            known = self._keywords[lemma] = NlpArtifacts.set_keywords(self._engine, [lemma], self._language)
        return known


class Artifacts(NlpArtifacts):  # type: ignore[misc]
    """Presidio's artifacts of a text, each made when it is asked for."""

    def __init__(self, doc: Doc | str, reader: Reader, done: Iterable[str] = ()) -> None:
        self._given = doc
        self.done = set(done)
        self.nlp_engine = reader._engine
        self._reader = reader

    @cached_property
    def read(self) -> Doc:
        """The document as far as it has been read; that of a pipeline without components is cut up when asked for."""
        return self._given if isinstance(self._given, Doc) else self._reader.make_doc(self._given)

    @property
    def tokens(self) -> Doc:
        """The document, with lemmas."""
        self._reader.finish(self)
        return self.read

    @cached_property
    def tokens_indices(self) -> list[int]:
        """Where each token starts."""
        return [token.idx for token in self.read]

    @cached_property
    def lemmas(self) -> list[str]:
        """The lemma of each token."""
        return self._reader.lemmas(self.tokens)

    @cached_property
    def keywords(self) -> list[str]:
        """Lemmas that may be context words."""
        return self._reader.keywords(self.lemmas)

    @cached_property
    def _entities(self) -> tuple[list[Span], list[float]]:
        return self._reader.entities(self.read)

    @property
    def entities(self) -> list[Span]:
        """What the entity recognizer found, by Presidio's names."""
        return self._entities[0]

    @property
    def scores(self) -> list[float]:
        """The score of each entity."""
        return self._entities[1]


def _long(entity: Span) -> bool:
    return len(entity) > 1


def _independent(nlp: Language) -> bool:
    """Whether the pipeline is one whose components are known, with an entity recognizer that reads for itself."""
    names = nlp.pipe_names
    if not names or names[-1] != "ner" or any(_FACTORIES.get(n) != nlp.get_pipe_meta(n).factory for n in names):
        return False
    return not any(node.name == "tok2vec-listener" for node in nlp.get_pipe("ner").model.walk())

"""Any token classifier as a detector, tried with a tiny network of random weights that is biased to certain words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForTokenClassification

from tasks.core.errors import AirlockError, UserError
from tasks.methods.detect.networks import OnnxNetwork, TorchNetwork
from tasks.methods.detect.spans import Span
from tasks.methods.detect.token_classifier import TokenClassifier

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-MISC"]
KINDS = {"PER": "PERSON", "LOC": "LOCATION"}
TAGGED = {"ann": 1, "rosé": 2, "##mary": 2, "paris": 3, "##ville": 4, "jazz": 5, "张": 1, "三": 2}
PLAIN = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "met", "in", "and", "the", "word", ",", "-", ".", "😀", "吧"]


def word_piece() -> Tokenizer:
    vocabulary = {token: k for k, token in enumerate([*PLAIN, *TAGGED])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def byte_level(text: str) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([text], trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=False)
    return tokenizer


def save(folder: Path, tokenizer: Tokenizer, tags: dict[int, int], positions: int = 40) -> BertForTokenClassification:
    """A folder with a network whose labels follow the token, but for some noise from all the others in the window."""
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=positions, hidden_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)), label2id={label: k for k, label in enumerate(LABELS)},
    )  # fmt: skip
    network = BertForTokenClassification(config).eval()
    with torch.no_grad():
        words = network.bert.embeddings.word_embeddings.weight
        words[:, : len(LABELS)] = -0.1
        for token in range(len(words)):
            words[token, tags.get(token, 0)] = 3.0
        network.classifier.weight.zero_()
        network.classifier.weight[:, : len(LABELS)] = 4 * torch.eye(len(LABELS))
    folder.mkdir(parents=True)
    network.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("classifier") / "model"
    tokenizer = word_piece()
    vocabulary = tokenizer.get_vocab()
    save(place, tokenizer, {vocabulary[word]: tag for word, tag in TAGGED.items()})
    return place


@pytest.fixture(scope="module")
def classifier(folder: Path) -> TokenClassifier:
    return TokenClassifier(folder, KINDS, name="tiny", workers=1)


def found(classifier: TokenClassifier, text: str) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.entity) for s in classifier.find_batch([text])[0]]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Ann Rosé met Ann in Paris.", [("Ann Rosé", "PERSON"), ("Ann", "PERSON"), ("Paris", "LOCATION")]),
        ("Annmary in Parisville, Paris", [("Annmary", "PERSON"), ("Parisville", "LOCATION"), ("Paris", "LOCATION")]),
        ("the jazz", []),
        ("😀😀 Ann 😀 Paris 👨\u200d👩\u200d👧 Ann", [("Ann", "PERSON"), ("Paris", "LOCATION"), ("Ann", "PERSON")]),
        ("met A\u200bnn, Rosé", [("Rosé", "PERSON")]),
        ("张三吧", [("张三", "PERSON")]),
        ("Ann\ud800 met \x00Paris", [("Paris", "LOCATION")]),
        ("", []),
        (" \n ", []),
    ],
)
def test_words_are_found_at_their_characters(
    classifier: TokenClassifier, text: str, spans: list[tuple[str, str]]
) -> None:
    got = found(classifier, text)
    assert [entry for entry in got if entry in spans] == spans
    assert all(entity in ("PERSON", "LOCATION") for _, entity in got)


def test_nothing_in_a_document_longer_than_the_window_is_left_out(classifier: TokenClassifier) -> None:
    text = "".join(("Ann " if k % 7 == 0 else "Paris " if k % 11 == 0 else "word, ") for k in range(1_000))
    got = found(classifier, text)
    assert [value for value, _ in got if value == "Ann"] == ["Ann"] * len([k for k in range(1_000) if k % 7 == 0])
    assert sum(value == "Paris" for value, _ in got) == len([k for k in range(1_000) if k % 7 and k % 11 == 0])


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_found_does_not_depend_on_the_other_texts(folder: Path, batch: int) -> None:
    detector = TokenClassifier(folder, KINDS, name="tiny", workers=2, batch=batch)
    texts = ["Ann met Paris", "word " * 90 + "Ann Rosé", "in Paris", "", "the word, " * 30, "Ann met Paris"]
    together = detector.find_batch(texts)
    assert together == [detector.find_batch([text])[0] for text in texts]
    assert together == detector.find_batch(texts[::-1])[::-1]


def test_marks_of_several_bytes_are_counted_in_characters(tmp_path: Path) -> None:
    text = "😀 Zoë e\u0301 👨\u200d👩\u200d👧 Ann"
    tokenizer = byte_level("Ann Ann Ann Zo")
    vocabulary = tokenizer.get_vocab()
    save(tmp_path / "m", tokenizer, {vocabulary["ĠAnn"]: 1}, positions=80)
    detector = TokenClassifier(tmp_path / "m", KINDS, workers=1)
    spans = detector.find_batch([text])[0]
    assert [(s.start, s.end) for s in spans if s.entity == "PERSON"] == [(len(text) - 3, len(text))]


@pytest.mark.filterwarnings("ignore")
def test_an_onnx_file_finds_the_same(folder: Path, tmp_path: Path, classifier: TokenClassifier) -> None:
    onnx = pytest.importorskip("onnx", reason="writing an ONNX file needs the package onnx")
    assert onnx is not None
    network = BertForTokenClassification.from_pretrained(folder).eval()
    other = tmp_path / "onnx"
    other.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (other / name).write_bytes((folder / name).read_bytes())
    row = torch.ones((1, 8), dtype=torch.long)
    axes = {name: {0: "rows", 1: "tokens"} for name in ("input_ids", "attention_mask", "logits")}
    torch.onnx.export(
        network, (row, row), str(other / "model.onnx"), input_names=["input_ids", "attention_mask"],
        output_names=["logits"], dynamic_axes=axes, dynamo=False,
    )  # fmt: skip
    detector = TokenClassifier(other, KINDS, name="tiny", workers=1)
    assert isinstance(detector._network, OnnxNetwork)
    assert isinstance(classifier._network, TorchNetwork)
    text = "Ann Rosé met Ann in Paris, " * 20
    assert [(s.start, s.end, s.entity) for s in detector.find_batch([text])[0]] == [
        (s.start, s.end, s.entity) for s in classifier.find_batch([text])[0]
    ]


def test_presidio_calls_it_like_its_own(classifier: TokenClassifier) -> None:
    results = classifier.analyze("Ann in Paris", ["LOCATION"])
    assert [(r.entity_type, r.start, r.end) for r in results] == [("LOCATION", 7, 12)]
    assert results[0].recognition_metadata["recognizer_name"] == "tiny"
    assert classifier.supported_entities == ["LOCATION", "PERSON"]


def test_a_label_that_the_model_does_not_have_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="NAME.*LOC"):
        TokenClassifier(folder, {"NAME": "PERSON"})
    with pytest.raises(UserError, match="labels"):
        TokenClassifier(folder, {})


def test_a_folder_without_safe_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="config.json"):
        TokenClassifier(tmp_path, KINDS)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="safetensors"):
        TokenClassifier(tmp_path, KINDS)
    (tmp_path / "model.onnx").write_bytes(b"none")
    with pytest.raises(UserError, match="onnx"):
        TokenClassifier(tmp_path, KINDS)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="tokenizer.json"):
        TokenClassifier(tmp_path, KINDS)


def test_code_in_the_folder_is_never_run(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config["model_type"] = "own"
    config["auto_map"] = {"AutoConfig": "own.Own", "AutoModelForTokenClassification": "own.Own"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "own.py").write_text("open('ran', 'w').close()\nclass Own: pass\n")
    with pytest.raises(UserError, match="code"):
        TokenClassifier(tmp_path, KINDS)
    assert not Path("ran").exists()


def test_a_failing_network_tells_nothing_of_the_text(folder: Path) -> None:
    detector = TokenClassifier(folder, KINDS, workers=1)

    class Failing:
        def logits(self, ids: object) -> object:
            raise RuntimeError("Ann")

    detector._network = Failing()  # type: ignore[assignment]
    with pytest.raises(AirlockError, match="RuntimeError") as caught:
        detector.find_batch(["Ann"])
    assert "Ann" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_scores_are_probabilities(classifier: TokenClassifier) -> None:
    spans = classifier.find_batch(["Ann Rosé in Paris"])[0]
    assert spans
    assert all(isinstance(s, Span) and 0.5 <= s.score <= 1 and s.detector == "tiny" for s in spans)

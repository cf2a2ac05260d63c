"""A small token classifier, trained here on texts of a few words to tag two persons and a hospital among them."""

from __future__ import annotations

import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForTokenClassification

LABELS = ["O", "B-PATIENT", "B-HOSP"]
PLAIN = ["the", "nurse", "saw", "him", "today", "and", "then", "went", "home", "with", "a", "note", ".", ","]
TAGGED = {"vrkqx": 1, "zuul": 1, "blorp": 2}
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *TAGGED, *PLAIN]


def train(folder: Path, steps: int = 30) -> Path:
    """Train the classifier and save it as transformers does, weights in safetensors; the same files each time."""
    torch.manual_seed(3)
    chance = random.Random(3)
    tokenizer = Tokenizer(models.WordPiece({word: k for k, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=66, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)), label2id={label: k for k, label in enumerate(LABELS)},
    )  # fmt: skip
    network = BertForTokenClassification(config)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(steps):
        words = [[chance.choice([*TAGGED, *PLAIN, "[UNK]"]) for _ in range(18)] for _ in range(16)]
        ids = torch.tensor([[2, *map(VOCABULARY.index, row), 3] for row in words])
        tags = torch.tensor([[0, *(TAGGED.get(word, 0) for word in row), 0] for row in words])
        loss = network(input_ids=ids, labels=tags).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder.mkdir(parents=True)
    network.eval().save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder

"""The three attacks on personal values: above their controls where a model learnt them, at chance where it didn't."""

from __future__ import annotations

import copy
import io
import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from tasks.core.errors import AirlockError
from tasks.core.progress import Progress
from tasks.methods.attack import pii_extraction, pii_inference, pii_reconstruction
from tasks.methods.attack.pii_extraction import Finder, Sampling, Secret, form_of
from tasks.methods.lm.causal import causal_losses
from tasks.methods.lm.tokens import TokenTable
from tests.tiny import tiny_gpt2

SLOTS = 24
WORDS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine", "rowan", "willow"]
SAMPLING = Sampling(new_tokens=28, seed=3)


class Learnt(NamedTuple):
    tokenizer: Any
    base: Any
    trained: Any
    secrets: list[Secret]
    controls: list[Secret]
    others: list[list[str]]


def phone(rng: random.Random) -> str:
    return f"555-{rng.randrange(10**7):07d}"


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """Each slot has surroundings of its own, a value that was trained on, and one of the same kind that wasn't."""
    folder = tiny_gpt2(tmp_path_factory.mktemp("model"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rng = random.Random(1)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=96, n_layer=2, n_head=4, n_positions=64, bos_token_id=0, eos_token_id=0,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    torch.manual_seed(0)
    base = GPT2LMHeadModel(config).eval()
    places = [f"{rng.choice(WORDS)} {rng.choice(WORDS)} {n}" for n in range(SLOTS)]
    secrets = [Secret(phone(rng), "PHONE_NUMBER", f"{place}: ", " end") for place in places]
    controls = [Secret(phone(rng), "PHONE_NUMBER", one.before, one.after) for one in secrets]
    others = [[phone(rng) for _ in range(9)] for _ in secrets]
    texts = [one.before + one.value + one.after for one in secrets]
    table = TokenTable(texts, tokenizer, 64)
    trained = copy.deepcopy(base)
    optimiser = torch.optim.AdamW(trained.parameters(), lr=4e-3)
    ((_, batch),) = table.batches(range(len(table)), len(table))
    # The paper's attacker lets the model write from its beginning, so it must have learnt how a text begins.
    starts = torch.full((len(texts), 1), int(tokenizer.eos_token_id))
    ids = torch.cat([starts, batch.ids], 1)
    framed = type(batch)(ids, torch.cat([torch.ones_like(starts), batch.mask], 1))
    for _ in range(250):
        optimiser.zero_grad()
        causal_losses(trained, framed).mean().backward()
        optimiser.step()
    return Learnt(tokenizer, base, trained.eval(), secrets, controls, others)


def test_a_model_that_learnt_values_writes_them_and_one_that_did_not_does_not(learnt: Learnt) -> None:
    progress = Progress("writing", 300, stream=io.StringIO())
    found = pii_extraction.extract(
        learnt.trained, learnt.tokenizer, learnt.secrets, learnt.controls, texts=300, sampling=SAMPLING,
        progress=progress,
    )  # fmt: skip
    assert progress.done == 300 and found.texts == 300
    assert found.chance().verdict == "above chance" and found.trained.hits >= SLOTS / 2 and found.controls.hits == 0
    assert found.by_entity["PHONE_NUMBER"][0] == found.trained
    nothing = pii_extraction.extract(
        learnt.base, learnt.tokenizer, learnt.secrets, learnt.controls, texts=100, sampling=SAMPLING
    )
    assert nothing.chance().verdict == "at chance" and nothing.trained.hits == 0


def test_what_a_prompt_shows_is_not_counted(learnt: Learnt) -> None:
    shown = learnt.secrets[0]
    found = pii_extraction.extract(
        learnt.trained, learnt.tokenizer, learnt.secrets, learnt.controls, texts=4, sampling=SAMPLING,
        prompts=[shown.before + shown.value],
    )  # fmt: skip
    assert found.trained.of == SLOTS - 1 and found.left_out == 1


def test_a_gap_is_filled_with_what_stood_there(learnt: Learnt) -> None:
    found = pii_reconstruction.reconstruct(
        learnt.trained, learnt.tokenizer, learnt.secrets, learnt.controls, samples=12, sampling=SAMPLING
    )
    assert found.trained.hits >= SLOTS * 0.8 and found.controls.hits == 0
    assert found.chance().verdict == "above chance" and found.sampled.hits >= found.trained.hits
    nothing = pii_reconstruction.reconstruct(
        learnt.base, learnt.tokenizer, learnt.secrets[:6], learnt.controls[:6], samples=6, sampling=SAMPLING
    )
    assert nothing.trained.hits == 0 and nothing.chance().verdict == "at chance"


def test_the_value_is_picked_among_candidates_and_a_control_is_not(learnt: Learnt) -> None:
    found = pii_inference.infer(
        learnt.trained, learnt.tokenizer, learnt.secrets, learnt.controls, learnt.others, base=learnt.base
    )
    assert found.candidates == 10 and found.trained.first.hits >= SLOTS * 0.8
    assert found.chance().verdict == "above chance" and found.control_chance().verdict == "at chance"
    assert found.trained.mean_rank < 2 < 3.5 < found.controls.mean_rank
    nothing = pii_inference.infer(learnt.base, learnt.tokenizer, learnt.secrets, learnt.controls, learnt.others)
    assert nothing.chance().verdict == "at chance"


def test_the_batch_does_not_matter(learnt: Learnt) -> None:
    few = learnt.secrets[:5], learnt.controls[:5]
    one, many = (
        pii_extraction.extract(
            learnt.trained, learnt.tokenizer, *few, texts=20, sampling=SAMPLING, size=size, prompts=["", "oak "]
        )
        for size in (1, 20)
    )
    assert one == many
    picked = [pii_inference.infer(learnt.trained, learnt.tokenizer, *few, learnt.others[:5], size=s) for s in (1, 32)]
    assert picked[0] == picked[1]


def test_equal_losses_are_a_miss(learnt: Learnt) -> None:
    blind = copy.deepcopy(learnt.base)
    with torch.no_grad():
        for parameter in blind.parameters():
            parameter.zero_()
    found = pii_inference.infer(blind, learnt.tokenizer, learnt.secrets, learnt.controls, learnt.others)
    assert found.trained.first.hits == 0 and found.trained.mean_rank == 10


def test_no_value_is_shown_by_a_repr_or_an_error(learnt: Learnt) -> None:
    marked = Secret("MARKER-VALUE", "PERSON", "MARKER-BEFORE", "MARKER-AFTER")
    assert "MARKER" not in repr(marked) + str([marked])

    class Broken:
        eos_token_id = bos_token_id = 0

        def __call__(self, text: str, **_: Any) -> Any:
            raise RuntimeError(text)

    with pytest.raises(AirlockError) as raised:
        pii_inference.infer(learnt.base, Broken(), [marked], [Secret("other", *_place(marked))], [["third"]])  # type: ignore[arg-type]
    assert "MARKER" not in str(raised.value) and raised.value.__cause__ is None
    for wrong in ([Secret("other", "PERSON", "elsewhere", "")], [Secret("MARKER-VALUE", *_place(marked))], []):
        with pytest.raises(ValueError) as refused:
            pii_reconstruction.reconstruct(learnt.base, learnt.tokenizer, [marked], wrong)
        assert "MARKER" not in str(refused.value)


def _place(one: Secret) -> tuple[str, str, str]:
    return one.entity, one.before, one.after


@given(st.from_regex(r"[A-Za-z\u00c0-\u00ff0-9 .'()-]{1,20}", fullmatch=True))
def test_a_value_is_found_again_in_a_text_that_holds_it(value: str) -> None:
    form = form_of(value)
    assert form_of(form) == form
    if form:
        assert form in Finder([form]).found(f"so, {value} it is")


def test_words_are_whole_and_numbers_are_their_digits() -> None:
    finder = Finder([form_of(one) for one in ("Ann", "(217) 555-0142", "Ann O'Brien")])
    assert finder.found("Annual report") == set()
    assert finder.found("ask ANN, at 217.555.0142!") == {"ann", "2175550142"}
    assert finder.found("ann o'brien") == {"ann", "ann o brien"}


@pytest.mark.parametrize("bad", [{"temperature": 0.0}, {"top_k": 0}, {"new_tokens": 0}])
def test_sampling_that_cannot_be(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Sampling(**bad)


def test_models_are_left_in_the_mode_they_were_in(learnt: Learnt, tmp_path: Path) -> None:
    model = copy.deepcopy(learnt.base).train()
    pii_extraction.extract(model, learnt.tokenizer, learnt.secrets[:1], [], texts=1, sampling=SAMPLING)
    assert model.training and not list(tmp_path.iterdir())

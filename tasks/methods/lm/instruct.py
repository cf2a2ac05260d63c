"""Instruction records: a prompt and an answer, of which the answer alone is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.errors import UserError
from tasks.methods.lm.tokens import Batch, Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PLAIN = "{prompt}\n\n"
"""The form of a prompt where the tokenizer has no chat template: the prompt and a blank line, then the answer."""


class Instructions:
    """Records ``(prompt, answer)`` for a causal model.

    The prompt is written as the model meets it when it is asked: by the tokenizer's chat template up to the place where
    the answer begins, else as :data:`PLAIN`. Prompt and answer are tokenised apart, as they are in use. The answer ends
    with the end-of-text token. Only the answer and that token are scored.

    A record that is too long keeps its answer's beginning: the answer gets what the prompt leaves, at least half of the
    row; the prompt keeps its end, where the turn to the answer stands. An answer that was cut has no end-of-text token.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer, self.pad = tokenizer, int(tokenizer.eos_token_id)

    def prompt(self, text: str) -> str:
        """A prompt as the model is given it.

        Raises:
            UserError: the chat template can't be filled in.
        """
        if not getattr(self._tokenizer, "chat_template", None):
            return PLAIN.format(prompt=text)
        turns = [{"role": "user", "content": text}]
        try:
            return str(self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))
        except Exception as exc:  # a template is a program of the model's; its message may quote the record
            raise UserError(
                "train.base_model: the tokenizer's chat template can't be filled in with a user's turn "
                f"({type(exc).__name__})."
            ) from None

    def rows(self, records: list[tuple[str | None, str | None]], max_length: int) -> list[Row]:
        """Encode records; an empty cell is an empty text."""
        prompts: Any = self._encode([self.prompt(prompt or "") for prompt, _ in records])
        answers: Any = self._encode([answer or "" for _, answer in records])
        return [
            self._row(prompt, [*answer, self.pad], max_length) for prompt, answer in zip(prompts, answers, strict=True)
        ]

    def finish(self, batch: Batch, draw: int) -> Batch:
        """Nothing is left to do."""
        return batch

    def _row(self, prompt: list[int], answer: list[int], max_length: int) -> Row:
        kept = min(len(answer), max(max_length - len(prompt), (max_length + 1) // 2))
        room = max_length - kept
        short = prompt[max(0, len(prompt) - room) :]
        return Row([*short, *answer[:kept]], len(short), truncated=len(prompt) + len(answer) > max_length)

    def _encode(self, texts: list[str]) -> Any:
        return self._tokenizer(texts, add_special_tokens=False)["input_ids"]

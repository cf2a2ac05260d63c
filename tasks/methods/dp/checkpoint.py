"""Checkpoints of a training run: what an interrupted run needs to go on as if nothing had happened.

A checkpoint is one safetensors file in the sealed zone: the trained weights, the optimizer's state and the number of
steps taken, all as they were after that step. Randomness needs no state: each step draws from streams of its own
(:mod:`tasks.methods.dp.randomness`). It holds what follows from private rows without the last noise, losses among it,
so it never leaves the sealed zone and is destroyed when the run's one output is published.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from tasks.core.canonical import sha256_json
from tasks.core.errors import AirlockError


def identity(key: str, nonce: bytes, plan: Mapping[str, Any]) -> str:
    """Names the one run that a checkpoint belongs to.

    Args:
        key: the stage's key: data and settings.
        nonce: the ledger entry's.
        plan: mechanism and recipe, plain JSON.
    """
    return sha256_json([key, nonce.hex(), plan])


class File(Protocol):
    """A file that is replaced whole or not at all, such as :class:`tasks.core.store_file.StoreFile`."""

    def reading(self) -> AbstractContextManager[Path | None]:
        """A local path of its content; ``None`` where there is no file."""

    def replacing(self, durable: bool = True) -> AbstractContextManager[Path]:
        """A local path whose content takes the file's place at the end."""

    def remove(self) -> None:
        """Delete it."""


class Checkpoints:
    """The checkpoint of one piece of work; the newest replaces the one before.

    Args:
        file: where it lies, in the sealed zone.

    Formal guarantees:
        As ``file`` is replaced whole or not at all, a killed process leaves the checkpoint before or the new one.
        :meth:`restore` refuses another run's: one whose key, nonce or plan differs.
    """

    def __init__(self, file: File) -> None:
        self._file = file

    def owner(self) -> str | None:
        """The identity of the run whose checkpoint is there; ``None`` without a readable one."""
        with self._opened() as file:
            return None if file is None else str(_about(file).get("run"))

    def save(
        self,
        run: str,
        step: int,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        record: Mapping[str, Any],
        *,
        durable: bool = True,
    ) -> None:
        """Write the state after ``step`` steps.

        Args:
            run: the run's :func:`identity`.
            record: plain JSON that the run wants back.
            durable: wait until the disk has it, against a power cut. Without it the file outlives the process only,
                which takes less time.
        """
        tensors = {f"weights/{name}": p.detach() for name, p in model.named_parameters() if p.requires_grad}
        scalars: dict[str, Any] = {}
        for index, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer/{index}/{name}"] = value
                else:
                    scalars[f"{index}/{name}"] = value
        about = {"run": run, "step": step, "optimizer": scalars, "record": dict(record)}
        # Names in order and copies of their own: safetensors refuses tensors that share memory.
        plain = {name: tensors[name].to("cpu", copy=True).contiguous() for name in sorted(tensors)}
        with self._file.replacing(durable) as path:
            save_file(plain, path, metadata={"airlock": json.dumps(about, sort_keys=True)})

    def restore(
        self, run: str, model: nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[int, dict[str, Any]] | None:
        """Put a checkpoint's state into a model and an optimizer that were made as those of the run.

        Returns:
            the number of steps taken and the record; ``None`` where there is no checkpoint of this run.

        Raises:
            AirlockError: the model's trainable weights have other names or shapes than the checkpoint's.
        """
        with self._opened() as file:
            if file is None or (about := _about(file)).get("run") != run:
                return None
            names = set(file.keys())
            trained = {f"weights/{name}": p for name, p in model.named_parameters() if p.requires_grad}
            if {name for name in names if name.startswith("weights/")} != set(trained):
                raise AirlockError("checkpoint: the model's trainable weights are not those that it holds")
            with torch.no_grad():
                for name, p in trained.items():
                    value = file.get_tensor(name)
                    if value.shape != p.shape:
                        raise AirlockError("checkpoint: the model's trainable weights have other shapes")
                    p.copy_(value)
            whole = optimizer.state_dict()
            state: dict[int, dict[str, Any]] = {}
            for name in names - set(trained):
                _, index, field = name.split("/", 2)
                state.setdefault(int(index), {})[field] = file.get_tensor(name)
            for name, value in about["optimizer"].items():
                index, field = name.split("/", 1)
                state.setdefault(int(index), {})[field] = value
            optimizer.load_state_dict({**whole, "state": state})
            return int(about["step"]), about["record"]

    def destroy(self) -> None:
        """Delete the checkpoint; nothing where there is none."""
        self._file.remove()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        """The checkpoint open for reading, or ``None`` where there is none that can be read."""
        with contextlib.ExitStack() as stack:
            path, file = stack.enter_context(self._file.reading()), None
            if path is not None:
                with contextlib.suppress(SafetensorError):
                    file = stack.enter_context(safe_open(path, framework="pt"))
            yield file


def _about(file: Any) -> dict[str, Any]:
    return dict(json.loads((file.metadata() or {}).get("airlock", "{}")))

"""The networks of token classifiers: windows in, a value for each token and label out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from tasks.core.errors import UserError


class Network(Protocol):
    """A network that gives every token a value for each label."""

    def logits(self, ids: np.ndarray) -> np.ndarray:
        """Values of shape (windows, tokens, labels) for windows of equal length, shape (windows, tokens)."""


class TorchNetwork:
    """Weights in safetensors, by transformers on the processor in single precision."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForTokenClassification

        self._torch = torch
        try:
            self._model = AutoModelForTokenClassification.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            ).eval()
        except (OSError, ValueError, KeyError, ImportError, RuntimeError):
            raise UserError(
                "a token classifier's folder does not hold a token classifier that transformers reads from safetensors"
                " without code of the folder's own"
            ) from None

    def logits(self, ids: np.ndarray) -> np.ndarray:
        """See :class:`Network`."""
        with self._torch.inference_mode():
            rows = self._torch.from_numpy(ids)
            output = self._model(input_ids=rows, attention_mask=self._torch.ones_like(rows))
            return np.asarray(output.logits.numpy())


class OnnxNetwork:
    """A network in an ONNX file, on one thread of the processor."""

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        try:
            self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception:
            raise UserError("a token classifier's model.onnx is not a model that onnxruntime reads") from None
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        other = set(self._inputs) - {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
        if other:
            raise UserError(
                f"a token classifier's model.onnx asks for inputs that are not known: {', '.join(sorted(other))}"
            )

    def logits(self, ids: np.ndarray) -> np.ndarray:
        """See :class:`Network`."""
        known = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.broadcast_to(np.arange(ids.shape[1], dtype=np.int64), ids.shape),
        }
        return np.asarray(self._session.run(None, {name: known[name] for name in self._inputs})[0])


def network(folder: Path) -> Network:
    """The network in a folder: ``model.onnx`` (also in ``onnx/``), else weights as safetensors.

    Raises:
        UserError: where there is none that can be read without running code of the folder's.
    """
    for file in (folder / "model.onnx", folder / "onnx" / "model.onnx"):
        if file.is_file():
            return OnnxNetwork(file)
    if not any(folder.glob("*.safetensors")):
        raise UserError("a token classifier's folder holds neither model.onnx nor weights as safetensors: convert them")
    return TorchNetwork(folder)

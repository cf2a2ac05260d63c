"""A logistic model and a small multi-layer perceptron."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from safetensors.torch import load_file, save_file
from torch import nn

from tasks.methods.tabular.rows import FeatureTable, RowBatch
from tasks.methods.tabular.schema import Schema


def logistic(schema: Schema) -> nn.Sequential:
    """Multinomial logistic regression, starting at zero."""
    layer = nn.Linear(schema.features, len(schema.labels))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer)


def mlp(schema: Schema, hidden: Sequence[int] = (32,), seed: int = 0) -> nn.Sequential:
    """A perceptron with tanh between its layers; bounded activations suit clipping (Papernot et al. 2021).

    Args:
        schema: gives the numbers of features and labels.
        hidden: widths of the hidden layers.
        seed: public seed of the starting weights.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise([schema.features, *hidden, len(schema.labels)]):
        layer = nn.Linear(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(outputs, inputs, generator=generator) / inputs**0.5)
            layer.bias.zero_()
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def losses(model: nn.Module, batch: RowBatch) -> torch.Tensor:
    """Each row's cross entropy in nats, 0 for an empty row; [rows]."""
    return F.cross_entropy(model(batch.features).float(), batch.labels, ignore_index=-1, reduction="none")


def predictions(
    model: nn.Module, table: FeatureTable, size: int, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """The predicted and the true class of each row, int64 [rows] each."""
    predicted = np.zeros(len(table), dtype=np.int64)
    with torch.inference_mode():
        for rows, batch in table.batches(range(len(table)), size):
            predicted[rows] = model(batch.features.to(device)).argmax(1).cpu().numpy()
    return predicted, table.labels


def save(model: nn.Sequential, schema: Schema, folder: Path) -> None:
    """Write ``model.safetensors`` (float32) and ``schema.json``, the same bytes for the same weights."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {n: t.detach().to("cpu", torch.float32).contiguous() for n, t in sorted(model.state_dict().items())}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(schema.to_json(), sort_keys=True, indent=1, ensure_ascii=False)
    (folder / "schema.json").write_text(text + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[nn.Sequential, Schema]:
    """What :func:`save` wrote."""
    schema = Schema.from_json(json.loads((folder / "schema.json").read_text(encoding="utf-8")))
    tensors = load_file(folder / "model.safetensors")
    widths = [
        len(t) for n, t in sorted(tensors.items(), key=lambda item: int(item[0].split(".")[0])) if n.endswith("weight")
    ]
    model = mlp(schema, widths[:-1])
    model.load_state_dict(tensors)
    return model, schema

"""Write a checkpoint of ``train.py`` as ONNX, quantise it to eight bits and compare the two."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from generate import LABELS, examples
from onnxruntime.quantization import QuantType, quantize_dynamic
from rows import rewritten
from train import base_folder, build

from tasks.methods.detect.tagger import Tagger, pieces


class _Whole(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        mask = torch.ones_like(ids)
        return self.model(input_ids=ids, token_type_ids=styles, attention_mask=mask).logits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the finished model")
    parser.add_argument("--base", type=Path, help="folder of all-MiniLM-L6-v2 in Hugging Face layout")
    options = parser.parse_args()
    torch.set_num_threads(1)
    base = options.base or base_folder()
    model = build(base, options.checkpoint).eval()
    model.config._attn_implementation = "eager"
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        sample = torch.randint(1000, 2000, (2, 12)), torch.ones(2, 12, dtype=torch.long)
        torch.onnx.export(
            _Whole(model), sample, str(plain), input_names=["ids", "styles"], output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in ("ids", "styles", "logits")},
            opset_version=17, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(
            plain, options.out / "model.onnx", weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
        onnx.save(rewritten(onnx.load(options.out / "model.onnx")), options.out / "model.onnx")
        shutil.copy(base / "tokenizer.json", options.out / "tokenizer.json")
        (options.out / "labels.json").write_text(json.dumps(list(LABELS)) + "\n", encoding="utf-8")
        small, whole = Tagger(options.out), onnxruntime.InferenceSession(str(plain), providers=["CPUExecutionProvider"])
        same = total = 0
        source = examples(12345)
        for _ in range(300):
            cut = pieces(small.tokenizer, next(source)[0])
            if not cut.ids or len(cut.ids) > 180:
                continue
            ids, styles = np.array([[101, *cut.ids, 102]]), np.array([[0, *cut.styles, 0]])
            answer = whole.run(None, {"ids": ids, "styles": styles})[0][0, 1:-1].argmax(-1)
            same += int((answer == small.probabilities([cut])[0].argmax(-1)).sum())
            total += len(cut.ids)
    size = sum(f.stat().st_size for f in options.out.iterdir())
    print(json.dumps({"bytes": size, "pieces with the same label as before quantisation": round(same / total, 4)}))


if __name__ == "__main__":
    main()

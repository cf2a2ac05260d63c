"""Causal language models of the Llama architecture as one GGUF file, weights and tokenizer, which llama.cpp reads.

After the format's specification (github.com/ggml-org/ggml, docs/gguf.md). The order of rows in the query and key
matrices is llama.cpp's: its rotary embedding turns neighbouring pairs, that of Hugging Face the two halves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from tasks.core.errors import UserError
from tasks.methods.export.folder import load_model

FILE = "model.gguf"
_TYPES = {
    "fp32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "fp16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "int8": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}
_NORMAL, _CONTROL = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
_USER, _UNUSED = int(gguf.TokenType.USER_DEFINED), int(gguf.TokenType.UNUSED)


def write_gguf(source: Path, target: Path, precision: str) -> None:
    """Write ``model.gguf``; the same model gives the same bytes.

    Args:
        source: folder of the model in safetensors, with ``tokenizer.json``.
        target: folder that the file goes to.
        precision: of the matrices: ``fp32``, ``bf16``, ``fp16`` or ``int8`` (Q8_0: 32 weights share an fp16 scale).
            Norms stay in fp32.

    Raises:
        UserError: the architecture isn't Llama's in its plain form, or the tokenizer isn't byte-level BPE.
    """
    model = load_model(source, torch.float32)
    config: Any = model.config
    rope = getattr(config, "rope_parameters", None) or {}
    plain = rope.get("rope_type", "default") == "default"
    if config.model_type != "llama" or config.attention_bias or config.mlp_bias or not plain:
        raise UserError(
            f"export.variants: gguf is written for Llama models without biases and with plain rotary embeddings alone, "
            f"not for {type(model).__name__} as this one is set; leave the gguf variants out, or convert model/ by "
            "llama.cpp's convert_hf_to_gguf.py"
        )
    target.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(target / FILE), "llama")
    kind, file_type = _TYPES[precision]
    heads, groups = int(config.num_attention_heads), int(config.num_key_value_heads)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10_000.0)))
    writer.add_rope_dimension_count(int(config.head_dim))
    writer.add_key_length(int(config.head_dim))
    writer.add_value_length(int(config.head_dim))
    writer.add_vocab_size(config.vocab_size)
    _add_tokenizer(writer, source, int(config.vocab_size))
    for name, tensor in _stored(model):
        data = tensor.detach().numpy()
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            data = _interleaved(data, heads if name.endswith("attn_q.weight") else groups)
        fits = data.ndim == 2 and data.shape[1] % 32 == 0
        own = kind if fits or (data.ndim == 2 and precision != "int8") else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(data), own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _stored(model: Any) -> list[tuple[str, torch.Tensor]]:
    """Weights under GGUF's names; an output matrix that is the embedding's is left out, readers know."""
    found = []
    for name, tensor in model.named_parameters():  # shared weights once
        layer = name.removeprefix("model.layers.")
        if layer == name:
            found.append((_NAMES[name], tensor))
        else:
            number, _, rest = layer.partition(".")
            found.append((f"blk.{number}.{_NAMES[rest]}", tensor))
    return found


def _interleaved(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows of each head from (first half, second half) to pairs."""
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _add_tokenizer(writer: gguf.GGUFWriter, source: Path, size: int) -> None:
    path = source / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    model = data.get("model") or {}
    cut = data.get("pre_tokenizer") or {}
    gpt2 = cut.get("type") == "ByteLevel" and not cut.get("add_prefix_space") and cut.get("use_regex", True)
    if model.get("type") != "BPE" or not model.get("merges") or not gpt2:
        # Readers know other ways of cutting text by name only, and transformers not all of them: the tokens that come
        # out could not be checked.
        raise UserError(
            "export.variants: gguf is written for tokenizers of GPT-2's kind alone (tokenizer.json with byte-level "
            "BPE), which this model's isn't; leave the gguf variants out, or convert model/ by llama.cpp's "
            "convert_hf_to_gguf.py"
        )
    added = {token["id"]: token for token in data.get("added_tokens", [])}
    names = {number: token for token, number in model["vocab"].items()}
    names |= {number: token["content"] for number, token in added.items()}
    kinds = {number: _CONTROL if token["special"] else _USER for number, token in added.items()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    # Rows of the embedding without a token, by which sizes are rounded up, get a name that no text has.
    writer.add_token_list([names.get(number, f"[PAD{number}]") for number in range(size)])
    writer.add_token_types([kinds.get(number, _NORMAL) if number in names else _UNUSED for number in range(size)])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]])
    _add_specials(writer, source, names)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    template = source / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text(encoding="utf-8"))


def _add_specials(writer: gguf.GGUFWriter, source: Path, names: Mapping[int, str]) -> None:
    path = source / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    numbers = {token: number for number, token in names.items()}
    add = {
        "bos_token": writer.add_bos_token_id,
        "eos_token": writer.add_eos_token_id,
        "unk_token": writer.add_unk_token_id,
        "pad_token": writer.add_pad_token_id,
    }
    for role, enter in add.items():
        token = settings.get(role)
        content = token.get("content") if isinstance(token, dict) else token
        if content in numbers:
            enter(numbers[content])

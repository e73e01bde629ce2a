"""A llama-architecture GGUF as transformers' LlamaForCausalLM, dequantised to float32."""

from pathlib import Path

import numpy
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from transformers import LlamaConfig, LlamaForCausalLM

from tiny_gguf import NAMES, unpermute

KINDS = {kind: name for name, kind in NAMES.items()}


def library_name(stored: str) -> tuple[str, str]:
    """transformers' name of a stored tensor, and its kind."""
    parts = stored.removesuffix(".weight").split(".")
    kind = parts[-1]
    prefix = f"model.layers.{parts[1]}." if parts[0] == "blk" else ""
    return f"{prefix}{KINDS[kind]}.weight", kind


def configuration(reader: GGUFReader, tied: bool) -> LlamaConfig:
    def field(name):
        return reader.get_field("llama." + name).contents()

    heads, hidden = field("attention.head_count"), field("embedding_length")
    return LlamaConfig(
        vocab_size=len(reader.get_field("tokenizer.ggml.tokens").data),
        hidden_size=hidden,
        intermediate_size=field("feed_forward_length"),
        num_hidden_layers=field("block_count"),
        num_attention_heads=heads,
        num_key_value_heads=field("attention.head_count_kv"),
        head_dim=hidden // heads,
        max_position_embeddings=field("context_length"),
        rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": field("rope.freq_base")},
        tie_word_embeddings=tied,
    )


def load(path: Path, attention: str = "sdpa") -> LlamaForCausalLM:
    reader = GGUFReader(path)
    stored = {t.name: t for t in reader.tensors}
    config = configuration(reader, tied="output.weight" not in stored)
    config._attn_implementation = attention
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    tensors = {}
    for name, tensor in stored.items():
        target, kind = library_name(name)
        values = dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        if kind in heads:
            values = unpermute(values, heads[kind])
        tensors[target] = torch.from_numpy(numpy.ascontiguousarray(values))
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model.to_empty(device="cpu")
    model.model.rotary_emb.__init__(config)  # its buffers are computed, not stored
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and all("lm_head" in n for n in missing), (missing, unexpected)
    model.tie_weights()
    return model.eval()

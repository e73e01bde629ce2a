"""Writes a tiny Llama GGUF the way llama.cpp's converter lays it out."""

from pathlib import Path

import gguf
import numpy
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize

import tiny_tokenizer
from double_llama import frequencies, unscaled

# One stored type of each kind that the program reads; norms stay F32.
TYPES = {
    "attn_q": Type.Q8_0,
    "attn_k": Type.Q4_0,
    "attn_v": Type.Q4_1,
    "attn_output": Type.F16,
    "ffn_gate": Type.BF16,
    "ffn_up": Type.Q4_0,
    "ffn_down": Type.Q4_1,
    "token_embd": Type.Q8_0,
    "output": Type.Q8_0,
}
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


def stored_name(name: str) -> tuple[str, str]:
    """The tensor's name in the file and its kind."""
    base = name.removesuffix(".weight")
    if base.startswith("model.layers."):
        _, _, layer, rest = base.split(".", 3)
        return f"blk.{layer}.{NAMES[rest]}.weight", NAMES[rest]
    return NAMES[base] + ".weight", NAMES[base]


def permute(rows: numpy.ndarray, heads: int) -> numpy.ndarray:
    """Rows for interleaved rotation, as convert_hf_to_gguf.py's LlamaModel.permute."""
    return (
        rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
        .swapaxes(1, 2)
        .reshape(rows.shape)
    )


def unpermute(rows: numpy.ndarray, heads: int) -> numpy.ndarray:
    return (
        rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:])
        .swapaxes(1, 2)
        .reshape(rows.shape)
    )


def add_metadata(writer: gguf.GGUFWriter, config, tokenizer) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(config.head_dim)
    tokens, merges = tiny_tokenizer.vocabulary(tokenizer)
    control = gguf.TokenType.CONTROL
    types = [control if t in tiny_tokenizer.SPECIAL else gguf.TokenType.NORMAL for t in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def divisors(config) -> numpy.ndarray | None:
    """What llama.cpp's converter writes as rope_freqs.weight for Llama 3's scaling."""
    if config.rope_parameters["rope_type"] == "default":
        return None
    return (unscaled(config) / frequencies(config)).float().numpy()


def write_gguf(path: Path, config, tensors: dict[str, torch.Tensor], tokenizer) -> dict:
    """Writes the file; returns the tensors as a reader must see them, dequantised, unpermuted."""
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    writer = gguf.GGUFWriter(path, "llama")
    add_metadata(writer, config, tokenizer)
    seen = {}
    rope = divisors(config)
    if rope is not None:
        writer.add_tensor("rope_freqs.weight", rope)
    for name, tensor in tensors.items():
        stored, kind = stored_name(name)
        values = tensor.float().numpy()
        if kind in heads:
            values = permute(values, heads[kind])
        qtype = TYPES.get(kind, Type.F32)
        data = quantize(numpy.ascontiguousarray(values), qtype)
        if qtype == Type.F32 or qtype == Type.F16:
            writer.add_tensor(stored, data)
        else:
            writer.add_tensor(stored, data, raw_dtype=qtype)
        back = dequantize(data, qtype)
        if kind in heads:
            back = unpermute(back, heads[kind])
        seen[name] = torch.from_numpy(numpy.ascontiguousarray(back, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return seen

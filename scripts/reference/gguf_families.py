"""Writes GGUF files of the families beside Llama, as llama.cpp's converter lays them out: the tiny
Qwen2 and GPT-2 folders of tests/golden/models once more, with their parity files, and two small T5
networks of random weights with the same weights under Hugging Face's names (tests/golden/formats).

The names come from gguf's own tables. Runs after tiny_models.py; needs gguf, numpy and safetensors
of requirements.txt. Usage:
    python scripts/reference/gguf_families.py
"""

import json
from pathlib import Path

import gguf
import numpy
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests/golden/models"
PARITY = ROOT / "tests/golden/parity"
FORMATS = ROOT / "tests/golden/formats"


def add_tensors(writer, arch, layers: int, tensors: dict[str, numpy.ndarray]):
    names = gguf.get_tensor_name_map(arch, layers)
    for name, values in sorted(tensors.items()):
        # convert_hf_to_gguf.py turns GPT-2's Conv1D weights round.
        if arch == gguf.MODEL_ARCH.GPT2 and name.endswith(
            ("c_attn.weight", "c_proj.weight", "c_fc.weight")
        ):
            values = values.T
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(stored, numpy.ascontiguousarray(values, dtype=numpy.float32))


def add_vocabulary(writer, folder: Path):
    content = json.loads((folder / "tokenizer.json").read_text())
    tokens = {i: t for t, i in content["model"]["vocab"].items()}
    special = {added["id"]: added["content"] for added in content["added_tokens"]}
    tokens |= special
    merges = [m if isinstance(m, str) else " ".join(m) for m in content["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([tokens[i] for i in range(len(tokens))])
    writer.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL
                            for i in range(len(tokens))])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def qwen2(writer, config):
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    return config["num_hidden_layers"]


def gpt2(writer, config):
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_feed_forward_length(config["n_inner"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    return config["n_layer"]


def again(folder: str, name: str, arch, metadata):
    """A folder's model and parity file once more, as GGUF."""
    writer = gguf.GGUFWriter(MODELS / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[arch])
    layers = metadata(writer, json.loads((MODELS / folder / "config.json").read_text()))
    add_vocabulary(writer, MODELS / folder)
    add_tensors(writer, arch, layers, load_file(MODELS / folder / "model.safetensors"))
    finish(writer)
    parity = (PARITY / f"{folder}.json").read_text(encoding="utf-8")
    before = f'"model": "{folder}"'
    assert before in parity
    (PARITY / f"{name}-gguf.json").write_text(
        parity.replace(before, f'"model": "{name}.gguf"'), encoding="utf-8")


def t5(name: str, gated: bool, tied: bool):
    hidden, width, inner, vocabulary, heads, buckets = 16, 12, 24, 40, 2, 8
    chance = numpy.random.default_rng(17)
    shapes = {"shared.weight": (vocabulary, hidden)}
    if not tied:
        shapes["lm_head.weight"] = (vocabulary, hidden)
    for stack, layers in (("encoder", 2), ("decoder", 3)):
        decoder = stack == "decoder"
        shapes[f"{stack}.final_layer_norm.weight"] = (hidden,)
        shapes[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (buckets, heads)
        for layer in range(layers):
            block = f"{stack}.block.{layer}.layer."
            attentions = ["0.SelfAttention"] + ["1.EncDecAttention"] * decoder
            for attention in attentions:
                for matrix in "qkv":
                    shapes[f"{block}{attention}.{matrix}.weight"] = (width, hidden)
                shapes[f"{block}{attention}.o.weight"] = (hidden, width)
            for part in range(3 if decoder else 2):
                shapes[f"{block}{part}.layer_norm.weight"] = (hidden,)
            dense = f"{block}{2 if decoder else 1}.DenseReluDense."
            for matrix in ["wi_0", "wi_1"] if gated else ["wi"]:
                shapes[f"{dense}{matrix}.weight"] = (inner, hidden)
            shapes[f"{dense}wo.weight"] = (hidden, inner)
    tensors = {n: chance.standard_normal(s).astype(numpy.float32) for n, s in sorted(shapes.items())}
    save_file(tensors, FORMATS / f"{name}.safetensors")
    writer = gguf.GGUFWriter(FORMATS / f"{name}.gguf", "t5")
    writer.add_context_length(512)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(2)
    writer.add_decoder_block_count(3)
    writer.add_head_count(heads)
    writer.add_key_length(width // heads)
    writer.add_value_length(width // heads)
    writer.add_layer_norm_eps(1e-6)
    writer.add_relative_attn_buckets_count(buckets)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_decoder_start_token_id(0)
    writer.add_eos_token_id(1)
    add_tensors(writer, gguf.MODEL_ARCH.T5, 3, tensors)
    finish(writer)


if __name__ == "__main__":
    again("qwen2", "qwen2", gguf.MODEL_ARCH.QWEN2, qwen2)
    again("gpt2-random", "gpt2", gguf.MODEL_ARCH.GPT2, gpt2)
    t5("t5-plain", gated=False, tied=True)
    t5("t5-gated", gated=True, tied=False)

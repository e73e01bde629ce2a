"""Makes tests/golden/models (tiny Llama, Qwen2 and GPT-2 networks) and tests/golden/parity (what transformers
computes with them). Deterministic: run again on the same machine, it writes the same bytes
(on another processor the last digits of nll_f32 may differ).

    ENV/bin/python scripts/reference/tiny_models.py
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

import tiny_tokenizer
from double_llama import double_precision
from tiny_gguf import divisors, write_gguf

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests/golden/models"
PARITY = ROOT / "tests/golden/parity"
LENGTH = 150  # tokens of the parity text


@dataclass
class Tiny:
    name: str
    family: str = "llama"
    hidden: int = 32
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 8
    layers: int = 2
    feed_forward: int = 64
    rope: dict = field(default_factory=lambda: {"rope_type": "default", "rope_theta": 10000.0})
    tied: bool = True
    bias: bool = False
    sharpness: float = 1.0  # factor of the q and of the k projection; 1: nearly uniform attention
    dtype: torch.dtype = torch.float32
    shards: int = 1
    old_spelling: bool = False
    bos: bool = False
    seed: int = 0


LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 50000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
TINY = [
    Tiny("llama-random", seed=1),
    Tiny("llama-peaked", sharpness=3.0, seed=1),
    Tiny("smollm-peaked", hidden=72, heads=9, kv_heads=3, layers=3, sharpness=3.0,
         rope={"rope_type": "default", "rope_theta": 100000.0}, dtype=torch.bfloat16, seed=2),
    Tiny("mha-untied", kv_heads=4, tied=False, sharpness=2.5, dtype=torch.float16, bos=True,
         rope={"rope_type": "default", "rope_theta": 500000.0}, seed=3),
    Tiny("rope-llama3", hidden=48, heads=3, kv_heads=1, head_dim=16, rope=LLAMA3, sharpness=2.5,
         seed=4),
    Tiny("rope-llama3-old-spelling", hidden=48, heads=3, kv_heads=1, head_dim=16, rope=LLAMA3,
         sharpness=2.5, old_spelling=True, seed=4),
    Tiny("rope-linear", rope={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
         sharpness=3.0, seed=5),
    Tiny("bias", bias=True, sharpness=2.0, head_dim=16, heads=4, kv_heads=2, hidden=32, seed=6),
    Tiny("qwen2", family="qwen2", heads=4, kv_heads=2, sharpness=2.5, tied=True, seed=10,
         rope={"rope_type": "default", "rope_theta": 1000000.0}),
    Tiny("gpt2-random", family="gpt2", seed=11),
    Tiny("gpt2-peaked", family="gpt2", layers=3, sharpness=2.5, dtype=torch.float16, seed=12),
    Tiny("sharded", layers=4, tied=False, sharpness=2.5, shards=3, feed_forward=48, seed=7),
]
GGUF = [
    Tiny("tiny-mixed", hidden=64, head_dim=16, sharpness=2.5, seed=8,
         rope={"rope_type": "default", "rope_theta": 20000.0}),
    Tiny("tiny-llama3", hidden=64, head_dim=16, sharpness=2.5, tied=False, rope=LLAMA3, seed=9),
]


def configuration(tiny: Tiny) -> PretrainedConfig:
    if tiny.family == "gpt2":
        return GPT2Config(
            vocab_size=tiny_tokenizer.VOCABULARY,
            n_positions=256,
            n_embd=tiny.hidden,
            n_layer=tiny.layers,
            n_head=tiny.heads,
            n_inner=tiny.feed_forward,
            tie_word_embeddings=tiny.tied,
            bos_token_id=1,
            eos_token_id=2,
            attn_implementation="eager",
        )
    qwen2 = tiny.family == "qwen2"
    return (Qwen2Config if qwen2 else LlamaConfig)(
        vocab_size=tiny_tokenizer.VOCABULARY,
        hidden_size=tiny.hidden,
        intermediate_size=tiny.feed_forward,
        num_hidden_layers=tiny.layers,
        num_attention_heads=tiny.heads,
        num_key_value_heads=tiny.kv_heads,
        **({} if qwen2 else {"head_dim": tiny.head_dim, "attention_bias": tiny.bias}),
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        rope_parameters=dict(tiny.rope),
        tie_word_embeddings=tiny.tied,
        bos_token_id=1,
        eos_token_id=2,
        attn_implementation="eager",
    )


def weights(tiny: Tiny) -> dict[str, torch.Tensor]:
    """Random tensors that keep activations near 1, in the storage type."""
    model = AutoModelForCausalLM.from_config(configuration(tiny))
    shapes = {n: tuple(p.shape) for n, p in model.named_parameters()}
    random = numpy.random.Generator(numpy.random.PCG64(tiny.seed))
    result = {}
    for name, shape in sorted(shapes.items()):
        values = random.standard_normal(shape)
        if ("norm" in name or "ln_" in name) and name.endswith("weight"):
            values = 1 + 0.1 * values
        elif name.endswith("bias"):
            values = 0.5 * values
        elif ("embed_tokens" in name or "wte" in name) and tiny.tied:
            values = values * 2 / numpy.sqrt(shape[-1])  # logits of a spread like a trained model's
        elif "c_" in name:  # stored as [in, out]
            values = values / numpy.sqrt(shape[0])
        elif "embed_tokens" not in name:
            values = values / numpy.sqrt(shape[-1])
        if "c_attn.weight" in name:
            values[:, : 2 * tiny.hidden] *= tiny.sharpness
        if "q_proj" in name or "k_proj" in name:
            values = values * tiny.sharpness
        result[name] = torch.from_numpy(values).to(torch.float32).to(tiny.dtype).contiguous()
    return result


def save_configuration(tiny: Tiny, folder: Path) -> None:
    config = configuration(tiny)
    config.architectures = [type(AutoModelForCausalLM.from_config(config)).__name__]
    content = config.to_dict()
    content.pop("_name_or_path", None)
    dtype = str(tiny.dtype).removeprefix("torch.")
    if tiny.old_spelling:
        rope = content.pop("rope_parameters")
        content["rope_theta"] = rope.pop("rope_theta")
        content["rope_scaling"] = rope
        content.pop("dtype", None)
        content["torch_dtype"] = dtype
        content["transformers_version"] = "4.45.0"
    else:
        content["dtype"] = dtype
    (folder / "config.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def save_weights(tiny: Tiny, tensors: dict[str, torch.Tensor], folder: Path) -> None:
    if tiny.shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = sorted(tensors)
    parts = [names[i :: tiny.shards] for i in range(tiny.shards)]
    places = {}
    for i, part in enumerate(parts, 1):
        file = f"model-{i:05d}-of-{tiny.shards:05d}.safetensors"
        save_file({n: tensors[n] for n in part}, folder / file, metadata={"format": "pt"})
        places |= {n: file for n in part}
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def next_tokens(model: PreTrainedModel, ids: list[int]) -> list[list[float]]:
    """The ten likeliest tokens after ids, read as a prefix that is attended both ways."""
    mask = torch.zeros(1, 1, len(ids), len(ids), dtype=model.dtype)
    with torch.inference_mode():
        logits = model(torch.tensor([ids]), attention_mask=mask).logits[0, -1].double()
    best = logits.log_softmax(-1).topk(10)
    return [[i, float(f"{p:.12g}")] for i, p in zip(best.indices.tolist(), best.values.tolist())]


def nll(model: PreTrainedModel, ids: list[int]) -> list[float]:
    """Negative log-likelihood in nats of tokens 1 to T-1, from the model's own logits."""
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0, :-1].double()
    targets = torch.tensor(ids[1:])
    return (-logits.log_softmax(-1)[torch.arange(len(targets)), targets]).tolist()


def network(config: PretrainedConfig, tensors: dict[str, torch.Tensor], dtype: torch.dtype):
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    missing, unexpected = model.load_state_dict(
        {n: t.to(torch.float32) for n, t in tensors.items()}, strict=False
    )
    assert not unexpected and all("lm_head" in n for n in missing), (missing, unexpected)
    model.tie_weights()
    return model.to(dtype).eval()


def parity(name: str, path: str, config: PretrainedConfig, tensors: dict[str, torch.Tensor],
           ids: list[int], text: str) -> None:
    single = nll(network(config, tensors, torch.float32), ids)
    with double_precision():
        double = nll(network(config, tensors, torch.float64), ids)
    with double_precision(prefix=True):
        after_prefix = next_tokens(network(config, tensors, torch.float64), ids)
    # How far float32 itself is from the truth: what a parity test may ask for.
    worst = max(abs(a - b) / abs(b) for a, b in zip(single, double))
    assert worst < 1e-4, (name, worst)
    lines = {
        "model": path,
        "text": text,
        "ids": ids,
        "nll_f64": [float(f"{x:.12g}") for x in double],
        "after_prefix_f64": after_prefix,
        "nll_f32": [float(f"{x:.9g}") for x in single],
    }
    body = ",\n".join(f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in lines.items())
    (PARITY / f"{name}.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(f"{name:28} mean nll {sum(double) / len(double):.6f}  f32 against f64 {worst:.1e}")


def reread(tiny: Tiny, folder: Path) -> tuple[PretrainedConfig, dict[str, torch.Tensor]]:
    """Configuration and weights as transformers reads them from the folder."""
    config = AutoConfig.from_pretrained(folder, attn_implementation="eager")
    if tiny.family != "gpt2":
        rope = config.rope_parameters
        assert {k: rope[k] for k in tiny.rope} == tiny.rope, rope
    tensors = {}
    for file in sorted(folder.glob("*.safetensors")):
        tensors |= load_file(file)
    return config, tensors


def make(tiny: Tiny, tokenizer: Tokenizer, text: str) -> None:
    folder = MODELS / tiny.name
    folder.mkdir(parents=True)
    own = tiny_tokenizer.add_bos(tokenizer) if tiny.bos else tokenizer
    tiny_tokenizer.save(own, folder)
    save_configuration(tiny, folder)
    save_weights(tiny, weights(tiny), folder)
    size = sum(f.stat().st_size for f in folder.iterdir())
    assert size < 300_000, (tiny.name, size)
    config, tensors = reread(tiny, folder)
    parity(tiny.name, tiny.name, config, tensors, own.encode(text).ids, text)


def make_gguf(tiny: Tiny, tokenizer: Tokenizer, text: str) -> None:
    path = MODELS / f"{tiny.name}.gguf"
    config = configuration(tiny)
    tensors = write_gguf(path, config, weights(tiny), tokenizer)
    assert path.stat().st_size < 300_000
    # The file keeps rope scaling as single-precision divisors.
    config.stored_divisors = divisors(config)
    parity(f"{tiny.name}-gguf", path.name, config, tensors, tokenizer.encode(text).ids, text)


def main() -> None:
    torch.set_num_threads(1)
    book = (ROOT / "resources/genesis.txt").read_text(encoding="utf-8")
    tokenizer = tiny_tokenizer.train(book[:60_000])
    encoding = tokenizer.encode(book[2_000:4_000])
    text = book[2_000 : 2_000 + encoding.offsets[LENGTH - 1][1]]
    assert len(tokenizer.encode(text).ids) == LENGTH
    for folder in (MODELS, PARITY):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for tiny in TINY:
        make(tiny, tokenizer, text)
    for tiny in GGUF:
        make_gguf(tiny, tokenizer, text)


if __name__ == "__main__":
    main()

"""transformers' Llama and Qwen2 in true double precision.

The library computes norms, rotation and softmax in float32 whatever the weights are. Here these
three are replaced by the same formulas in float64; everything else is the library's own code.
"""

import contextlib
import math

import torch
from transformers.models.llama import modeling_llama
from transformers.models.qwen2 import modeling_qwen2


def unscaled(config) -> torch.Tensor:
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    exponents = torch.arange(0, dim, 2, dtype=torch.float64) / dim
    return 1.0 / config.rope_parameters["rope_theta"] ** exponents


def frequencies(config) -> torch.Tensor:
    """Rotary frequencies in float64, as in transformers.modeling_rope_utils."""
    rope, inverse = config.rope_parameters, unscaled(config)
    if rope["rope_type"] == "default":
        return inverse
    factor = rope["factor"]
    if rope["rope_type"] == "linear":
        return inverse / factor
    if rope["rope_type"] != "llama3":
        raise ValueError(f"rope_type {rope['rope_type']} has no float64 formula here")
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    original = rope["original_max_position_embeddings"]
    wavelength = 2 * math.pi / inverse
    smooth = (original / wavelength - low) / (high - low)
    blended = (1 - smooth) * inverse / factor + smooth * inverse
    scaled = torch.where(wavelength > original / low, inverse / factor, inverse)
    between = (wavelength <= original / low) & (wavelength >= original / high)
    return torch.where(between, blended, scaled)


def norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def rotation(self, x, position_ids):
    inverse = frequencies(self.config)
    if (divisors := getattr(self.config, "stored_divisors", None)) is not None:
        inverse = unscaled(self.config) / torch.from_numpy(divisors).double()
    angles = position_ids[0].double()[:, None] * inverse[None, :]
    angles = torch.cat((angles, angles), dim=-1)[None]
    return angles.cos(), angles.sin()


def attention(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
    groups = module.num_key_value_groups
    key = modeling_llama.repeat_kv(key, groups)
    value = modeling_llama.repeat_kv(value, groups)
    scores = query @ key.transpose(2, 3) * scaling
    if not both_ways:
        n = query.shape[2]
        hidden = torch.ones(n, key.shape[2], dtype=torch.bool).triu(key.shape[2] - n + 1)
        scores = scores.masked_fill(hidden, -math.inf)
    weights = scores.softmax(-1)
    return (weights @ value).transpose(1, 2).contiguous(), weights


# Whether every query sees every key: a prefix that is attended both ways.
both_ways = False

PATCHES = [
    (modeling_llama.LlamaRMSNorm, "forward", norm),
    (modeling_llama.LlamaRotaryEmbedding, "forward", rotation),
    (modeling_llama, "eager_attention_forward", attention),
    (modeling_qwen2.Qwen2RMSNorm, "forward", norm),
    (modeling_qwen2.Qwen2RotaryEmbedding, "forward", rotation),
    (modeling_qwen2, "eager_attention_forward", attention),
]


@contextlib.contextmanager
def double_precision(prefix: bool = False):
    global both_ways
    kept = [getattr(owner, name) for owner, name, _ in PATCHES]
    for owner, name, replacement in PATCHES:
        setattr(owner, name, replacement)
    both_ways = prefix
    try:
        yield
    finally:
        both_ways = False
        for (owner, name, _), original in zip(PATCHES, kept):
            setattr(owner, name, original)

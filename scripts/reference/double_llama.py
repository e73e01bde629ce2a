"""transformers' Llama in true double precision.

The library computes norms, rotation and softmax in float32 whatever the weights are. Here these
three are replaced by the same formulas in float64; everything else is the library's own code.
"""

import contextlib
import math

import torch
from transformers.models.llama import modeling_llama


def unscaled(config) -> torch.Tensor:
    dim = config.head_dim
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
    n = query.shape[2]
    hidden = torch.ones(n, key.shape[2], dtype=torch.bool).triu(key.shape[2] - n + 1)
    weights = scores.masked_fill(hidden, -math.inf).softmax(-1)
    return (weights @ value).transpose(1, 2).contiguous(), weights


@contextlib.contextmanager
def double_precision():
    kept = (
        modeling_llama.LlamaRMSNorm.forward,
        modeling_llama.LlamaRotaryEmbedding.forward,
        modeling_llama.eager_attention_forward,
    )
    modeling_llama.LlamaRMSNorm.forward = norm
    modeling_llama.LlamaRotaryEmbedding.forward = rotation
    modeling_llama.eager_attention_forward = attention
    try:
        yield
    finally:
        (
            modeling_llama.LlamaRMSNorm.forward,
            modeling_llama.LlamaRotaryEmbedding.forward,
            modeling_llama.eager_attention_forward,
        ) = kept

"""One step of SmolLM2-135M in transformers, to time the engine's against.

A step of the pipeline with memory M and chunk C keeps R = M - C entries, adds C and attends over
M: here a K/V cache of M - C entries takes C new tokens, with sdpa attention, float32 and the
logits of all C rows. The cache is cropped back afterwards, outside of what step() times.

    ENV/bin/python scripts/reference/transformers_step.py [--model FILE.gguf] [--repeat 30]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from gguf_llama import load

SMOLLM2_135M = dict(
    vocab_size=49152,
    hidden_size=576,
    intermediate_size=1536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    head_dim=64,
    max_position_embeddings=8192,
    rms_norm_eps=1e-5,
    rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
    tie_word_embeddings=True,
    attn_implementation="sdpa",
)


def make_step(
    model_path: str | Path | None = None, memory: int = 512, chunk: int = 64, threads: int = 2
) -> Callable[[], float]:
    """A function that runs one step and returns its seconds. Without a path the weights are
    random: the time of dense float32 products does not depend on them."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if model_path:
        model = load(Path(model_path))
    else:
        model = LlamaForCausalLM(LlamaConfig(**SMOLLM2_135M)).float().eval()
    kept = memory - chunk
    ids = torch.randint(0, model.config.vocab_size, (1, memory))
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(ids[:, :kept], past_key_values=cache, use_cache=True, logits_to_keep=1)

    @torch.inference_mode()
    def step() -> float:
        begin = time.perf_counter()
        output = model(ids[:, kept:], past_key_values=cache, use_cache=True)
        seconds = time.perf_counter() - begin
        assert output.logits.shape[1] == chunk and cache.get_seq_length() == memory
        cache.crop(-chunk)
        return seconds

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a GGUF file; random weights of the same shape without")
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=30)
    options = parser.parse_args()
    step = make_step(options.model, options.memory, options.chunk, options.threads)
    for _ in range(3):
        step()
    times = sorted(1000 * step() for _ in range(options.repeat))
    print(f"median {statistics.median(times):.1f} ms, from {times[0]:.1f} to {times[-1]:.1f}")


if __name__ == "__main__":
    main()

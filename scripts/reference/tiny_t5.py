"""Makes tests/golden/models/t5-* (tiny T5 networks, v1.0 and v1.1) and tests/golden/parity-t5 (what
transformers computes with them): the encoder's outputs, and the likeliest tokens at each step of a
greedy answer. Deterministic as tiny_models.py is.

    ENV/bin/python scripts/reference/tiny_t5.py
"""

import json
import shutil
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5 import modeling_t5

import tiny_tokenizer

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests/golden/models"
PARITY = ROOT / "tests/golden/parity-t5"
LENGTH = 150  # tokens of the text; with furthest = 64 many distances share the last bucket
ANSWER = 12  # tokens of the greedy answer
FORCED = 80  # tokens that the decoder is given whatever it finds likely
END = 2

# name, gated (v1.1, its head not tied), factor of the scores, seed, spelling. The library ties every
# head since its version 5, and says by scale_decoder_outputs what tie_word_embeddings said before.
TINY = [
    ("t5-random", False, 1.0, 21, "new"),
    ("t5-peaked", False, 6.0, 22, "old"),
    ("t5-v11-random", True, 1.0, 23, "old"),
    ("t5-v11-peaked", True, 6.0, 24, "new"),
]


def configuration(gated: bool) -> T5Config:
    return T5Config(
        vocab_size=tiny_tokenizer.VOCABULARY,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=3,
        num_decoder_layers=2,
        num_heads=3,  # 3 * 8 is not the hidden width
        relative_attention_num_buckets=16,
        relative_attention_max_distance=64,
        feed_forward_proj="gated-gelu" if gated else "relu",
        tie_word_embeddings=not gated,
        pad_token_id=0,
        eos_token_id=END,
        decoder_start_token_id=0,
        dropout_rate=0.0,
        attn_implementation="eager",
    )


def weights(config: T5Config, sharpness: float, seed: int) -> dict[str, torch.Tensor]:
    model = T5ForConditionalGeneration(config)
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    result = {}
    for name, parameter in sorted(model.named_parameters()):
        shape = tuple(parameter.shape)
        values = random.standard_normal(shape)
        if "layer_norm" in name:
            values = 1 + 0.1 * values
        elif "relative_attention_bias" in name:
            pass
        elif name == "shared.weight":
            pass
        else:
            values = values / numpy.sqrt(shape[-1])
            if name.endswith((".q.weight", ".k.weight")):  # scores are not scaled
                values = values * config.d_kv**-0.25 * sharpness**0.5
            elif name.endswith((".o.weight", ".wo.weight")):
                values = values * 2.5  # what is read outweighs the token itself
        result[name] = torch.from_numpy(values).to(torch.float32).contiguous()
    if config.is_gated_act:
        head = random.standard_normal((config.vocab_size, config.d_model)) * 0.3
        result["lm_head.weight"] = torch.from_numpy(head).to(torch.float32).contiguous()
    else:
        result.pop("lm_head.weight", None)
    return result


def norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def network(config: T5Config, tensors: dict[str, torch.Tensor]) -> T5ForConditionalGeneration:
    model = T5ForConditionalGeneration(config)
    if "lm_head.weight" in tensors:  # tied by the constructor
        model.lm_head.weight = torch.nn.Parameter(tensors["lm_head.weight"].clone())
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected, unexpected
    assert all("embed_tokens" in n or "lm_head" in n for n in missing), missing
    if "lm_head.weight" not in tensors:
        model.tie_weights()
    return model.eval()


def answers(model: T5ForConditionalGeneration, ids: list[int]) -> dict:
    with torch.inference_mode():
        encoded = model.encoder(input_ids=torch.tensor([ids])).last_hidden_state


        def five(given: list[int]) -> list[list[tuple[int, float]]]:
            out = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([given]))
            best = out.logits[0].double().log_softmax(-1).topk(5)
            return [list(zip(*pair)) for pair in zip(best.indices.tolist(), best.values.tolist())]

        given = [0]
        for _ in range(ANSWER):
            given.append(five(given)[-1][0][0])
        forced = [0] + ids[40 : 40 + FORCED - 1]
        return {
            "encoded": encoded[0].double(),
            "answer": given[1:],
            "likeliest": five(given[:-1]),
            "forced": forced,
            "forced_likeliest": five(forced),
        }


def rounded(steps: list) -> list:
    return [[[i, float(f"{p:.12g}")] for i, p in step] for step in steps]


def make(name: str, gated: bool, sharpness: float, seed: int, spelling: str, tokenizer,
         text: str) -> None:
    folder = MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tiny_tokenizer.save(tokenizer, folder)
    config = configuration(gated)
    content = config.to_dict()
    content.pop("_name_or_path", None)
    content["architectures"] = ["T5ForConditionalGeneration"]
    content["dtype"] = "float32"
    if spelling == "old":
        content["tie_word_embeddings"] = content.pop("scale_decoder_outputs")
    (folder / "config.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    ids = tokenizer.encode(text).ids[: LENGTH - 1] + [END]
    save_file(weights(config, sharpness, seed), folder / "model.safetensors", {"format": "pt"})
    tensors = load_file(folder / "model.safetensors")
    single = answers(network(config, tensors), ids)
    kept = modeling_t5.T5LayerNorm.forward
    modeling_t5.T5LayerNorm.forward = norm
    double = answers(network(config, tensors).double(), ids)
    modeling_t5.T5LayerNorm.forward = kept
    far = (single["encoded"] - double["encoded"]).norm() / double["encoded"].norm()
    assert far < 1e-5, (name, far)
    assert single["answer"] == double["answer"], name
    lines = {
        "model": name,
        "ids": ids,
        "end": END,
        "encoded_f64": [[float(f"{x:.9g}") for x in row] for row in double["encoded"].tolist()],
        "answer": double["answer"],
        "likeliest_f64": rounded(double["likeliest"]),
        "forced": double["forced"],
        "forced_likeliest_f64": rounded(double["forced_likeliest"]),
    }
    body = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in lines.items())
    (PARITY / f"{name}.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(f"{name:16} f32 against f64 {far:.1e}, answer {double['answer']}")


def main() -> None:
    torch.set_num_threads(1)
    book = (ROOT / "resources/genesis.txt").read_text(encoding="utf-8")
    tokenizer = tiny_tokenizer.train(book[:60_000])
    shutil.rmtree(PARITY, ignore_errors=True)
    PARITY.mkdir(parents=True)
    for tiny in TINY:
        make(*tiny, tokenizer, book[2_000:4_000])


if __name__ == "__main__":
    main()

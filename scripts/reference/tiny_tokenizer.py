"""The tiny models' tokenizer: byte-level BPE in SmolLM2's dialect with a vocabulary of 320."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 320
SPECIAL = ["<|endoftext|>", "<s>", "</s>"]


def train(text: str) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def add_bos(tokenizer: Tokenizer) -> Tokenizer:
    """A copy whose post-processor puts <s> first, the way Llama 3 declares it."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
            ),
        ]
    )
    return copy


def save(tokenizer: Tokenizer, folder: Path) -> None:
    content = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "bos_token": "<s>",
                "eos_token": "</s>",
                "unk_token": "<|endoftext|>",
                "model_max_length": 256,
                "tokenizer_class": "PreTrainedTokenizerFast",
            },
            indent=2,
        )
        + "\n"
    )


def vocabulary(tokenizer: Tokenizer) -> tuple[list[str], list[str]]:
    """Token strings by id, and merges as "a b"."""
    content = json.loads(tokenizer.to_str())
    by_id = {i: t for t, i in content["model"]["vocab"].items()}
    for added in content["added_tokens"]:
        by_id[added["id"]] = added["content"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in content["model"]["merges"]]
    return [by_id[i] for i in range(len(by_id))], merges

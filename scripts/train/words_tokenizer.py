"""The tokenizer of the models here: byte-level, and every word of the task is one token."""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

import task

# Words keep the space before them, so that the tokens' bytes are the text's.
_SPACE = "\u0120"  # how byte-level vocabularies write a space


def make(begins: bool, ends: bool) -> Tokenizer:
    """begins, ends: whether <s> goes before the text and </s> after it."""
    texts = task.SPECIAL + sorted(pre_tokenizers.ByteLevel.alphabet())
    texts += [_SPACE + word for word in task.WORDS]
    tokenizer = Tokenizer(
        models.BPE(vocab={text: i for i, text in enumerate(texts)}, merges=[], ignore_merges=True)
    )
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in task.SPECIAL]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(" ?[^ ]+"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    template = ["<s>"] * begins + ["$A"] + ["</s>"] * ends
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(template),
        special_tokens=[(text, texts.index(text)) for text in ("<s>", "</s>")],
    )
    return tokenizer


def ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Ids by word, the special tokens among them."""
    vocabulary = tokenizer.get_vocab()
    words = {word: vocabulary[_SPACE + word] for word in task.WORDS}
    return words | {text: vocabulary[text] for text in task.SPECIAL}


def save(tokenizer: Tokenizer, folder: Path) -> None:
    content = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    described = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(described, indent=2) + "\n")

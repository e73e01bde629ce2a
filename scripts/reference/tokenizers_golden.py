"""Writes tests/golden/tokenizers: small byte-level BPE tokenizers in the four dialects' exact
configurations and with odd components, trained here, and what the `tokenizers` library makes of
hostile texts; and what it makes of them with the default model's own vocabulary.

Needs the packages of requirements.txt. Usage:
    python scripts/reference/tokenizers_golden.py MODEL.gguf
"""

import json
import sys
from pathlib import Path

from gguf import GGUFReader
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

from hostile_texts import hostile_texts

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests/golden/tokenizers"
TEXTS = hostile_texts()

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(prefix=False, regex=True):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern, behavior, invert=False):
    return pre_tokenizers.Split(pattern, behavior=behavior, invert=invert)


def special(*contents):
    return [AddedToken(content, special=True, normalized=False) for content in contents]


def trained(pre, normalizer=None, size=1200, added=(), alphabet=None, **options):
    """A tokenizer trained on the book and on the texts themselves, so that merges of every script
    occur."""
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    if alphabet is None:
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    unknown = [options["unk_token"]] if "unk_token" in options else []
    fallback = [f"<0x{byte:02X}>" for byte in range(256)] if options.get("byte_fallback") else []
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False,
                                  special_tokens=unknown + fallback, min_frequency=2)
    book = (ROOT / "resources/genesis.txt").read_text(encoding="utf-8")[:60000]
    tokenizer.train_from_iterator([book] + TEXTS * 2, trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


def sequence(*parts):
    return pre_tokenizers.Sequence(list(parts))


def dialects():
    gpt2 = trained(byte_level(), added=special("<|endoftext|>"))
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)
    smollm2 = trained(sequence(pre_tokenizers.Digits(individual_digits=True), byte_level()),
                      added=special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    llama3 = trained(sequence(split(Regex(LLAMA3), "isolated"), byte_level(regex=False)))
    saved = json.loads(llama3.to_str())
    saved["model"]["ignore_merges"] = True
    # Whole words that no merge reaches, as in the real vocabulary: only ignore_merges finds them.
    for word in ("created", "\u0120heaven", "\u0120beginning", "123", "\u00c3\u00a9\u00c3\u00a9"):
        saved["model"]["vocab"].setdefault(word, len(saved["model"]["vocab"]))
    llama3 = Tokenizer.from_str(json.dumps(saved))
    llama3.add_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|endoftext|>"))
    begin = llama3.token_to_id("<|begin_of_text|>")
    llama3.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A",
                                      pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                                      special_tokens=[("<|begin_of_text|>", begin)])])
    qwen2 = trained(sequence(split(Regex(QWEN2), "isolated"), byte_level(regex=False)),
                    normalizer=normalizers.NFC(), added=special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    qwen2.post_processor = processors.ByteLevel(trim_offsets=False)
    return {"gpt2": gpt2, "smollm2": smollm2, "llama3": llama3, "qwen2": qwen2}


def components():
    plain = byte_level(regex=False)
    strange = [AddedToken("[MASK]", lstrip=True, special=True, normalized=False),
               AddedToken("<r>", rstrip=True, normalized=False),
               AddedToken("word", single_word=True, normalized=True),
               AddedToken("caf\u00e9", normalized=True), AddedToken("<ab", normalized=False),
               AddedToken("<abc", normalized=True), AddedToken("<a", normalized=False)]
    small = dict(size=420)
    found = {
        "added tokens": trained(byte_level(), normalizer=normalizers.NFC(), added=strange, **small),
        "added tokens with both strips": trained(
            byte_level(), added=[AddedToken("[MASK]", lstrip=True, rstrip=True, single_word=True),
                                 AddedToken(" ", normalized=False), AddedToken("\n<r>")], **small),
        "prefix space": trained(sequence(pre_tokenizers.Digits(individual_digits=False),
                                         byte_level(prefix=True)), added=strange, **small),
        "split by text, removed": trained(sequence(split("e", "removed"), plain), **small),
        "split by space, merged with previous": trained(
            sequence(split(Regex(r"\s"), "merged_with_previous"), plain), **small),
        "split by punctuation, merged with next": trained(
            sequence(split(Regex(r"\p{P}"), "merged_with_next"), plain), **small),
        "split by words, inverted": trained(
            sequence(split(Regex(r"\w+|[^\w\s]+"), "removed", invert=True), plain), **small),
        "split by letters, contiguous": trained(
            sequence(split(Regex(r"[a-z]"), "contiguous"), plain), **small),
        "sequence in sequence": trained(
            sequence(sequence(split(Regex(r"\d"), "isolated"), split("a", "merged_with_next", invert=True)),
                     byte_level(prefix=True, regex=False)), **small),
        "letters without bytes": trained(byte_level(), alphabet=["a", "b"], size=120),
    }
    letters = dict(alphabet=list("abcdefghijklmnopqrstuvwxyz "), size=520)
    for name, options in {
            "characters, unknown": dict(unk_token="<unk>"),
            "characters, unknown fused": dict(unk_token="<unk>", fuse_unk=True),
            "characters, byte fallback": dict(unk_token="<unk>", fuse_unk=True, byte_fallback=True)}.items():
        tokenizer = trained(split(" ", "merged_with_next"), **letters, **options)
        tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
        saved = json.loads(tokenizer.to_str())
        # Rare characters are left to the unknown token.
        keep = {t: i for t, i in saved["model"]["vocab"].items() if all(ord(c) < 0x250 for c in t)}
        saved["model"]["vocab"] = {t: n for n, t in enumerate(sorted(keep, key=keep.get))}
        saved["model"]["merges"] = [m for m in saved["model"]["merges"]
                                    if all(p in keep for p in (*m, "".join(m)))]
        for token in saved["added_tokens"]:
            token["id"] = saved["model"]["vocab"][token["content"]]
        found[name] = Tokenizer.from_str(json.dumps(saved))
    return found


def smollm2_of(model: Path) -> Tokenizer:
    reader = GGUFReader(model)
    field = lambda name: reader.get_field("tokenizer.ggml." + name).contents()
    tokens, types = field("tokens"), field("token_type")
    merges = [tuple(merge.split(" ")) for merge in field("merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = sequence(pre_tokenizers.Digits(individual_digits=True), byte_level())
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, types) if kind == 3])
    return tokenizer


def expected(tokenizer: Tokenizer, texts) -> list:
    """For each text its ids and the byte ranges of the characters that each token touches, as
    [ids, begins, ends]."""
    free = Tokenizer.from_str(tokenizer.to_str())
    free.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    out = []
    for text in texts:
        encoding = free.encode(text, add_special_tokens=False)
        bytes_before = [0]
        for character in text:
            bytes_before.append(bytes_before[-1] + len(character.encode()))
        out.append([encoding.ids, [bytes_before[b] for b, _ in encoding.offsets],
                    [bytes_before[e] for _, e in encoding.offsets]])
    return out


def write(name: str, value):
    path = OUT / name
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path.relative_to(ROOT), path.stat().st_size)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write("texts.json", TEXTS)
    for name, tokenizer in dialects().items():
        saved = json.loads(tokenizer.to_str())
        if name in ("gpt2", "llama3"):  # the older spelling of merges
            saved["model"]["merges"] = [" ".join(pair) for pair in saved["model"]["merges"]]
        assert Tokenizer.from_str(json.dumps(saved)).encode(TEXTS[20]).ids == tokenizer.encode(TEXTS[20]).ids
        (OUT / name).mkdir(exist_ok=True)
        write(f"{name}/tokenizer.json", saved)
        write(f"{name}/expected.json", expected(tokenizer, TEXTS))
    odd = TEXTS[::2]
    write("components.json", [{"name": name, "tokenizer": json.loads(tokenizer.to_str()),
                               "expected": expected(tokenizer, odd)}
                              for name, tokenizer in components().items()])
    write("smollm2-vocabulary.json", expected(smollm2_of(Path(sys.argv[1])), TEXTS))


if __name__ == "__main__":
    main()

"""Writes tests/golden/sentencepiece: small sentencepiece models trained here on the book and on
awkward texts, as model folders and as GGUF vocabularies, and what the sentencepiece package makes
of the texts of hostile_texts.py and of the whole book: ids, byte ranges and the text decoded again.

Needs sentencepiece, protobuf, gguf and numpy of requirements.txt. Usage:
    python scripts/reference/sentencepiece_golden.py
"""

import hashlib
import io
import json
import re
from pathlib import Path

import gguf
import numpy
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from sentencepiece import sentencepiece_pb2 as text_proto

from hostile_texts import hostile_texts

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests/golden/sentencepiece"
BOOK = (ROOT / "resources/genesis.txt").read_text(encoding="utf-8")
# As in tests/golden/tokenizers/texts.json, and some that only these models can get wrong.
TEXTS = hostile_texts() + [
    "\u2581", "\u2581\u2581 x\u2581y", " \u2581 ", "a\u2581 b", "\uff21\uff22\uff23 \uff11\uff12", "\u00a8 x\u00a8", "\ufdfa x",
    "x \u0308y", "x\u0308 y", "of the of the", "in the  in the", "Q q QQ qq", "a Q b", "~ ~~ a ~b~", "^x^ y^",
    "[user] x[user]y [user two] z", "\u4e00 \u4e01", "\u4e00\u4e01 \u4e02x \u4e03", "\U00012000\U00012001 \U00012002 x",
]

# Rules that reach over spaces, make and unmake them, or leave nothing: what a cut must respect.
RULES = ["\u00c6\tAE", "Q q\tqq", "~\t", "^\t ", "` a\t`a", "x\u0308\tx", "\uff21\tA", " \u0308\t\u00a8", "\n\t "]


def training_sentences():
    lines = [line for line in BOOK[:60000].splitlines() if line]
    for text in TEXTS * 2:
        lines += [line for line in re.split(r"[\r\n\x00\t]", text) if line and len(line) < 1000]
    return lines


def trained(folder: str, **options) -> bytes:
    model = io.BytesIO()
    rules = OUT / "rules.tsv"
    if options.pop("rules", False):
        code_points = lambda text: " ".join(f"{ord(c):X}" for c in text)
        rules.write_text("".join("\t".join(map(code_points, rule.split("\t"))) + "\n" for rule in RULES))
        options["normalization_rule_tsv"] = str(rules)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_sentences()), model_writer=model, num_threads=1,
        character_coverage=0.98, minloglevel=2, **options)
    rules.unlink(missing_ok=True)
    # What the file says of its making names this machine's path; nothing reads it.
    content = proto.ModelProto.FromString(model.getvalue())
    content.normalizer_spec.ClearField("normalization_rule_tsv")
    path = OUT / folder / ("spiece.model" if "pad_id" in options else "tokenizer.model")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.SerializeToString(deterministic=True))
    return path.read_bytes()


def expected(model: bytes) -> dict:
    """For each text [ids, begins, ends, text decoded], begins and ends in bytes; a hash of the ids
    of the book's lines, each closed by -1."""
    library = sentencepiece.SentencePieceProcessor(model_proto=model)
    rows = []
    for text in TEXTS:
        pieces = text_proto.SentencePieceText.FromString(
            library.encode(text.encode(), out_type="serialized_proto")).pieces
        ids = [piece.id for piece in pieces]
        rows.append([ids, [piece.begin for piece in pieces], [piece.end for piece in pieces],
                     library.decode(ids)])
    lines = BOOK.splitlines()
    numbers = [number for line in lines for number in (*library.encode(line), -1)]
    digest = hashlib.sha256(numpy.array(numbers, dtype="<i4").tobytes()).hexdigest()
    return {"texts": rows, "book_lines": digest}


def write_gguf(name: str, kind: str, model: bytes):
    """A vocabulary as llama.cpp's converter lays it out, without weights."""
    content = proto.ModelProto.FromString(model)
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", kind)
    writer.add_tokenizer_model(kind)
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece.piece.encode() for piece in content.pieces])
    writer.add_token_scores([piece.score for piece in content.pieces])
    writer.add_token_types([piece.type for piece in content.pieces])
    writer.add_add_space_prefix(content.normalizer_spec.add_dummy_prefix)
    if content.normalizer_spec.precompiled_charsmap:
        writer.add_precompiled_charsmap(content.normalizer_spec.precompiled_charsmap)
    writer.add_remove_extra_whitespaces(content.normalizer_spec.remove_extra_whitespaces)
    library = sentencepiece.SentencePieceProcessor(model_proto=model)
    if library.bos_id() >= 0:
        writer.add_bos_token_id(library.bos_id())
    writer.add_eos_token_id(library.eos_id())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write(name: str, value):
    path = OUT / name
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path.relative_to(ROOT), path.stat().st_size)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write("texts.json", TEXTS)
    t5 = dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    models = {
        "t5": trained("t5", model_type="unigram", vocab_size=900, **t5),
        "unigram-bytes": trained(
            "unigram-bytes", model_type="unigram", vocab_size=900, byte_fallback=True, rules=True,
            user_defined_symbols=["[user]", "[user two]"], split_by_whitespace=False, **t5),
        "llama": trained(
            "llama", model_type="bpe", vocab_size=900, byte_fallback=True, split_digits=True,
            normalization_rule_name="identity", remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True),
        "bpe-plain": trained(
            "bpe-plain", model_type="bpe", vocab_size=700, add_dummy_prefix=False,
            normalization_rule_name="identity", remove_extra_whitespaces=False),
    }
    for name, model in models.items():
        write(f"{name}/expected.json", expected(model))
    write("t5/tokenizer_config.json", {"extra_ids": 5, "eos_token": "</s>"})
    write_gguf("unigram-bytes", "t5", models["unigram-bytes"])
    write_gguf("llama", "llama", models["llama"])


if __name__ == "__main__":
    main()

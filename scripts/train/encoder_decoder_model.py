"""Trains the encoder-decoder: a T5 network (gated GELU as in v1.1, a tied head).

    ENV/bin/python scripts/train/encoder_decoder_model.py [FOLDER]

writes resources/models/marked-t5 (or FOLDER). The encoder reads the document, which holds no
question but the one at its end, and </s>. The decoder writes the question's word, the tree, </s>.
In training it goes on with the other animals, so that one reading teaches several answers.
"""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional
from transformers import T5Config, T5ForConditionalGeneration

import task
import training
import words_tokenizer

ROOT = Path(__file__).resolve().parents[2]
STEPS = 1600


def configuration(vocabulary: int) -> T5Config:
    return T5Config(
        architectures=["T5ForConditionalGeneration"],
        vocab_size=vocabulary,
        d_model=96,
        d_kv=24,
        d_ff=192,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        relative_attention_num_buckets=32,
        relative_attention_max_distance=128,
        n_positions=training.LENGTH,
        feed_forward_proj="gated-gelu",
        layer_norm_epsilon=1e-6,
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
        dtype="float32",
        attn_implementation="eager",  # which gives the weights
    )


def inputs(documents: list[task.Document], ids: dict[str, int], random):
    """The encoder's ids [batch, tokens]; the decoder's; what follows each of them; and of each
    answer its row, its place in the decoder and its tree's in the encoder, [3, answers]."""
    rows, decoded, targets, pointers = [], [], [], []
    answers = min(len(document.answers) for document in documents)
    for document in documents:
        asked = document.words[-1].removesuffix("?")
        others = [animal for animal in sorted(document.answers) if animal != asked]
        random.shuffle(others)
        row, target = [ids["<pad>"]], [ids[f"{asked}?"]]
        for animal in ([asked] + others)[:answers]:
            tree, found = document.answers[animal]
            tree = ids[task.TREES[tree]]
            pointers.append((len(rows), len(row), found))
            row += [ids[f"{animal}?"], tree]
            target += [tree, training.IGNORED]
        target[2] = ids["</s>"]
        rows.append([ids[word] for word in document.words] + [ids["</s>"]])
        decoded.append(row)
        targets.append(target)
    return tuple(torch.tensor(each) for each in (rows, decoded, targets, pointers))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources/models/marked-t5"
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = words_tokenizer.make(begins=False, ends=True)
    ids = words_tokenizer.ids(tokenizer)
    config = configuration(tokenizer.get_vocab_size())
    model = T5ForConditionalGeneration(config)
    records = training.RecordLoss(config.d_model)

    def losses(random, batch: int, length: int):
        documents = [task.make_document(random, length - 1, 0) for _ in range(batch)]
        tokens, decoded, targets, pointers = inputs(documents, ids, random)
        output = model(input_ids=tokens, decoder_input_ids=decoded, output_attentions=True)
        asked = targets != training.IGNORED
        rows, places, trees = pointers.T
        right = output.logits.argmax(-1) == targets
        hidden = output.encoder_last_hidden_state
        return training.Losses(
            functional.cross_entropy(output.logits[asked], targets[asked]),
            records(hidden, training.record_targets(documents, tokens.shape, 0)),
            training.pointing(output.cross_attentions[-1][rows, 0, places, trees]),
            right[rows, places].float().mean().item(),
        )

    began = time.monotonic()
    training.train(training.Plan(STEPS), model, records, losses)
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    save(model, tokenizer, folder)


def save(model: T5ForConditionalGeneration, tokenizer, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words_tokenizer.save(tokenizer, folder)
    content = model.config.to_dict()
    content.pop("_name_or_path", None)
    (folder / "config.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    tied = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"}
    tensors = {n: t.contiguous() for n, t in model.state_dict().items() if n not in tied}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()

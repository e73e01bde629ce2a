"""Trains the PrefixLM: a Llama network that attends both ways over the prefix.

    ENV/bin/python scripts/train/prefix_model.py [FOLDER]

writes resources/models/marked-prefix (or FOLDER). Every question in a document is answered at its
own place; after the last one the answer and </s> follow causally.
"""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

import task
import training
import words_tokenizer

ROOT = Path(__file__).resolve().parents[2]
STEPS = 1600


def configuration(vocabulary: int) -> LlamaConfig:
    return LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=vocabulary,
        hidden_size=96,
        intermediate_size=192,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=training.LENGTH,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
        tie_word_embeddings=True,
        initializer_range=0.08,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        dtype="float32",
        attn_implementation="eager",  # which gives the weights
    )


def prefix_mask(prefix: int, answer: int) -> torch.Tensor:
    """[1, 1, tokens, tokens], added to the scores: both ways in the prefix, causal after it."""
    tokens = prefix + answer
    mask = torch.full((tokens, tokens), torch.finfo(torch.float32).min).triu(1)
    mask[:prefix, :prefix] = 0
    return mask[None, None]


def inputs(documents: list[task.Document], ids: dict[str, int]):
    """Token ids [batch, prefix + 1]; what follows each of them, where it is asked; and of each
    question in the prefix its row, its place and its tree's place, [3, questions]."""
    rows, targets, pointers = [], [], []
    for document in documents:
        row = [ids["<s>"]] + [ids[word] for word in document.words]
        target = [training.IGNORED] * len(row)
        for place, animal in document.questions:
            tree, found = document.answers[animal]
            target[place + 1] = ids[task.TREES[tree]]
            pointers.append((len(rows), place + 1, found + 1))
        rows.append(row + [target[-1]])
        targets.append(target + [ids["</s>"]])
    return torch.tensor(rows), torch.tensor(targets), torch.tensor(pointers).T


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources/models/marked-prefix"
    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = words_tokenizer.make(begins=True, ends=False)
    ids = words_tokenizer.ids(tokenizer)
    config = configuration(tokenizer.get_vocab_size())
    model = LlamaForCausalLM(config)
    records = training.RecordLoss(config.hidden_size)

    def losses(random, batch: int, length: int):
        documents = [task.make_document(random, length - 1, 0.2) for _ in range(batch)]
        tokens, targets, (rows, places, trees) = inputs(documents, ids)
        output = model.model(
            tokens,
            attention_mask=prefix_mask(length, 1),
            output_hidden_states=True,
            output_attentions=True,
            use_cache=False,
        )
        asked = targets != training.IGNORED
        logits = model.lm_head(output.last_hidden_state[asked])
        below_last = output.hidden_states[-2]
        return training.Losses(
            functional.cross_entropy(logits, targets[asked]),
            records(below_last, training.record_targets(documents, tokens.shape, 1)),
            training.pointing(output.attentions[-1][rows, 0, places, trees]),
            (logits.argmax(-1) == targets[asked]).float().mean().item(),
        )

    began = time.monotonic()
    training.train(training.Plan(STEPS), model, records, losses)
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    save(model, tokenizer, folder)


def save(model: LlamaForCausalLM, tokenizer, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words_tokenizer.save(tokenizer, folder)
    content = model.config.to_dict()
    content.pop("_name_or_path", None)
    # What the network was trained with; transformers itself needs the mask at each call.
    content["use_bidirectional_attention"] = True
    (folder / "config.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    tensors = {n: t.contiguous() for n, t in model.state_dict().items() if n != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()

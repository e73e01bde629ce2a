"""An example: any causal model of transformers reads a text through a sliding window with sinks, and
leaves a trace.

    PYTHONPATH=FOLDER_OF_THIS_FILE python3 example_hook.py MODEL TEXT_FILE OUT.trace \\
        [--memory 256] [--chunk 32] [--sinks 4] [--tokens 1024]

Needs torch and transformers 4.56 or newer; MODEL is a folder or a name that transformers knows. What
is yours to change is `make_room`: which keys go. The rest is how it is told to the writer.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import argparse
import inspect

import numpy as np
import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from attendre_trace_writer import TraceWriter


class WindowLayer(DynamicLayer):
    """A layer's keys and values; before new ones are put behind them, those not kept go."""

    kept = None  # indices into the keys, or None while all stay

    def update(self, key_states, value_states, *args, **kwargs):
        if self.kept is not None:
            at = torch.as_tensor(self.kept, device=self.keys.device)
            self.keys = self.keys.index_select(-2, at)
            self.values = self.values.index_select(-2, at)
            self.kept = None
        return super().update(key_states, value_states, *args, **kwargs)


class SinkWindow(DynamicCache):
    """The first positions stay, the oldest others go. positions: of the keys, in their order."""

    def __init__(self, layers, memory, sinks):
        super().__init__()
        self.layers = [WindowLayer() for _ in range(layers)]
        self.memory, self.sinks = memory, sinks
        self.positions = np.zeros(0, np.int64)

    def make_room(self, first, count):
        """Evicts, before a step's keys come, as many as find no room; then notes the arrivals."""
        gone = max(0, len(self.positions) + count - self.memory)
        if gone:
            kept = np.r_[:self.sinks, self.sinks + gone:len(self.positions)]
            self.positions = self.positions[kept]
            for layer in self.layers:
                layer.kept = kept
        self.positions = np.r_[self.positions, first:first + count]


@torch.no_grad()
def record(model, ids, texts, path, *, memory=256, chunk=32, sinks=4, **about):
    """Feeds ids (a list of token ids; texts: the bytes of each) in chunks; gives the nll of each
    token but the first. about: further arguments of TraceWriter."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    model.eval()
    model.set_attn_implementation("eager")  # the others give no attention weights
    cache = SinkWindow(config.num_hidden_layers, memory, sinks)
    # What takes the cache is called so from transformers 5 on, and otherwise before.
    named = inspect.signature(model.forward).parameters
    argument = "cache" if "cache" in named else "past_key_values"
    nll, before = [], None
    with TraceWriter(path, layers=config.num_hidden_layers, heads=heads,
                     query_heads=config.num_attention_heads, memory=memory, chunk=chunk,
                     policy="sliding window", rank="tick_inserted", sinks=sinks, tokens=ids,
                     texts=texts, definition="Evicts the oldest entry but the sinks.",
                     device=str(model.device), dtype=str(model.dtype).removeprefix("torch."),
                     **about) as writer:
        for first in range(0, len(ids), chunk):
            part = torch.tensor([ids[first:first + chunk]], device=model.device)
            count = part.shape[1]
            cache.make_room(first, count)
            queries = torch.arange(first, first + count, device=model.device)
            keys = torch.as_tensor(cache.positions, device=model.device)
            # The mask by hand: keys are not where their index says once something was evicted.
            mask = torch.zeros(1, 1, count, len(keys), dtype=model.dtype, device=model.device)
            mask.masked_fill_(keys[None, :] > queries[:, None], torch.finfo(model.dtype).min)
            out = model(input_ids=part, position_ids=queries[None], attention_mask=mask,
                        use_cache=True, output_attentions=True, **{argument: cache})
            scores = torch.log_softmax(out.logits[0].float(), dim=-1)
            guesses = scores[:-1] if before is None else torch.cat([before[None], scores[:-1]])
            targets = part[0, 1:] if before is None else part[0]
            step_nll = (-guesses.gather(1, targets[:, None])[:, 0]).tolist()
            before = scores[-1]
            best = before.topk(min(10, len(before)))
            writer.step(
                [{"attention": a[0].float().cpu().numpy(), "positions": cache.positions}
                 for a in out.attentions],
                nll=step_nll, next=list(zip(best.indices.tolist(), best.values.tolist())))
            nll += step_nll
    return nll


def main():
    from transformers import AutoModelForCausalLM, AutoTokenizer

    parser = argparse.ArgumentParser(description="A model reads a text through a window, traced.")
    for name in ("model", "text", "out"):
        parser.add_argument(name)
    for name, number in (("memory", 256), ("chunk", 32), ("sinks", 4), ("tokens", 1024)):
        parser.add_argument(f"--{name}", type=int, default=number)
    asked = parser.parse_args()
    with open(asked.text, encoding="utf-8", newline="") as file:
        text = file.read()
    tokenizer = AutoTokenizer.from_pretrained(asked.model)
    coded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    ids, offsets = coded["input_ids"][:asked.tokens], coded["offset_mapping"][:asked.tokens]
    # Offsets count characters; a trace counts bytes.
    texts = [text[begin:end].encode() for begin, end in offsets]
    spans = [(len(text[:begin].encode()), len(text[:end].encode())) for begin, end in offsets]
    model = AutoModelForCausalLM.from_pretrained(asked.model)
    nll = record(model, ids, texts, asked.out, memory=asked.memory, chunk=asked.chunk,
                 sinks=asked.sinks, spans=spans, model=asked.model, document=asked.text)
    print(f"{asked.out}: {len(ids)} tokens, mean nll {np.mean(nll):.4f}")


if __name__ == "__main__":
    main()

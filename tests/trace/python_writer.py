"""What test_python_writer runs: python_writer.py FOLDER made IN.json OUT.trace
                              or: python_writer.py FOLDER attention SEED OUT.trace EXPECTED.json
                              or: python_writer.py FOLDER refusals OUT.trace
                              or: python_writer.py FOLDER hook WHOLE.trace WINDOW.trace
FOLDER holds the module."""

import json
import sys

sys.path.insert(0, sys.argv[1])

import numpy as np

from attendre_trace_writer import TraceError, TraceWriter


def made(source, path):
    with open(source, encoding="utf-8") as file:
        run = json.load(file)
    tokens = run["tokens"]
    writer = TraceWriter(
        path, tokens=[t["id"] for t in tokens], texts=[bytes.fromhex(t["text"]) for t in tokens],
        spans=[t["span"] for t in tokens], **run["run"])
    for step in run["steps"]:
        writer.step(**step)
    writer.finish()


def attention(seed, path, expected):
    """Random weights, and the usage that follows from them, counted one weight at a time.
    With an even seed the writer is not told by what the victims were chosen."""
    rng = np.random.default_rng(seed)
    layers, heads, group = (int(rng.integers(1, 4)) for _ in range(3))
    chunk, sinks = int(rng.integers(1, 9)), int(rng.integers(0, 4))
    memory = chunk + sinks + int(rng.integers(1, 20))
    tokens = memory * 3 + int(rng.integers(0, chunk + 1))
    columns = ["last_tick", "mass", "mass_sq", "hits", "last_mass"]
    state = [[{} for _ in range(heads)] for _ in range(layers)]  # position: usage
    rows, top = [], []
    with TraceWriter(path, layers=layers, heads=heads, query_heads=heads * group, memory=memory,
                     chunk=chunk, policy="by mass", rank="mass" if seed % 2 else None, sinks=sinks, tokens=range(tokens),
                     texts=[f" {i}" for i in range(tokens)]) as writer:
        for step, first in enumerate(range(0, tokens, chunk)):
            count, given = min(chunk, tokens - first), []
            for layer in range(layers):
                keys = []
                for held in state[layer]:
                    for _ in range(max(0, len(held) + count - memory)):
                        del held[min((p for p in held if p >= sinks),
                                     key=lambda p: (held[p]["mass"], p))]
                    for p in range(first, first + count):
                        held[p] = dict.fromkeys(columns, 0) | {"last_tick": p + 1}
                    keys.append(list(rng.permutation(list(held))))
                weights = np.zeros((heads * group, count, len(keys[0])), np.float32)
                for head in range(heads):
                    for used in state[layer][head].values():
                        used["last_mass"] = 0.0
                    for q in range(count):
                        seen = [k for k in range(len(keys[head])) if keys[head][k] <= first + q]
                        mean = dict.fromkeys(seen, 0.0)
                        for h in range(head * group, (head + 1) * group):
                            scores = np.exp(3 * rng.normal(size=len(seen)))
                            weights[h, q, seen] = scores / scores.sum()
                            whole = sum(float(weights[h, q, k]) for k in seen)
                            for k in seen:
                                mean[k] += float(weights[h, q, k]) / whole / group
                        for k, a in mean.items():
                            used = state[layer][head][int(keys[head][k])]
                            used["last_mass"] += a
                            used["mass_sq"] = used["mass_sq"] + a * a
                            if a * len(seen) >= 1 - 1e-4:
                                used["hits"] += 1
                                used["last_tick"] = first + q + 1
                        best = sorted(mean, key=lambda k: -mean[k])[:8]
                        top += [[step, layer, head, first + q, int(keys[head][k]), mean[k]] for k in best]
                        top.append([step, layer, head, first + q, None,
                                    sum(mean[k] for k in mean if k not in best)])
                    for p, used in state[layer][head].items():
                        used["mass"] = float(np.float32(used["mass"]) + np.float32(used["last_mass"]))
                        rows.append([step, layer, head, p] + [used[c] for c in columns])
                given.append({"attention": weights, "positions": keys})
            writer.step(given)
    with open(expected, "w", encoding="utf-8") as file:
        json.dump({"residents": rows, "attention": top}, file)


def refusals(path):
    """Prints a sentence a line: what each piece of wrong input is told."""
    base = dict(layers=1, heads=1, query_heads=2, memory=4, chunk=2, rank="tick_inserted", sinks=1,
                tokens=range(8), overwrite=True)

    def usage(keys, **other):
        n = len(keys)
        columns = dict(last_tick=[0] * n, hits=[0] * n, mass=[0] * n, mass_sq=[0] * n, last_mass=[0] * n)
        return {"positions": keys, **columns, **other}

    def second(layer, **other):
        def use(writer):
            writer.step([usage([0, 1])], arrived=2)
            writer.step([usage([0, 1, 2, 3])], arrived=2)
            writer.step([layer], arrived=2, **other)
        return use

    even = np.full((2, 2, 2), 0.5)
    causal = np.array([[[1, 0], [0.5, 0.5]]] * 2)
    cases = [
        ({"query_heads": 3, "heads": 2}, None), ({"rank": "age"}, None), ({"memory": 2}, None),
        ({"texts": ["a"]}, None), ({"overwrite": False}, None),
        ({}, second(usage([0, 1, 2, 3, 4, 5]))), ({}, second(usage([2, 3, 4, 5]))),
        ({}, second(usage([0, 1, 4, 5]))), ({}, second(usage([0, 3, 4, 5], evicted=[1, 3]))),
        ({}, second(usage([0, 3, 4, 6]))), ({}, second(usage([0, 3, 3, 5]))),
        ({}, second(usage([0, 3, 4, 5], mass=[1]))), ({}, second({"positions": [0, 3, 4, 5]})),
        ({}, second(usage([0, 3, 4, 5], colour=1))), ({}, second(usage([0, 3, 4, 5]), nll=[1.0])),
        ({}, lambda w: w.step([{"positions": [0, 1], "attention": even}])),
        ({}, lambda w: w.step([{"positions": [0, 1], "attention": causal * 2}])),
        ({}, lambda w: w.step([{"positions": [0, 1], "attention": causal[:1]}])),
        ({}, lambda w: w.step([{"positions": [0, 1], "attention": -causal}])),
        ({}, lambda w: w.step([usage([0, 1, 2])], arrived=3)),
        ({"tokens": [5]}, lambda w: w.step([usage([0, 1])], arrived=2)),
        ({}, lambda w: w.step([], arrived=2)),
    ]
    for number, (options, use) in enumerate(cases):
        try:
            writer = TraceWriter(path, **{**base, **options})
            use(writer)
            print(f"case {number} was taken")
        except TraceError as error:
            print(error)


def hook(whole, window):
    """The example hook with a small model of random weights; a memory that holds everything must
    give what the model gives without a cache."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from example_hook import record

    torch.manual_seed(3)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=97, hidden_size=48, intermediate_size=64, num_hidden_layers=3,
        num_attention_heads=6, num_key_value_heads=2, initializer_range=0.3)).eval()
    ids = torch.randint(0, 97, (75,)).tolist()
    texts = [f" {i}" for i in ids]
    got = record(model, ids, texts, whole, memory=90, chunk=8)
    with torch.no_grad():
        scores = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
    wanted = [-float(scores[i, token]) for i, token in enumerate(ids[1:])]
    assert np.allclose(got, wanted, atol=1e-4), np.abs(np.subtract(got, wanted)).max()
    bounded = record(model, ids, texts, window, memory=24, chunk=8)
    # Until the memory is full nothing differs, afterwards something does.
    assert np.allclose(bounded[:23], wanted[:23], atol=1e-4)
    assert not np.allclose(bounded[30:], wanted[30:], atol=1e-2)


if __name__ == "__main__":
    kind, words = sys.argv[2], sys.argv[3:]
    if kind == "made":
        made(*words)
    elif kind == "attention":
        attention(int(words[0]), *words[1:])
    elif kind == "hook":
        hook(*words)
    else:
        refusals(*words)

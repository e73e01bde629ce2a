"""Says why questions are not answered, from traces.

    ENV/bin/python scripts/train/explain.py ATTENDRE MODEL QUESTIONS.jsonl --memory 128 \
        --study docs/results/prefix.json >OUT.json

For the asked record three things must hold: in the layer where a tree finds the word before it,
that word is resident when the tree's query is answered (own); in the layer where a tree finds its
mark, that mark is (mark); in the layer where the question finds the tree, that is resident at the
end (kept). A T5 network's question is answered by a decoder, which reads all outputs: kept is not
asked of it. Which head does each is found on the first documents, read with whole memories. ATTENDRE
is the program; its `record` and `trace export` are all that is used. With --study the answers that
retrieval_study saw to the same questions are counted beside: held_right of the held, lost_right of
the rest. Needs no packages.
"""

import argparse
import csv
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

LOOKS = {  # what looks at what: places in an input, from that of the tree, its mark and the last word
    "own": lambda tree, mark, last: (tree, tree - 1),
    "mark": lambda tree, mark, last: (tree, mark),
    "kept": lambda tree, mark, last: (last, tree),
}


class Reading:
    """Records runs of one question after the other, and exports tables of them."""

    def __init__(self, attendre: str, model: str, folder: Path):
        self.attendre, self.model = attendre, model
        kind = json.loads((Path(model) / "config.json").read_text())["model_type"]
        self.decoder = kind == "t5"
        self.looks = [look for look in LOOKS if look != "kept" or not self.decoder]
        self.document, self.trace = folder / "document.txt", folder / "run.trace"

    def record(self, question: dict, *options) -> tuple[int, int, int]:
        """The places of the asked tree, its mark and the last word."""
        text = f"{question['document']} {question['question']}"
        self.document.write_text(text)
        command = [self.attendre, "record", self.model, self.document, "-o", self.trace,
                   "--overwrite", "--threads", 1, *options]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
        last = len(text.split()) - (1 if self.decoder else 0)  # else <s> comes first
        tree = last - question["back"]
        return tree, tree + question["waits"], last

    def table(self, name: str, where: str) -> list[dict]:
        command = [self.attendre, "trace", "export", str(self.trace), "--table", name,
                   "--format", "csv", "--where", where]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return list(csv.DictReader(output.splitlines()))


def find_heads(reading: Reading, questions: list[dict]) -> dict[str, tuple[int, int]]:
    """The layer and the head with the most weight for each of LOOKS."""
    weights = {look: defaultdict(float) for look in reading.looks}
    for question in questions:
        places = reading.record(question, "--memory", "full", "--query-memory", 256,
                                "--chunk", 64, "--detail", "full")
        for look in reading.looks:
            query, key = LOOKS[look](*places)
            for row in reading.table("attention", f"query_position = {query} AND position = {key}"):
                weights[look][int(row["layer"]), int(row["head"])] += float(row["weight"])
    return {look: max(found, key=found.get) for look, found in weights.items()}


def resident(reading: Reading, layer: int, head: int, query: int, key: int) -> bool:
    """Whether the key's entry was in the memory when the query was answered."""
    where = f"layer = {layer} AND position = {query}"
    answered = int(reading.table("queries", where)[0]["step"])
    where = f"layer = {layer} AND head = {head} AND position = {key}"
    entry = reading.table("entries", where)[0]
    evicted = int(entry["evicted_step"] or answered + 1)
    return int(entry["inserted_step"]) <= answered < evicted


def explain(reading: Reading, heads: dict, questions: list[dict], options: list) -> dict:
    counts = dict.fromkeys([*reading.looks, "all"], 0)
    each = ""
    for question in questions:
        places = reading.record(question, *options)
        holds = {look: resident(reading, *heads[look], *LOOKS[look](*places))
                 for look in reading.looks}
        for look, held in holds.items():
            counts[look] += held
        counts["all"] += all(holds.values())
        each += "1" if all(holds.values()) else "0"
    return counts | {"each": each}


def beside(cell: dict, study: list[dict]) -> dict:
    """How many of the held and of the other questions were answered in that cell of a study."""
    keys = ("policy", "memory", "chunk", "query_memory")
    for other in study:
        if all(other[key] == cell[key] for key in keys):
            pairs = list(zip(cell["each"], other["each"]))
            return {"held_right": pairs.count(("1", "1")), "lost_right": pairs.count(("0", "1"))}
    return {}


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("attendre")
    words.add_argument("model")
    words.add_argument("questions")
    words.add_argument("--memory", type=int, default=128)
    words.add_argument("--chunk", type=int, default=8)
    words.add_argument("--policy", default="fifo,lra,h2o")
    words.add_argument("--query-memory", default="0,16,32,48,64,96,128")
    words.add_argument("--study", help="what retrieval_study wrote of the same questions")
    words.add_argument("--first", type=int, default=40, help="questions of the file")
    asked = words.parse_args()
    lines = Path(asked.questions).read_text().splitlines()[: asked.first]
    questions = [json.loads(line) for line in lines]
    study = json.loads(Path(asked.study).read_text())["cells"] if asked.study else []
    with tempfile.TemporaryDirectory() as folder:
        reading = Reading(asked.attendre, asked.model, Path(folder))
        heads = find_heads(reading, questions[:8])
        cells = []
        for policy in asked.policy.split(","):
            for waiting in map(int, asked.query_memory.split(",")):
                options = ["--memory", asked.memory, "--chunk", asked.chunk,
                           "--policy", policy, "--query-memory", waiting]
                counts = explain(reading, heads, questions, options)
                cell = {"policy": policy, "memory": asked.memory, "chunk": asked.chunk,
                        "query_memory": waiting, "of": len(questions)} | counts
                cells.append(cell | beside(cell, study))
    print(json.dumps({"heads": heads, "cells": cells}))


if __name__ == "__main__":
    main()

"""Makes the held-out documents: tests/golden/retrieval/prefix.jsonl and encoder-decoder.jsonl.

    ENV/bin/python scripts/train/held_out.py

One JSON object a line: document, question, answer; back, the words from the asked record's tree to
the end of the document; waits, those from the tree to its mark. Needs numpy alone.
"""

import json
from pathlib import Path

import numpy

import task

FOLDER = Path(__file__).resolve().parents[2] / "tests/golden/retrieval"
COUNT = 160
WORDS = 255  # with <s> or </s> the length that the models were trained on


def write(name: str, seed: int, questions: float) -> None:
    random = numpy.random.default_rng(seed)
    lines = []
    for _ in range(COUNT):
        document = task.make_document(random, WORDS, questions)
        asked = document.words[-1].removesuffix("?")
        lines.append(
            {
                "document": " ".join(document.words[:-1]),
                "question": document.words[-1],
                "answer": task.TREES[document.answers[asked][0]],
                "back": document.asked,
                "waits": document.waits,
            }
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    write("prefix", 1001, 0.2)
    write("encoder-decoder", 1002, 0)

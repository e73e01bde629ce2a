#!/usr/bin/env python3
"""marked.py QUESTIONS.jsonl OUT: the marked questions of scripts/train as a published form has them.

OUT.json is in SQuAD's form, with the place of the record that matters, so that its survival can be
followed; OUT.jsonl in RULER's, for models that repeat the question before they answer.
"""

import json
import sys


def article(number, line):
    words = line["document"].split(" ")
    at = len(words) - line["back"]
    assert words[at] == line["answer"]
    answer = {"text": line["answer"], "answer_start": len(" ".join(words[:at])) + 1}
    question = {"id": f"q{number}", "question": line["question"], "answers": [answer]}
    paragraph = {"context": line["document"], "qas": [question]}
    return {"title": f"document {number}", "paragraphs": [paragraph]}


def ruler(number, line):
    text = f"{line['document']} {line['question']}"
    return {"index": number, "input": text, "outputs": [line["answer"]], "length": len(text.split())}


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as lines:
        questions = [json.loads(line) for line in lines]
    with open(target, "w", encoding="utf-8") as out:
        if target.endswith(".jsonl"):
            out.writelines(json.dumps(ruler(i, line)) + "\n" for i, line in enumerate(questions))
        else:
            json.dump({"data": [article(i, line) for i, line in enumerate(questions)]}, out)


if __name__ == "__main__":
    main()

"""Scores of hostile pairs of prediction and answers, by Python.

    ENV/bin/python scripts/reference/scores_golden.py >tests/golden/scores/pairs.jsonl

TriviaQA's, SQuAD's and LongBench's measures as their published evaluation scripts state them, written
again here with what those use: Python's str and re, the packages rouge (ROUGE-L) and Levenshtein (what
fuzzywuzzy's ratio stands on). Each line: measure, prediction, answers, classes, exact, score.
"""

import json
import random
import re
import string
from collections import Counter

import Levenshtein
from rouge import Rouge

WORDS = ["the", "The", "a", "an", "A.", "theatre", "Ann", "and", "fox", "Fox's", "fox_s", "élan", "naïve",
         "N.Y.", "U.S.A", "1,000", "1000", "3.14", "٣", "Ⅷ", "x²", "北京", "ß", "STRASSE", "İstanbul",
         "ﬁn", "don’t", "don't", "‘so’", "`code`", "´", "—", "…", "“quoted”", "a-b", "the-end", "_the_",
         "__", "a_b", "co\u0301te", "\u0301", "zero\u200bwidth", "😀", "🦊fox", "the😀", "tab\tbed", "line\nend",
         "nb\u00a0sp", "em\u2003sp", "sep\x1cfs", "\x85nel", "", " ", "...", "?!", "Paragraph 7",
         "Paragraph 17", "7", "17", "yes", "no", "Yes.", "blue oak", "of", "in", "Α", "ς", "Σ"]


def normalized_triviaqa(text: str) -> str:
    text = text.replace("_", " ").lower()
    exclude = set(string.punctuation + "‘’´`")
    text = "".join(c if c not in exclude else " " for c in text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split()).strip()


def normalized_squad(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(prediction: str, answer: str) -> float:
    said, wanted = prediction.split(), answer.split()
    same = sum((Counter(said) & Counter(wanted)).values())
    if same == 0:
        return 0
    precision, recall = same / len(said), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def triviaqa(prediction, answers, _):
    said = normalized_triviaqa(prediction)
    wanted = [normalized_triviaqa(answer) for answer in answers]
    return max(said == w for w in wanted), max(f1(said, w) for w in wanted)


def squad(prediction, answers, _):
    exact = score = 0
    for answer in answers:
        said, wanted = normalized_squad(prediction), normalized_squad(answer)
        exact = max(exact, said == wanted)
        one = float(said == wanted) if not said or not wanted else f1(said, wanted)
        score = max(score, one)
    return exact, score


def ruler(prediction, answers, _):
    share = sum(answer.lower() in prediction.lower() for answer in answers) / len(answers)
    return share == 1, share


def of_longbench(measure, first_line=False):
    def score(prediction, answers, classes):
        if first_line:
            prediction = prediction.lstrip("\n").split("\n")[0]
        best = max(measure(prediction, answer, classes) for answer in answers)
        return best == 1, best
    return score


def longbench_f1(prediction, answer, _):
    return f1(normalized_squad(prediction), normalized_squad(answer))


def rouge_l(prediction, answer, _):
    try:
        return Rouge().get_scores([prediction], [answer], avg=True)["rouge-l"]["f"]
    except Exception:  # as published: an empty text has none
        return 0.0


def retrieval(prediction, answer, _):
    wanted = re.findall(r"Paragraph (\d+)", answer)[0]
    numbers = re.findall(r"\d+", prediction)
    return sum(number == wanted for number in numbers) / len(numbers) if numbers else 0.0


def count(prediction, answer, _):
    numbers = re.findall(r"\d+", prediction)
    return sum(number == answer for number in numbers) / len(numbers) if numbers else 0.0


def code(prediction, answer, _):
    line = ""
    for one in prediction.lstrip("\n").split("\n"):
        if "`" not in one and "#" not in one and "//" not in one:
            line = one
            break
    return round(100 * Levenshtein.ratio(line, answer)) / 100


def classification(prediction, answer, classes):
    named = [one for one in classes if one in prediction]
    for one in named:
        if one in answer and one != answer:
            named.remove(one)
    return 1.0 / len(named) if answer in named else 0.0


CLASSES = ["Food", "Food type", "Disease and medicine", "medicine", "City", "Other city", "Number"]
MEASURES = {
    "triviaqa": triviaqa,
    "squad": squad,
    "ruler": ruler,
    "longbench:hotpotqa": of_longbench(longbench_f1),
    "longbench:triviaqa": of_longbench(longbench_f1, True),
    "longbench:gov_report": of_longbench(rouge_l),
    "longbench:samsum": of_longbench(rouge_l, True),
    "longbench:passage_retrieval_en": of_longbench(retrieval),
    "longbench:passage_count": of_longbench(count),
    "longbench:lcc": of_longbench(code),
    "longbench:trec": of_longbench(classification, True),
}


def text(draw: random.Random, most: int) -> str:
    words = [draw.choice(WORDS) for _ in range(draw.randint(0, most))]
    joined = "".join(word + draw.choice([" ", " ", " ", "  ", ", ", ". ", "\n", "_", "-", ""]) for word in words)
    return joined if draw.random() < 0.7 else joined.upper()


def changed(draw: random.Random, answer: str) -> str:
    """Something near the answer."""
    kind = draw.randrange(6)
    if kind == 0:
        return answer
    if kind == 1:
        return "The " + answer.swapcase() + "."
    if kind == 2:
        return answer.replace(" ", "_")
    if kind == 3:
        words = answer.split()
        draw.shuffle(words)
        return " ".join(words)
    if kind == 4:
        return text(draw, 4) + answer + text(draw, 3)
    return text(draw, 8)


def case(draw: random.Random, measure: str) -> tuple[str, list[str], list[str]]:
    if measure == "longbench:trec":
        answer = draw.choice(CLASSES)
        said = " ".join(draw.choice([*CLASSES, "so", "\n"]) for _ in range(draw.randint(0, 4)))
        return said, [answer], CLASSES
    if measure in ("longbench:passage_retrieval_en", "longbench:passage_count"):
        number = str(draw.randint(1, 20))
        said = " ".join(draw.choice(["Paragraph", number, "7", "17", "x", number + "."])
                        for _ in range(draw.randint(0, 5)))
        return said, [f"Paragraph {number}" if "retrieval" in measure else number], []
    if measure == "longbench:lcc":
        line = draw.choice(["return x + 1;", "def f(a):", "    print('ß')", ""])
        said = draw.choice(["", "\n", "# no\n", "// no\n", "```\n"]) + changed(draw, line) + "\nmore"
        return said, [line], []
    answers = [text(draw, 5) or "fox" for _ in range(draw.randint(1, 3))]
    return changed(draw, draw.choice(answers)), answers, []


def main() -> None:
    draw = random.Random(20)
    for measure, score in MEASURES.items():
        for _ in range(120):
            prediction, answers, classes = case(draw, measure)
            exact, value = score(prediction, answers, classes)
            print(json.dumps({"measure": measure, "prediction": prediction, "answers": answers,
                              "classes": classes, "exact": float(exact), "score": float(value)}))


if __name__ == "__main__":
    main()

"""The retrieval task: what matters is marked only after it was read.

A document is a stream of words. A group is three records of one box, read within a short span; a
record is two words, the box with its animal and a tree ("red.fox oak"). For some groups the word
"red!" follows, 8 to 48 words after each of the three trees: those records matter. A question
("fox?") asks for the tree of the one record of that animal that matters. Several other records have
the same animal and never matter, and every box comes again later in the document, with another fate:
so only a record itself, by looking at what comes after it, can tell whether it matters.

Everything is drawn from a seeded generator.
"""

from dataclasses import dataclass

import numpy

BOXES = ["red", "blue", "green", "gray", "pink", "gold"]
ANIMALS = ["ant", "bat", "cat", "dog", "elk", "fox"]
TREES = ["oak", "elm", "ash", "fir", "yew", "bay", "fig", "lime", "pine", "palm", "larch", "cedar"]
FILLERS = ["and", "so", "it", "was", "then", "but", "now", "on", "by", "as", "we", "went"]
SPECIAL = ["<pad>", "<s>", "</s>"]

WORDS = (
    [f"{box}.{animal}" for box in BOXES for animal in ANIMALS]
    + [f"{box}!" for box in BOXES]
    + [f"{animal}?" for animal in ANIMALS]
    + TREES
    + FILLERS
)

GROUP = 3  # records of one box that share a fate
NEAREST, FARTHEST = 8, 48  # words from a record's tree to its mark
REUSE = 84  # words at least between the beginnings of two groups of one box
SPACING = 16  # words on average between the beginnings of groups


@dataclass
class Document:
    words: list[str]
    questions: list[tuple[int, str]]  # (index of the question's word, animal)
    answers: dict[str, tuple[int, int]]  # by animal: (tree, index of its word)
    asked: int = 0  # words from the asked record's tree to the end of the document
    waits: int = 0  # words from the asked record's tree to its mark


class _Layout:
    """Words by their place, while a document is being made."""

    def __init__(self, length: int):
        self.words = [None] * length

    def free(self, place: int, count: int) -> bool:
        end = place + count
        return end < len(self.words) and all(w is None for w in self.words[place:end])

    def first_free(self, place: int, count: int, last: int) -> int | None:
        return next((p for p in range(place, last + 1) if self.free(p, count)), None)


def _place_group(layout: _Layout, random, box: str, start: int, records) -> list[int] | None:
    """Places the records from start on; the places of their trees."""
    trees, place = [], start
    for animal, tree in records:
        place = layout.first_free(place, 2, place + 6)
        if place is None:
            return None
        layout.words[place] = f"{box}.{animal}"
        layout.words[place + 1] = TREES[tree]
        trees.append(place + 1)
        place += 2 + int(random.integers(0, 4))
    return trees


def make_document(random: numpy.random.Generator, length: int, questions: float = 0.12) -> Document:
    """A document of `length` words whose last one is a question; further questions stand in it,
    that share of its words."""
    layout = _Layout(length - 1)
    last_use = {box: -REUSE for box in BOXES}
    unmarked_animals = list(ANIMALS)
    random.shuffle(unmarked_animals)
    answers: dict[str, tuple[int, int, int]] = {}  # animal: tree, place, words to the mark
    start = int(random.integers(0, 6))
    while start < length - 20:
        boxes = [box for box in BOXES if start - last_use[box] >= REUSE]
        if boxes:
            box = boxes[int(random.integers(len(boxes)))]
            trees = random.integers(0, len(TREES), GROUP)
            # As many as there are animals for, anywhere in the document alike.
            left = max(1.0, (length - FARTHEST - start) / SPACING)
            matters = random.random() < len(unmarked_animals) / GROUP / left
            animals = (
                unmarked_animals[:GROUP]
                if matters
                else [ANIMALS[i] for i in random.permutation(len(ANIMALS))[:GROUP]]
            )
            places = _place_group(layout, random, box, start, list(zip(animals, trees)))
            last_use[box] = start
            if places and matters:
                low, high = places[-1] + NEAREST, places[0] + FARTHEST
                mark = layout.first_free(int(random.integers(low, high + 1)), 1, high)
                if mark is not None and mark < length - 1:
                    layout.words[mark] = f"{box}!"
                    del unmarked_animals[:GROUP]
                    for animal, tree, place in zip(animals, trees, places):
                        answers[animal] = (int(tree), place, mark - place)
        start += int(random.integers(SPACING // 2, SPACING * 3 // 2 + 1))
    if not answers:
        return make_document(random, length, questions)
    return _ask(layout, random, answers, questions)


def _ask(layout: _Layout, random, answers, share: float) -> Document:
    known = sorted(answers)
    asked = []
    for place, word in enumerate(layout.words):
        if word is not None:
            continue
        if random.random() < share * 2:  # about half of all places are free
            animal = known[int(random.integers(len(known)))]
            layout.words[place] = f"{animal}?"
            asked.append((place, animal))
        else:
            layout.words[place] = FILLERS[int(random.integers(len(FILLERS)))]
    animal = known[int(random.integers(len(known)))]
    _, place, waits = answers[animal]
    end = len(layout.words)
    asked.append((end, animal))
    matter = {each: answer[:2] for each, answer in answers.items()}
    return Document(layout.words + [f"{animal}?"], asked, matter, end - place, waits)

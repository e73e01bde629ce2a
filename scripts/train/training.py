"""What both models' training has in common: the curriculum, the optimizer, the auxiliary losses."""

import math
from dataclasses import dataclass

import numpy
import torch
from torch.nn import functional

import task

LENGTH = 256  # tokens of an input at the end of the curriculum, and of the held-out ones
TOKENS = 1536  # a batch
IGNORED = -100


@dataclass
class Plan:
    steps: int
    rate: float = 3e-3

    def length(self, step: int) -> int:
        """Documents grow: boxes are used once before they are used again with another fate."""
        begin, end, grown = 72, LENGTH, 0.55 * self.steps
        share = max(0.0, step - 0.1 * self.steps) / (grown - 0.1 * self.steps)
        return int(begin + (end - begin) * min(1.0, share)) // 8 * 8

    def rate_at(self, step: int) -> float:
        falls = 0.6 * self.steps
        decay = max(0.0, step - falls) / (self.steps - falls)
        return self.rate * min(1.0, step / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * decay)) / 2)


@dataclass
class Losses:
    """Of one batch. In training only, two auxiliary losses lead the way: without them the pieces (a
    tree binds the word before it, looks for its mark ahead, is found by the question) are of use
    only together, and take many times as long to be learnt."""

    answers: torch.Tensor
    records: torch.Tensor  # RecordLoss
    pointing: torch.Tensor  # of the weight that the answering query's first head gives the tree
    right: float  # share of right answers


def pointing(weights: torch.Tensor) -> torch.Tensor:
    """weights: the attention weights on the right trees."""
    return -weights.clamp_min(1e-9).log().mean()


class RecordLoss(torch.nn.Module):
    """What the hidden states at the records must tell: the tree's animal, and of both words whether
    the record matters."""

    def __init__(self, width: int):
        super().__init__()
        self.animal = torch.nn.Linear(width, len(task.ANIMALS))
        self.matters = torch.nn.Linear(width, 1)

    def forward(self, hidden: torch.Tensor, targets: "RecordTargets") -> torch.Tensor:
        """hidden: [batch, tokens, width]."""
        hidden = hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + 1e-6)
        trees, records = targets.animal != IGNORED, targets.matters != IGNORED
        animal = functional.cross_entropy(self.animal(hidden[trees]), targets.animal[trees])
        matters = functional.binary_cross_entropy_with_logits(
            self.matters(hidden[records])[:, 0], targets.matters[records].float()
        )
        return animal + 2 * matters


@dataclass
class RecordTargets:
    animal: torch.Tensor  # [batch, tokens]; IGNORED where there is no tree of a record
    matters: torch.Tensor  # 0 or 1 at both words of a record, else IGNORED


def record_targets(documents: list[task.Document], shape: torch.Size, first: int) -> RecordTargets:
    """first: the index of a document's first word in the input."""
    animal = torch.full(shape, IGNORED)
    matters = torch.full(shape, IGNORED)
    for row, document in enumerate(documents):
        for place, word in enumerate(document.words):
            if "." in word:
                animal[row, first + place + 1] = task.ANIMALS.index(word.split(".")[1])
                matters[row, first + place : first + place + 2] = 0
        for _, place in document.answers.values():
            matters[row, first + place - 1 : first + place + 1] = 1
    return RecordTargets(animal, matters)


# T5's position biases are added to the scores as they are, so they have the farthest to go.
FASTER = {"relative_attention_bias": 20.0}


def optimizer(*modules: torch.nn.Module) -> torch.optim.AdamW:
    groups = {}
    for module in modules:
        for name, parameter in module.named_parameters():
            faster = next((f for part, f in FASTER.items() if part in name), 1.0)
            decay = 0.05 if parameter.ndim > 1 and faster == 1.0 else 0.0
            groups.setdefault((faster, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "weight_decay": decay, "faster": faster}
            for (faster, decay), parameters in groups.items()
        ],
        betas=(0.9, 0.98),
    )


def train(plan: Plan, model, records: RecordLoss, losses, say=print) -> None:
    """losses(random, batch size, length) gives the Losses of a new batch."""
    optimizing = optimizer(model, records)
    random = numpy.random.default_rng(1)
    right = []
    for step in range(plan.steps):
        for group in optimizing.param_groups:
            group["lr"] = group["faster"] * plan.rate_at(step + 1)
        length = plan.length(step)
        batch = losses(random, TOKENS // length, length)
        optimizing.zero_grad()
        (batch.answers + batch.records + batch.pointing).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizing.step()
        right.append(batch.right)
        if (step + 1) % 50 == 0:
            say(f"step {step + 1} length {length} answers {batch.answers.item():.3f} "
                f"records {batch.records.item():.3f} pointing {batch.pointing.item():.3f} "
                f"right {numpy.mean(right[-50:]):.3f}", flush=True)

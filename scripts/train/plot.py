"""Makes the tables and the plots of docs/results.md from what retrieval_study measured.

    ENV/bin/python scripts/train/plot.py

reads docs/results/*.json and writes the plots beside them and the tables into docs/results.md,
each between its two comments there, and the reasons of docs/results/why/*.json likewise. Needs matplotlib alone.
"""

import json
import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot

DOCS = Path(__file__).resolve().parents[2] / "docs"
# Told apart also by readers who see no red and green: colour and mark.
STYLES = {
    "fifo": ("#000000", "o"),
    "lra": ("#0072b2", "s"),
    "lfa": ("#56b4e9", "D"),
    "h2o": ("#d55e00", "^"),
    "tova": ("#009e73", "v"),
    "random": ("#999999", "x"),
}
NEAREST, FARTHEST = 8, 48  # the marks' distances; task.py


def study(name: str) -> dict:
    return json.loads((DOCS / "results" / f"{name}.json").read_text())


def sizes(cells: list[dict], key: str) -> list[int]:
    return sorted({cell[key] for cell in cells})


def policies(cells: list[dict]) -> list[str]:
    return [policy for policy in STYLES if any(cell["policy"] == policy for cell in cells)]


def line(axis, cells: list[dict], policy: str, shift: float) -> None:
    cells = sorted(cells, key=lambda cell: cell["query_memory"])
    shares = [100 * cell["right"] / cell["of"] for cell in cells]
    errors = [
        [max(0.0, share - 100 * cell["low"]) for share, cell in zip(shares, cells)],
        [max(0.0, 100 * cell["high"] - share) for share, cell in zip(shares, cells)],
    ]
    colour, mark = STYLES[policy]
    axis.errorbar(
        [cell["query_memory"] + shift for cell in cells], shares, errors, label=policy.upper(),
        color=colour, marker=mark, markersize=4, linewidth=1.2, elinewidth=0.6, capsize=1.5,
    )


def plot(name: str) -> None:
    """One panel for each M, one line for each policy, accuracy over N."""
    cells = study(name)["cells"]
    memories = sizes(cells, "memory")
    figure, axes = pyplot.subplots(
        1, len(memories), figsize=(3.1 * len(memories), 3.4), sharey=True, layout="constrained"
    )
    for axis, memory in zip(axes, memories):
        here = [cell for cell in cells if cell["memory"] == memory]
        chunk = here[0]["chunk"]
        axis.axvspan(NEAREST, FARTHEST, color="#eeeeee", zorder=0)
        if memory - chunk < max(sizes(here, "query_memory")):
            axis.axvline(memory - chunk, color="#cc79a7", linestyle=":", linewidth=1.2)
        names = policies(here)
        for i, policy in enumerate(names):
            line(axis, [c for c in here if c["policy"] == policy], policy, i - len(names) / 2)
        axis.set_title(f"M = {memory}, R = {memory - chunk}", fontsize=10)
        axis.set_xlabel("N")
        axis.set_ylim(0, 102)
        axis.grid(color="#dddddd", linewidth=0.5)
    axes[0].set_ylabel("answered, %")
    axes[0].legend(fontsize=7, loc="upper right")
    figure.savefig(DOCS / "results" / f"{name}.png", dpi=110)
    pyplot.close(figure)


def written(cell: dict) -> str:
    return f"{100 * cell['right'] / cell['of']:.0f} ({100 * cell['low']:.0f}–{100 * cell['high']:.0f})"


def table(name: str, rows: list[str]) -> str:
    """Rows by the given keys, a column for each N."""
    cells = study(name)["cells"]
    waiting = sizes(cells, "query_memory")
    titles = {"memory": "M", "survives": "R", "chunk": "C", "policy": "policy"}
    lines = [
        "| " + " | ".join([titles[row] for row in rows] + [f"N = {n}" for n in waiting]) + " |",
        "|" + "---|" * (len(rows) + len(waiting)),
    ]
    order = list(STYLES)
    groups = sorted(
        {tuple(cell[row] for row in rows) for cell in cells},
        key=lambda group: [order.index(g) if g in order else g for g in group],
    )
    for group in groups:
        here = {c["query_memory"]: c for c in cells if tuple(c[row] for row in rows) == group}
        entries = [written(here[n]) if n in here else "" for n in waiting]
        lines.append("| " + " | ".join([str(g) for g in group] + entries) + " |")
    return "\n".join(lines)


def reasons(found: dict) -> str:
    """What explain.py found: how many entries were held, how many questions answered."""
    looks = list(found["heads"])
    titles = ["policy", "N", *looks, "all held, answered", "else, answered"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for cell in found["cells"]:
        held, rest = cell["all"], cell["of"] - cell["all"]
        lines.append("| " + " | ".join(
            [cell["policy"], str(cell["query_memory"])]
            + [f"{cell[look]} of {cell['of']}" for look in looks]
            + [f"{cell['held_right']} of {held}", f"{cell['lost_right']} of {rest}"]) + " |")
    return "\n".join(lines)


def put(document: str, name: str, text: str) -> str:
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"docs/results.md has no <!-- {name} --> … <!-- end -->: put them in.")
    return pattern.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", document)


def main() -> None:
    path = DOCS / "results.md"
    document = path.read_text(encoding="utf-8")
    for file in sorted((DOCS / "results").glob("*.json")):
        name = file.stem
        by_chunk = name.endswith("-chunks")
        rows = ["survives", "chunk", "policy"] if by_chunk else ["memory", "policy"]
        document = put(document, name, table(name, rows))
        if not by_chunk:
            plot(name)
    for file in sorted((DOCS / "results" / "why").glob("*.json")):
        document = put(document, f"why {file.stem}", reasons(json.loads(file.read_text())))
    path.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()

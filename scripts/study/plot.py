#!/usr/bin/env python3
"""Makes the tables and plots of docs/results.md, "What to evict", from sweeps.

    ENV/bin/python scripts/study/plot.py

reads docs/results/sweeps/*.csv and *.jsonl, which `attendre sweep` wrote (scripts/study/run.sh), writes
the plots beside docs/results/ and the tables into docs/results.md between their comments. Needs matplotlib alone.
"""

import csv
import json
import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot

DOCS = Path(__file__).resolve().parents[2] / "docs"
SWEEPS = DOCS / "results" / "sweeps"
# Told apart also by readers who see no red and green: colour and mark.
STYLES = {
    "fifo": ("#000000", "o"),
    "lra": ("#0072b2", "s"),
    "lfa": ("#56b4e9", "D"),
    "h2o": ("#d55e00", "^"),
}
BLOCK = 64


def rows_of(name: str) -> list[dict]:
    with open(SWEEPS / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def value(row: dict, column: str) -> tuple[float, float, float] | None:
    if not row[column]:
        return None
    return tuple(float(row[column + end]) for end in ("", "_low", "_high"))


def written(row: dict, column: str, digits: int = 3, scale: float = 1) -> str:
    found = value(row, column)
    if found is None:
        return ""
    mean, low, high = (f"{scale * one:.{digits}f}".replace("-", "−") for one in found)
    return f"{mean} ({low} to {high})"


def error_line(axis, rows: list[dict], over: str, column: str, policy: str, shift: float,
               scale: float = 1) -> None:
    points = sorted((float(row[over]), value(row, column)) for row in rows if value(row, column))
    if not points:
        return
    colour, mark = STYLES[policy]
    axis.errorbar(
        [x * (1 + shift) for x, _ in points] if over == "survives" else [x + shift for x, _ in points],
        [scale * v[0] for _, v in points],
        [[scale * (v[0] - v[1]) for _, v in points], [scale * (v[2] - v[0]) for _, v in points]],
        label=policy.upper(), color=colour, marker=mark, markersize=4, linewidth=1.2,
        elinewidth=0.7, capsize=2,
    )


def plot_nll() -> None:
    """Excess over full attention against R: a panel for each convention and s."""
    rows = [row for row in rows_of("nll") if row["way"] == "memory"]
    kinds = [(p, s) for s in ("4", "0") for p in ("absolute", "relative")
             if any(r["positions"] == p and r["sinks"] == s for r in rows)]
    figure, axes = pyplot.subplots(1, len(kinds), figsize=(3 * len(kinds), 3.4), sharey=True,
                                   layout="constrained")
    for axis, (positions, sinks) in zip(axes, kinds):
        here = [r for r in rows if r["positions"] == positions and r["sinks"] == sinks]
        for i, policy in enumerate(STYLES):
            error_line(axis, [r for r in here if r["policy"] == policy], "survives", "against_full",
                       policy, (i - 1.5) * 0.03)
        axis.set_title(f"{positions} positions, s = {sinks}", fontsize=10)
        axis.set_xscale("log", base=2)
        sizes = sorted({int(r["survives"]) for r in rows})
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.minorticks_off()
        axis.set_xlim(sizes[0] / 1.4, sizes[-1] * 1.4)
        axis.set_yscale("log")
        axis.set_xlabel("R, entries that survive a step")
        axis.grid(color="#dddddd", linewidth=0.5, which="both")
    axes[0].set_ylabel("nll less full attention's, nats a token")
    axes[0].legend(fontsize=7)
    figure.savefig(DOCS / "results" / "nll.png", dpi=110)
    pyplot.close(figure)


def cells_of(name: str) -> list[dict]:
    with open(SWEEPS / f"{name}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def plot_past_p() -> None:
    """nll along the documents, the mean of them, where they grow longer than the trained length."""
    cells = [c for c in cells_of("past-p") if c["way"] == "memory"]
    trained = cells[0]["trained_length"]
    figure, axes = pyplot.subplots(1, 2, figsize=(8.4, 3.4), sharey=True, layout="constrained")
    wide = 8  # blocks of a point
    for axis, positions in zip(axes, ("absolute", "relative")):
        for policy, (colour, _) in STYLES.items():
            here = [c["nll"] for c in cells
                    if c["axes"]["policy"] == policy and c["axes"]["positions"] == positions]
            if not here:
                continue
            means = [sum(column) / len(column) for column in zip(*here)]
            points = [sum(means[i:i + wide]) / wide for i in range(0, len(means) - wide + 1, wide)]
            axis.plot([(i + 0.5) * wide * BLOCK for i in range(len(points))], points,
                      label=policy.upper(), color=colour, linewidth=1.2)
        axis.axvline(trained, color="#cc79a7", linestyle=":", linewidth=1.2)
        axis.text(trained, axis.get_ylim()[1], " P", color="#cc79a7", va="top", fontsize=8)
        axis.set_title(f"{positions} positions, s = 4, R = 448", fontsize=10)
        axis.set_xlabel("position")
        axis.grid(color="#dddddd", linewidth=0.5)
    axes[0].set_ylabel("nll, nats a token, mean of 4 documents")
    axes[0].legend(fontsize=7)
    figure.savefig(DOCS / "results" / "past-p.png", dpi=110)
    pyplot.close(figure)


def plot_marked(name: str) -> None:
    """Share of questions answered over N, a panel for each R."""
    rows = [row for row in rows_of(name) if row["way"] == "memory"]
    sizes = sorted({int(row["survives"]) for row in rows})
    figure, axes = pyplot.subplots(1, len(sizes), figsize=(3 * len(sizes), 3.2), sharey=True,
                                   layout="constrained")
    for axis, size in zip(axes, sizes):
        for i, policy in enumerate(STYLES):
            here = [r for r in rows if r["policy"] == policy and int(r["survives"]) == size]
            error_line(axis, here, "query-memory", "score", policy, i - 1.5, 100)
        axis.set_title(f"R = {size}", fontsize=10)
        axis.set_xlabel("N")
        axis.set_ylim(0, 102)
        axis.grid(color="#dddddd", linewidth=0.5)
    axes[0].set_ylabel("answered, %")
    axes[0].legend(fontsize=7)
    figure.savefig(DOCS / "results" / f"marked-{name}.png", dpi=110)
    pyplot.close(figure)


def markdown(titles: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def order(row: dict) -> tuple:
    return (row["positions"], -int(row["sinks"]), int(row["survives"]),
            list(STYLES).index(row["policy"]))


def nll_table() -> str:
    full = [row for row in rows_of("nll") if row["way"] == "full"]
    rows = [["full attention", "", "", "", written(full[0], "nll"), "", "", ""]] if full else []
    for row in sorted((r for r in rows_of("nll") if r["way"] == "memory"), key=order):
        rows.append([row["positions"], row["sinks"], row["survives"], row["policy"],
                     written(row, "nll"), written(row, "against_full"),
                     written(row, "against_fifo"), f"{float(row['kl']):.3f}"])
    return markdown(["positions", "s", "R", "policy", "nll", "less full attention's",
                     "less FIFO's", "KL"], rows)


def past_p_table() -> str:
    rows = []
    for row in sorted((r for r in rows_of("past-p") if r["way"] == "memory"), key=order):
        rows.append([row["positions"], row["policy"], written(row, "nll"),
                     written(row, "nll_past_p")])
    return markdown(["positions", "policy", "nll up to P", "nll from P on"], rows)


def coverage_table() -> str:
    rows = []
    for row in sorted((r for r in rows_of("coverage") if r["way"] == "memory"), key=order):
        rows.append([row["positions"], row["sinks"], row["policy"], f"{float(row['coverage']):.4f}",
                     f"{float(row['output_error']):.3f}", written(row, "nll"),
                     f"{float(row['kl']):.3f}"])
    return markdown(["positions", "s", "policy", "coverage", "output error", "nll", "KL"], rows)


def marked_table(name: str) -> str:
    rows = [row for row in rows_of(name) if row["way"] == "memory"]
    waiting = sorted({int(row["query-memory"]) for row in rows})
    lines = []
    for size in sorted({int(row["survives"]) for row in rows}):
        for policy in STYLES:
            here = {int(r["query-memory"]): r for r in rows
                    if r["policy"] == policy and int(r["survives"]) == size}
            if here:
                lines.append([str(size), policy] + [
                    written(here[n], "score", 0, 100) if n in here else "" for n in waiting])
    return markdown(["R", "policy"] + [f"N = {n}" for n in waiting], lines)


def survival_table() -> str:
    rows = []
    for row in rows_of("prefix"):
        if row["way"] == "memory" and row["query-memory"] in ("0", "48", "96"):
            auc = value(row, "survival_auc")
            rows.append([row["survives"], row["policy"], row["query-memory"],
                         f"{100 * float(row['survival']):.0f}", written(row, "score", 0, 100),
                         written(row, "survival_auc", 2) if auc else "",
                         "" if auc is None else "yes" if auc[1] > 0.5 else "no"])
    rows.sort(key=lambda r: (int(r[0]), list(STYLES).index(r[1]), int(r[2])))
    return markdown(["R", "policy", "N", "survival, %", "answered, %", "AUC", "tells"], rows)


def put(document: str, name: str, text: str) -> str:
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"docs/results.md has no <!-- {name} --> … <!-- end -->: put them in.")
    return pattern.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", document)


def main() -> None:
    plot_nll()
    plot_past_p()
    for name in ("prefix", "t5"):
        plot_marked(name)
    path = DOCS / "results.md"
    document = path.read_text(encoding="utf-8")
    for name, text in {
        "nll": nll_table(), "past-p": past_p_table(), "coverage": coverage_table(),
        "marked prefix": marked_table("prefix"), "marked t5": marked_table("t5"),
        "survival": survival_table(),
    }.items():
        document = put(document, name, text)
    path.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()

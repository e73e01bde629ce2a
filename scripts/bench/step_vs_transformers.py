"""A step of SmolLM2 in the engine against the same step in transformers, in turn.

Both are ready in a process of their own before the first step; then one of each, alternately, so
that whatever else the machine does meets both. The ratio of each pair is engine / transformers; the
median's 95% interval comes from the pairs by order statistics.

    ENV/bin/python scripts/bench/step_vs_transformers.py [--pairs 60] [--record full] [--bench PROGRAM] [--json]
    python3 scripts/bench/step_vs_transformers.py --record full --against unrecorded

ENV is the environment of scripts/reference. The engine computes the usage columns, the top entries
of every query and all rows of logits; transformers all rows of logits, with sdpa attention. Against
unrecorded, a second engine that writes no trace takes the place of transformers, and the ratio minus
one is what recording costs.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "reference"))


class Engine:
    def __init__(self, program: Path, options: argparse.Namespace, record: str | None) -> None:
        command = [str(program), "--follow", "--threads", str(options.threads)]
        command += ["--memory", str(options.memory), "--chunk", str(options.chunk)]
        command += ["--plain"] if options.plain else []
        command += ["--record", record] if record else []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{program} did not start")

    def step(self) -> float:
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def opponent(options: argparse.Namespace):
    """A function that makes one step of the other side and returns its milliseconds."""
    if options.against == "unrecorded":
        return Engine(options.bench, options, None).step
    from transformers_step import make_step

    step = make_step(options.model, options.memory, options.chunk, options.threads)
    return lambda: 1000 * step()


def median_interval(values: list[float]) -> tuple[float, float]:
    """The order statistics that hold the median with at least 95% (normal approximation)."""
    ordered, n = sorted(values), len(values)
    reach = 1.96 * math.sqrt(n) / 2
    low = max(0, math.floor(n / 2 - reach))
    high = min(n - 1, math.ceil(n / 2 + reach))
    return ordered[low], ordered[high]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--record", choices=["summary", "full"], help="to a trace, until committed")
    parser.add_argument(
        "--against", choices=["transformers", "unrecorded"], default="transformers"
    )
    parser.add_argument("--plain", action="store_true", help="the engine without usage")
    parser.add_argument("--bench", type=Path, default=ROOT / "build/whole/tests/bench_step")
    parser.add_argument("--model", help="a GGUF file for transformers; else random weights")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    theirs_step = opponent(options)
    engine = Engine(options.bench, options, options.record)
    for _ in range(5):
        theirs_step(), engine.step()
    pairs = []
    for i in range(options.pairs):  # who goes first alternates as well
        if i % 2:
            ours = engine.step()
            theirs = theirs_step()
        else:
            theirs = theirs_step()
            ours = engine.step()
        pairs.append((ours, theirs))
    ratios = [ours / theirs for ours, theirs in pairs]
    low, high = median_interval(ratios)
    result = {
        "engine_ms": statistics.median(ours for ours, _ in pairs),
        "against": options.against,
        "against_ms": statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(ratios),
        "ratio_low": low,
        "ratio_high": high,
        "pairs": options.pairs,
        "threads": options.threads,
        "memory": options.memory,
        "chunk": options.chunk,
    }
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"engine {result['engine_ms']:.1f} ms, {options.against} {result['against_ms']:.1f} ms, "
        f"ratio {result['ratio']:.3f} ({low:.3f} to {high:.3f}, {options.pairs} pairs)"
    )


if __name__ == "__main__":
    main()

"""What the archive costs: steps recorded with it against steps recorded without, in turn.

    python3 scripts/bench/archive_cost.py [--rounds 9] ATTENDRE MODEL DOCUMENT [OPTIONS of record]

Every round records the document once in each way; a run's time is the mean of its steps' computing
times, as the trace has them, without the first four. Of each pair the ratio to the run without an
archive is taken; printed are the median and the range.
"""

import argparse
import csv
import statistics
import subprocess
import tempfile
from pathlib import Path

WARM_UP = 4
WAYS = {"no archive": [], "--archive keys": ["--archive", "keys"], "--archive all": ["--archive", "all"]}


def mean_step(words: argparse.Namespace, trace: Path, options: list[str]) -> float:
    """Milliseconds."""
    command = [words.attendre, "record", words.model, words.document, "-o", trace, "--overwrite"]
    subprocess.run([*map(str, command), *words.options, *options], check=True, capture_output=True)
    command = [words.attendre, "trace", "export", str(trace), "--table", "steps", "--format", "csv"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = list(csv.DictReader(output.splitlines()))[WARM_UP:]
    return statistics.mean(float(row["milliseconds"]) for row in rows)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("attendre")
    words.add_argument("model")
    words.add_argument("document")
    words.add_argument("--rounds", type=int, default=9)
    words.add_argument("options", nargs=argparse.REMAINDER)
    asked = words.parse_args()
    times = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(asked.rounds):
            for way, options in WAYS.items():
                times[way].append(mean_step(asked, Path(folder) / "run.trace", options))
    for way, seen in times.items():
        ratios = sorted(a / b for a, b in zip(seen, times["no archive"]))
        print(f"{way}: {statistics.median(seen):.1f} ms a step, {statistics.median(ratios):.3f} "
              f"({ratios[0]:.3f} to {ratios[-1]:.3f}) of a step without")


if __name__ == "__main__":
    main()

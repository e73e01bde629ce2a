#!/usr/bin/env bash
# scripts/study/run.sh [JOBS]: all sweeps of docs/results.md, "What to evict", with what ./run.sh
# built; the results go to build/study and their tables to docs/results/sweeps. Stopped, it goes on
# where it was. Then: ENV/bin/python scripts/study/plot.py
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
cd "$repository"

jobs=${1:-$(nproc)}
questions=tests/golden/retrieval
mkdir -p build/study docs/results/sweeps
python3 scripts/study/marked.py "$questions/prefix.jsonl" build/study/marked-prefix.json
python3 scripts/study/marked.py "$questions/encoder-decoder.jsonl" build/study/marked-t5.jsonl
for plan in nll past-p coverage prefix t5; do
    say "== $plan"
    build/whole/bin/attendre sweep "scripts/study/$plan.json" -o "build/study/$plan" --jobs "$jobs"
    cp "build/study/$plan/results.csv" "docs/results/sweeps/$plan.csv"
done
cp build/study/past-p/results.jsonl docs/results/sweeps/past-p.jsonl
say "All swept after $(elapsed)."

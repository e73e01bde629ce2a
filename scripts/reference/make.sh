#!/usr/bin/env bash
# scripts/reference/make.sh [ENVIRONMENT]: makes the golden data under tests/golden again, in a
# Python environment of its own (by default in the cache folder; made when it is not there).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
cd "$repository"

environment=${1:-$cache/reference}
python=$environment/bin/python
if [[ ! -x $python ]]; then
    say "Making the environment $environment (about 1 GB, mostly torch)."
    python3 -m venv "$environment" ||
        fail "No environment could be made at $environment: install the package python3-venv."
    "$environment/bin/pip" install --quiet \
        --extra-index-url https://download.pytorch.org/whl/cpu -r scripts/reference/requirements.txt
fi
[[ -f $model ]] || fail "The default model is not at $model: run ./run.sh once, which fetches it."

"$python" scripts/reference/tiny_models.py
"$python" scripts/reference/tiny_t5.py
"$python" scripts/reference/gguf_families.py
"$python" scripts/reference/dequantised_golden.py
"$python" scripts/reference/tokenizers_golden.py "$model"
"$python" scripts/reference/sentencepiece_golden.py
say "Done; git diff --stat -- tests/golden shows what has changed."

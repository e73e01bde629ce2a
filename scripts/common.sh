# Read by the other scripts: where things lie, and how they speak.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/attendre
torch=$cache/torch-2.11.0
model=$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf
book=$repository/resources/genesis.txt
export repository cache torch model book

say() { printf '%s\n' "$*"; }

# One sentence on standard error, then the end.
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Seconds since the script began, as "3 min 12 s".
elapsed() {
    if ((SECONDS < 60)); then
        printf '%d s' "$SECONDS"
    else
        printf '%d min %d s' $((SECONDS / 60)) $((SECONDS % 60))
    fi
}

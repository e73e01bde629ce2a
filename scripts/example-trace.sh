#!/usr/bin/env bash
# scripts/example-trace.sh: makes resources/genesis-start.trace again, the small recorded run that a
# viewer without an engine opens. To be run when the trace's format changes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$repository/scripts/setup.sh"
"$repository/scripts/build.sh" whole programs

# Recorded from within a folder, so that the trace names its model and document without a path.
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
ln -s "$model" "$book" "$folder"
cd "$folder"
attendre=$repository/build/whole/bin/attendre
"$attendre" record "$(basename "$model")" "$(basename "$book")" -o genesis-start.trace \
    --tokens 256 --memory 96 --chunk 32 --detail full --label "The beginning of Genesis"
"$attendre" trace check genesis-start.trace
mv genesis-start.trace "$repository/resources/"

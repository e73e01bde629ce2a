#!/usr/bin/env bash
# ./test.sh [CTEST OPTIONS]: the same set-up as ./run.sh, then every test. It needs no GPU, no
# display and no Python packages. Left out unless asked for: the tests labelled gpu, which need one,
# and the mutants, which build the pipeline many times over (./test.sh -L mutants).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"
cd "$repository"

scripts/setup.sh
scripts/build.sh whole
say "Set up and built after $(elapsed). Testing."
(($#)) && choice=(--test-dir build/whole --output-on-failure "$@") || choice=(--preset whole)
ctest "${choice[@]}" || fail "Some tests failed: ctest names them above."

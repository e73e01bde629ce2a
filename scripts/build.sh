#!/usr/bin/env bash
# scripts/build.sh PRESET [TARGET...]: configures where that has not been done, and builds.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset=${1:?build.sh needs a preset: viewer, viewer-asan, whole or whole-asan.}
shift
folder=$repository/build/$preset
cd "$repository"

# The same source gives the same object wherever the clone lies.
export CCACHE_BASEDIR=$repository CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# One job a core, and 2 GB of memory for each: a file that includes ATen takes about that.
jobs=$(nproc)
memory=$(awk '/^MemAvailable/ { print int($2 / 2097152) }' /proc/meminfo)
((memory >= jobs)) || jobs=$((memory > 0 ? memory : 1))

# Whether CMake's cache says NAME=VALUE.
configured() { grep -q "^$1:[A-Z]*=" "$folder/CMakeCache.txt" &&
    [[ $(sed -n "s/^$1:[A-Z]*=//p" "$folder/CMakeCache.txt") == "$2" ]]; }

options=()
[[ $preset != whole* ]] || options=("-DATTENDRE_TORCH=$torch")
if [[ ! -e $folder/build.ninja ]] || ! configured CMAKE_HOME_DIRECTORY "$repository" ||
    { [[ $preset == whole* ]] && ! configured ATTENDRE_TORCH "$torch"; }; then
    say "Configuring the build '$preset'."
    mkdir -p "$folder"
    cmake --preset "$preset" --fresh "${options[@]}" >"$folder/configure.log" 2>&1 || {
        cat "$folder/configure.log" >&2
        rm -f "$folder/build.ninja"
        fail "The build could not be configured: the reason is above."
    }
fi
say "Building '$preset' with $jobs jobs."
targets=()
(($# == 0)) || targets=(--target "$@")
cmake --build "$folder" -j "$jobs" "${targets[@]}" ||
    fail "The build failed: the compiler's message is above."

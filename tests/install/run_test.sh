#!/usr/bin/env bash
# run_test.sh SOURCE: what run.sh refuses, it refuses before it installs or builds anything.
set -euo pipefail
source=$1
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
: >model.gguf

refused() { # WORDS ARGUMENT...: one sentence with these words, and exit code 1
    local words=$1 said code=0
    shift
    said=$("$source/run.sh" "$@" 2>&1) || code=$?
    [[ $code -eq 1 && $said == *"$words"* && $said != *$'\n'* ]] || {
        printf 'FAIL: run.sh %s: exit code %s, "%s"\n' "$*" "$code" "$said" >&2
        exit 1
    }
}

refused "$folder/no.trace cannot be read" no.trace
refused "$folder/no.txt cannot be read" model.gguf no.txt
refused "3 files were named" model.gguf model.gguf model.gguf
refused "has no engine" --viewer model.gguf model.gguf

#!/usr/bin/env bash
# scripts/format.sh [--check]: formats the C++ source, or says what is not formatted; then checks
# the rules of the house: short files, includes that follow the folders, no unfinished words.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

check=no
case ${1:-} in
'') ;;
--check) check=yes ;;
*) fail "format.sh does not know '$1': it takes --check." ;;
esac
wrong=0

# complain SENTENCE LINES: the sentence and the lines under it, where there are lines.
complain() {
    [[ -n $2 ]] || return 0
    printf '%s\n%s\n' "$1" "$2" >&2
    wrong=1
}

tracked() { git ls-files --cached --others --exclude-standard -- "$@"; }

format() {
    local formatter=clang-format-14
    command -v "$formatter" >/dev/null ||
        fail "The formatter is missing: install the package clang-format-14."
    if [[ $check == no ]]; then
        tracked '*.cpp' '*.h' | tr '\n' '\0' | xargs -0 -r "$formatter" -i
        return
    fi
    complain "Not formatted (scripts/format.sh formats them):" "$(
        tracked '*.cpp' '*.h' | tr '\n' '\0' | xargs -0 -r "$formatter" --dry-run 2>&1 |
            sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: code should be clang-formatted.*/  \1/p' |
            sort -u
    )"
}

long_files() {
    local file lines
    tracked '*.cpp' '*.h' '*.cu' '*.cuh' '*.py' '*.sh' ':!tests/golden' | while read -r file; do
        [[ -e $file ]] || continue
        lines=$(wc -l <"$file")
        ((lines <= 500)) || printf '  %s: %d lines\n' "$file" "$lines"
    done
}

# search PATTERN PATHSPEC...: lines of tracked files.
search() { git grep -nIE --untracked "$@" 2>/dev/null || true; }

include_rules() {
    complain "Only .cpp and .cu files of network, memory, engine and cuda may include Torch:" "$(
        search '^#include [<"](ATen|torch|c10|caffe2)/' -- . \
            ':!model/network/torch_headers.h' ':!model/network/*.cpp' ':!model/memory/*.cpp' ':!model/engine/*.cpp' \
            ':!model/cuda/*.cpp' ':!model/cuda/*.cu' ':!tests/network/*.cpp' \
            ':!tests/memory/*.cpp' ':!tests/engine/*.cpp' ':!tests/cuda/*.cpp'
    )"
    complain "widgets may include from this project only widgets, model/trace, model/analysis, model/evaluation and model/replay:" "$(
        search '^#include "' -- widgets | grep -vE '"(widgets|model/trace|model/analysis|model/evaluation|model/replay)/|"ui_|"[a-z_]+\.moc"'
    )"
    complain "model may not include widgets, app, or what draws:" "$(
        search '^#include ["<](widgets/|app/|QWidget|QtWidgets|qcustomplot|QPainter)' -- model
    )"
    complain "trace may include nothing of the project but trace; formats and analysis besides that themselves:" "$(
        search '^#include "' -- model/trace | grep -vE '"model/trace/|\.moc"'
        search '^#include "' -- model/formats | grep -vE '"model/(trace|formats)/|\.moc"'
        search '^#include "' -- model/analysis | grep -vE '"model/(trace|analysis)/|\.moc"'
    )"
    complain "replay may include trace, itself, and of memory what has no Torch in it:" "$(
        search '^#include "' -- model/replay | grep -vE '"model/(trace|replay)/|"model/memory/(entry_columns|eviction|first_pass|policy|usage_pass)\.h"'
    )"
}

unfinished() {
    # Spelt in parts, so that this file does not find itself.
    local words='TO''DO|FIX''ME|XX''X|place''holder|not imple''mented|for n''ow\b'
    complain "Words of unfinished work:" "$(
        search "$words" -- '*.cpp' '*.h' '*.cu' '*.py' '*.sh' '*.txt' '*.cmake' '*.md' \
            ':!resources/*.txt' | grep -v 'setPlace''holderText'
    )"
}

# The scripts, where the checker for them is installed.
scripts() {
    command -v shellcheck >/dev/null || return 0
    complain "The scripts' checker says:" "$(
        shellcheck run.sh test.sh .ci/run scripts/*.sh tests/install/*.sh 2>&1 || true
    )"
}

format
scripts
complain "Files of more than 500 lines:" "$(long_files)"
include_rules
unfinished
((wrong == 0)) || fail "The source does not follow the rules: see above."
[[ $check == no ]] || say "The source is formatted and follows the rules."

#!/usr/bin/env bash
# ./run.sh [--viewer] [TRACE | MODEL DOCUMENT]
# Installs what is missing, builds, and opens the window: on the default model reading the book of
# Genesis, or on what is named. --viewer builds the window alone, without LibTorch and the model; it
# opens recorded traces. Without a display that run, or the one that is named, is recorded, and a
# picture of it or of the trace that is named is written.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() { sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}"; }

viewer=no
while (($#)); do
    case $1 in
    --viewer) viewer=yes ;;
    -h | --help)
        usage
        exit
        ;;
    -*)
        printf "run.sh does not know '%s'.\n" "$1" >&2
        usage >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done

# Whether a window can be opened here.
display() {
    [[ -z ${WAYLAND_DISPLAY:-} ]] || return 0
    case ${DISPLAY:-} in
    '') return 1 ;;
    :*)
        local number=${DISPLAY#:}
        [[ -S /tmp/.X11-unix/X${number%%.*} ]]
        ;;
    esac
}

# picture PROGRAM TRACE FILE: the window as it looks on the trace, drawn without a display.
picture() {
    local messages
    # What Qt's offscreen platform says of itself is of use only if there is no picture.
    messages=$(QT_QPA_PLATFORM=offscreen "$1" --screenshot "$3" --size 1600x1000 "$2" 2>&1) ||
        fail "The picture could not be made: $messages"
}

# checked FILE...: ends with a sentence where one of them is missing or there are too many.
checked() {
    (($# <= 2)) ||
        fail "$# files were named: give run.sh one trace, or a model and a document."
    local file
    [[ $viewer == no || $# -le 1 ]] ||
        fail "The viewer has no engine: give run.sh --viewer one trace."
    for file in "$@"; do
        [[ -r $file ]] || fail "$file cannot be read: name a trace, or a model and a document."
    done
}

# record MODEL DOCUMENT TRACE: the first steps of a run. A run that breaks off leaves nothing behind.
record() {
    rm -f -- "$3" "$3-wal" "$3-shm"
    say "Recording: $(basename "$1") reads the first 4,096 tokens of $(basename "$2") in 64 steps."
    build/whole/bin/attendre record "$1" "$2" -o "$3" --tokens 4096 --detail full || {
        rm -f -- "$3" "$3-wal" "$3-shm"
        fail "The run could not be recorded: the reason is above."
    }
}

# Whether a trace was recorded to its end by the engine as it is built now.
current() {
    [[ $1 -nt build/whole/lib/libattendre-engine.so && ! -e $1-wal ]] &&
        build/whole/bin/attendre info "$1" 2>/dev/null | grep -q ' steps, complete$'
}

# described PROGRAM TRACE IMAGE: a picture in place of a window, and the sentence that says so.
described() {
    picture "$1" "$2" "$3"
    say "There is no display here, so no window was opened. What it shows of $2 is in" \
        "$repository/$3."
}

run_viewer() {
    local program=build/viewer/bin/attendre-inspector
    scripts/setup.sh --viewer
    scripts/build.sh viewer programs
    (($#)) || set -- "$repository/resources/genesis-start.trace"
    if display; then
        exec "$program" "$@"
    fi
    mkdir -p build/first-run
    described "$program" "$1" build/first-run/viewer.png
}

run_whole() {
    local program=build/whole/bin/attendre-inspector
    local trace=build/first-run/genesis.trace
    scripts/setup.sh
    scripts/build.sh whole programs
    if display; then
        (($#)) || set -- "$model" "$book"
        say "Opening the window."
        exec "$program" "$@"
    fi
    mkdir -p build/first-run
    if (($# == 1)); then
        described "$program" "$1" build/first-run/window.png
        return
    fi
    if (($# == 2)); then
        trace=build/first-run/named.trace
        record "$1" "$2" "$trace"
    else
        current "$trace" || record "$model" "$book" "$trace"
    fi
    say "The run is recorded in $repository/$trace."
    described "$program" "$trace" build/first-run/window.png
}

files=()
for file in "$@"; do
    files+=("$(realpath -m -- "$file")")
done
checked "${files[@]}"
cd "$repository"
if [[ $viewer == yes ]]; then
    run_viewer "${files[@]}"
else
    run_whole "${files[@]}"
fi

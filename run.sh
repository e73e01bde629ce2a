#!/usr/bin/env bash
# ./run.sh [--viewer] [TRACE | MODEL DOCUMENT]
# Installs what is missing, builds, and opens the window: on the default model reading the book of
# Genesis, or on what is named. --viewer builds the window alone, without LibTorch and the model; it
# opens recorded traces. Without a display the default run is recorded and a picture is written.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"

usage() { sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"; }

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

# record TRACE: the first steps of the default run, under another name until they are whole.
record() {
    local part
    part=$(dirname "$1")/recording.trace
    rm -f -- "$part" "$part-wal" "$part-shm" "$1"
    say "Recording the default run: SmolLM2-135M-Instruct reads the first 4,096 tokens of the book" \
        "of Genesis in 64 steps."
    build/whole/bin/attendre record "$model" "$book" -o "$part" --tokens 4096 --detail full ||
        fail "The run could not be recorded: the reason is above."
    mv -- "$part" "$1"
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
    picture "$program" "$1" build/first-run/viewer.png
    say "There is no display here, so no window was opened. What it shows of $1 is in" \
        "$repository/build/first-run/viewer.png."
}

run_whole() {
    local program=build/whole/bin/attendre-inspector
    local trace=build/first-run/genesis.trace image=build/first-run/window.png
    scripts/setup.sh
    scripts/build.sh whole programs
    if display; then
        (($#)) || set -- "$model" "$book"
        say "Opening the window."
        exec "$program" "$@"
    fi
    mkdir -p build/first-run
    [[ $trace -nt build/whole/lib/libattendre-engine.so ]] || record "$trace"
    picture "$program" "$trace" "$image"
    say "There is no display here, so no window was opened. The default run is recorded in" \
        "$repository/$trace, and what the window shows of it is in $repository/$image."
}

cd "$repository"
if [[ $viewer == yes ]]; then
    run_viewer "$@"
else
    run_whole "$@"
fi

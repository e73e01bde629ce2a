#!/usr/bin/env bash
# install_test.sh BUILD SOURCE VERSION [MODEL]: installs BUILD into a new prefix and uses what lies
# there. With a MODEL the engine records a run; without, the programs must do without it.
set -euo pipefail
build=$1 source=$2 version=$3 model=${4:-}
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
prefix="$folder/a prefix"

fail() {
    printf 'FAIL: %s\n' "$*" >&2
    exit 1
}

cmake --install "$build" --prefix "$prefix" >"$folder/log" || fail "the installation: $(cat "$folder/log")"
cd "$folder"
unset ATTENDRE_ENGINE LD_LIBRARY_PATH
attendre=$prefix/bin/attendre

for file in bin/attendre bin/attendre-inspector share/man/man1/attendre.1 \
    share/man/man1/attendre-inspector.1 share/applications/attendre-inspector.desktop \
    share/icons/hicolor/scalable/apps/attendre-inspector.svg share/doc/attendre/LICENSE \
    share/doc/attendre/LICENSE.engine share/doc/attendre/THIRD-PARTY.md; do
    [[ -s $prefix/$file ]] || fail "$file was not installed"
done
# Every option that a program's help names is in its manual.
for program in attendre attendre-inspector; do
    "$prefix/bin/$program" --help >help
    if [[ $program == attendre ]]; then
        for command in info tokenize score record serve completion trace "trace check" \
            "trace export" "trace digest" "trace migrate"; do
            # shellcheck disable=SC2086 # "trace check" is two words
            "$attendre" $command --help >>help
        done
    fi
    grep -oE -- '--[a-z][a-z-]+' help | sort -u | while read -r option; do
        grep -qF -- "${option//-/\\-}" "$prefix/share/man/man1/$program.1" || printf '%s\n' "$option"
    done >unknown
    [[ ! -s unknown ]] || fail "the manual of $program does not name $(tr '\n' ' ' <unknown)"
done
for program in attendre attendre-inspector; do
    said=$("$prefix/bin/$program" --version)
    [[ $said == *"$version"* ]] || fail "$program --version says '$said', not $version"
done

# The trace that the viewer brings along is of today's format, sound and readable.
example=$prefix/share/attendre/genesis-start.trace
"$attendre" trace check "$example" || fail "the example trace is not sound: scripts/example-trace.sh"
tokens=$("$attendre" trace export "$example" --table tokens --format jsonl | wc -l)
((tokens == 256)) || fail "the example trace shows $tokens tokens, not 256"
"$prefix/bin/attendre-inspector" --screenshot example.png --size 1200x800 "$example" 2>said ||
    fail "the installed window cannot draw the example: $(cat said)"
[[ -s example.png ]] || fail "the picture of the example is empty"
if [[ -z $model ]]; then
    ! "$attendre" score x.gguf x.txt 2>said || fail "a viewer without an engine scored a text"
    exit 0
fi

"$attendre" record "$model" "$source/resources/genesis.txt" --tokens 96 --memory 32 --chunk 8 \
    -o run.trace || fail "the installed engine could not record"
"$attendre" trace check run.trace || fail "the recorded trace is not sound"
digest=$("$attendre" trace digest run.trace) || fail "the trace has no digest"
[[ -n $digest ]] || fail "the digest is empty"
"$attendre" trace export run.trace --table evictions --format csv >evictions.csv
(($(wc -l <evictions.csv) > 1)) || fail "the exported evictions are empty"

# The extension in an SQLite that is not ours.
[[ ${ATTENDRE_SANITIZE:-OFF} == OFF ]] || exit 0
extension=$(find "$prefix" -name attendre_trace.so)
python=
for candidate in /usr/bin/python3 python3; do
    "$candidate" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null || continue
    python=$candidate
    break
done
[[ -n $python ]] || { echo "No Python here lets SQLite load extensions: that part is not tested." && exit 0; }
rows=$("$python" - run.trace "${extension%.so}" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
print(db.execute("SELECT count(*) FROM evictions").fetchone()[0])
PYTHON
)
[[ $rows == $(($(wc -l <evictions.csv) - 1)) ]] ||
    fail "the extension counts $rows evictions, the export wrote $(($(wc -l <evictions.csv) - 1))"

#!/usr/bin/env bash
# Does a test fail when the pipeline is wrong? Each mutant of SPEC's list is one small change to a
# copy of the sources; the test that is named with it must pass before and fail after. Slow: it
# builds the memory's tests once for each.
#
#   scripts/mutants.sh [PRESET]      default whole
set -euo pipefail
preset=${1:-whole}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git -C "$repository" ls-files -z --cached --others --exclude-standard |
    (cd "$repository" && tar --null --files-from=- -cf -) | tar -xf - -C "$scratch"
cd "$scratch"
export CCACHE_BASEDIR=$scratch CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

build() { nice cmake --build --preset "$preset" --target "$1" >build.log 2>&1 || {
    tail -20 build.log >&2
    exit 1
}; }
run() { QT_QPA_PLATFORM=offscreen "build/$preset/tests/$1" ${2:+"$2"} >run.log 2>&1; }

cmake --preset "$preset" -DATTENDRE_WINDOW=OFF >configure.log 2>&1 || { tail -20 configure.log >&2; exit 1; }
for program in policies_test layer_test; do
    build $program
    run $program "" || { echo "$program fails without a mutant" >&2; cat run.log >&2; exit 1; }
done

survivors=0
# mutant NAME FILE FROM TO PROGRAM TEST: FROM stands exactly once in FILE.
mutant() {
    local name=$1 file=$2 from=$3 to=$4 program=$5 test=$6
    cp "$file" original
    python3 - "$file" "$from" "$to" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
if text.count(old) != 1:
    sys.exit(f"{path} holds {old!r} {text.count(old)} times, not once: mend scripts/mutants.sh")
open(path, "w").write(text.replace(old, new))
PY
    build "$program"
    if run "$program" "$test" || ! grep -q "^FAIL!.*::$test(" run.log; then
        echo "SURVIVED  $name: $program $test does not fail"
        survivors=$((survivors + 1))
    else
        echo "caught    $name by $program $test"
    fi
    cp original "$file"
}

mutant "a flipped tie" model/memory/eviction.cpp \
    'position[a] < position[b]' 'position[a] > position[b]' \
    policies_test tieGoesToTheOlderInsertion
mutant "> for >= in a hit" model/memory/usage_pass.cpp \
    'visible >= hitShare' 'visible > 1.0f' \
    layer_test hitsAndTicksOfPeakedAndEvenAttention
mutant "> for >= in the recent arrivals" model/memory/eviction.cpp \
    'position >= firstArrival - recent' 'position > firstArrival - recent' \
    policies_test theLatestArrivalsStay
mutant "record before evict" model/memory/attendre_layer.cpp \
    'const auto victims = evict(' \
    'if (m_memory.occupancy() > 0) {
        const Retrieval early =
            retrievalOf({arrivals.query, arrivals.hidden, arrivals.firstPosition});
        TopAttention top;
        const Retrieved out = m_backend->attend(early);
        addUsage(m_memory.columns(),
                 m_backend->usage(early, out, m_settings.groupSum, false, top),
                 m_memory.tick(), n, 1);
        m_ranks.clear();
    }
    const auto victims = evict(' \
    layer_test victimsAreTheLowestRanksOfTheStepBefore
mutant "protection skipped" model/memory/eviction.cpp \
    'if (!protection.covers(position[slot], firstArrival))' \
    'if (position[slot] < firstArrival || protection.covers(position[slot], firstArrival))' \
    policies_test whatIsProtectedNeverGoes
mutant "sinks ignored" model/memory/eviction.cpp \
    'position < sinks || ' '' policies_test sinksStay
mutant "pins ignored" model/memory/eviction.cpp \
    'pin.first <= position && position <= pin.second' 'false && pin.first == position' \
    policies_test pinnedSpansStay
mutant "ranks that are no numbers left" model/memory/eviction.cpp \
    'if (std::isnan(r))' 'if (std::isnan(r) && ranks.empty())' \
    policies_test aRankThatIsNoNumberIsTheLowest
mutant "answered ticks off by one" model/memory/entry_columns.cpp \
    'first + delta.lastQuery[from]' 'first + delta.lastQuery[from] - 1' \
    policies_test ticksCountFromTheOldestAnsweredQuery
mutant "inserted ticks off by one" model/memory/entry_columns.h \
    'std::int64_t(position) + 1' 'std::int64_t(position)' \
    policies_test ticksCountFromTheOldestAnsweredQuery
mutant "keys rotated twice" model/memory/attendre_layer.cpp \
    '? rotateRows(arrivals.key, m_rotary->rows(arrivals.firstPosition, n))' \
    '? rotateRows(rotateRows(arrivals.key, m_rotary->rows(arrivals.firstPosition, n)).transpose(0, 1), m_rotary->rows(arrivals.firstPosition, n))' \
    layer_test causalOutputIsThatOfPlainAttention

if ((survivors)); then
    echo "$survivors survived" >&2
    exit 1
fi
echo "every mutant was caught"

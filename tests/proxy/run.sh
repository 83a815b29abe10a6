#!/usr/bin/env bash
# The proxy as bots see it: `warmline demo` in front of a scripted endpoint, called by the official
# `openai` packages for Python and Node, unchanged but for where they call.
#
#   WARMLINE_BIN=target/debug/warmline tests/proxy/run.sh [python|node ..]    both without a word
set -euo pipefail
cd "$(dirname "$0")"
: "${WARMLINE_BIN:?name the binary, as in WARMLINE_BIN=target/debug/warmline}"
WARMLINE_BIN=$(realpath "$WARMLINE_BIN")
[ $# -gt 0 ] || set -- python node

running=()
folder=$(mktemp -d)
stop() {
    for process in "${running[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

# start NAME COMMAND..: starts it and sets `address` to the first that it prints.
start() {
    local name=$1 _
    shift
    "$@" >"$folder/$name.out" 2>"$folder/$name.log" &
    local process=$!
    running+=("$process")
    for _ in $(seq 300); do
        address=$(grep -om1 'http://127\.0\.0\.1:[0-9]*' "$folder/$name.out" || true)
        [ -z "$address" ] || return 0
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    echo "$name did not start:" >&2
    cat "$folder/$name.out" "$folder/$name.log" >&2
    return 1
}

healthy() {
    local _
    for _ in $(seq 100); do
        curl -fsS "$1/healthz" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "$1/healthz does not answer" >&2
    return 1
}

install_python() {
    python="${XDG_CACHE_HOME:-$HOME/.cache}/warmline/openai-python"
    cmp -s requirements.txt "$python/requirements.txt" && return
    python3 -m venv "$python"
    "$python/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
    cp requirements.txt "$python/requirements.txt"
}

python() {
    install_python
    "$python/bin/python" client.py
}

node_() {
    npm install --silent --no-audit --no-fund --ignore-scripts
    node --test client.mjs
}

start upstream node upstream.mjs
export UPSTREAM_URL=$address
export WARMLINE_LLM_BASE_URL=$UPSTREAM_URL/v1 WARMLINE_LLM_API_KEY=key-of-the-upstream
export WARMLINE_TOKEN=token-of-the-proxy-tests
start warmline "$WARMLINE_BIN" demo --without-model --listen 127.0.0.1:0 --data "$folder/data" --config warmline.toml
export WARMLINE_URL=$address
healthy "$WARMLINE_URL"

# All that a bot has to change.
export OPENAI_BASE_URL=$WARMLINE_URL/v1 OPENAI_API_KEY=$WARMLINE_TOKEN

failed=0
for client; do
    case $client in
        python) python || failed=1 ;;
        node) node_ || failed=1 ;;
        *) echo "no client is called $client: python or node" >&2 && exit 2 ;;
    esac
done
if [ $failed -ne 0 ]; then
    echo "warmline said:" >&2
    tail -n 50 "$folder/warmline.log" >&2
fi
exit $failed

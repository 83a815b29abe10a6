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

source ../processes.sh

python() {
    openai_python
    "$python/bin/python" client.py
    "$python/bin/python" sentences.py
    "$python/bin/python" beside.py
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

#!/usr/bin/env bash
# A whole Warmline on a real model, every role of it: the proxy's upstream, the assistant, the
# verifier and the summarizer. The model is small and talks nonsense: what is looked at is that
# nobody is left without an answer.
#
#   WARMLINE_BIN=target/debug/warmline tests/peer/run.sh
#
# Exit code 75, with a line that says so, where the model cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"
: "${WARMLINE_BIN:?name the binary, as in WARMLINE_BIN=target/debug/warmline}"
WARMLINE_BIN=$(realpath "$WARMLINE_BIN")

./install.sh >/dev/null || {
    echo "SKIPPED: no smoke test against a real model" >&2
    exit 75
}
source ../processes.sh
openai_python

start peer node serve.mjs
export WARMLINE_LLM_BASE_URL=$address/v1 WARMLINE_LLM_MODEL=smollm2-135m-instruct
export WARMLINE_TOKEN=token-of-the-smoke-test
start warmline "$WARMLINE_BIN" demo --without-model --listen 127.0.0.1:0 --data "$folder/data" --config ../../config/returns.toml
export WARMLINE_URL=$address
healthy "$WARMLINE_URL"
export OPENAI_BASE_URL=$WARMLINE_URL/v1 OPENAI_API_KEY=$WARMLINE_TOKEN

"$python/bin/python" smoke.py || {
    echo "warmline said:" >&2
    tail -n 50 "$folder/warmline.log" >&2
    exit 1
}

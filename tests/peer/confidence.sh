#!/usr/bin/env bash
# Which rule catches the bad answers of a small real model? Some half an hour on two cores.
#
#   WARMLINE_BIN=target/release/warmline tests/peer/confidence.sh --data DIR [OPTION..]
#
# Another model: set WARMLINE_LLM_BASE_URL and WARMLINE_LLM_MODEL, and run `warmline eval confidence`.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")"
: "${WARMLINE_BIN:?name the binary, as in WARMLINE_BIN=target/release/warmline}"
WARMLINE_BIN=$(cd "$here" && realpath "$WARMLINE_BIN")

./install.sh >/dev/null
source ../processes.sh

start peer node serve.mjs
export WARMLINE_LLM_BASE_URL=$address/v1 WARMLINE_LLM_MODEL=smollm2-135m-instruct
# It answers one request at a time.
(cd "$here" && "$WARMLINE_BIN" eval confidence --at-once 1 "$@")

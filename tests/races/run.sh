#!/usr/bin/env bash
# What users of other systems complain about, one test each, over HTTP: a bot, channels, visitors and
# operators against running servers, all at once.
#
#   WARMLINE_BIN=target/debug/warmline tests/races/run.sh [SUITE..]    all of them without a word
set -euo pipefail
cd "$(dirname "$0")"
: "${WARMLINE_BIN:?name the binary, as in WARMLINE_BIN=target/debug/warmline}"
WARMLINE_BIN=$(realpath "$WARMLINE_BIN")
export WARMLINE_BIN
[ $# -gt 0 ] || set -- voices returning promises waiting away ending visiting judging

source ../processes.sh

# serve NAME OPTION..: serves $folder/NAME.toml and sets WARMLINE_URL_NAME.
serve() {
    local name=$1
    shift
    start "$name" "$WARMLINE_BIN" serve --listen 127.0.0.1:0 --data "$folder/$name" --config "$folder/$name.toml" "$@"
    export "WARMLINE_URL_${name^^}=$address"
    healthy "$address"
}

export WARMLINE_TOKEN=token-of-the-race-tests PYTHONDONTWRITEBYTECODE=1
start bot python3 bot.py
export BOT_URL=$address CONFIGS=$folder

# The weekday in three days: whatever is open then alone is closed now.
SOON=$(python3 -c 'import datetime as d; print((d.datetime.now(d.UTC) + d.timedelta(3)).strftime("%A").lower())')

for config in *.toml; do
    sed -e "s|@BOT@|$BOT_URL|" -e "s|@SOON@|$SOON|" "$config" >"$folder/$config"
    # However busy the machine is, the detectors are waited for.
    printf '\n[detectors.%s]\nbudget = "20s"\n' gates domain language sentiment loop pivot grounding >>"$folder/$config"
done
# The machine without its name, in a hurry.
sed -n '/^\[states\.ai_owned\]/,$s/^after = .*/after = "2s"/;/^\[states\.ai_owned\]/,$p' ../../config/reference.toml >>"$folder/hurry.toml"

"$WARMLINE_BIN" model fetch >/dev/null
serve judge
for name in desk hurry dispatch away; do serve $name --without-model; done

failed=0
for suite; do
    [ -f "$suite.py" ] || { echo "no suite is called $suite" >&2 && exit 2; }
    python3 "$suite.py" || failed=1
done
if [ $failed -ne 0 ]; then
    for log in "$folder"/*.log; do
        echo "$(basename "$log" .log) said:" >&2
        tail -n 20 "$log" >&2
    done
fi
exit $failed

# For scripts that start servers, to be sourced: what they start ends with them, by process id.
#
# Sets `folder`, a temporary one that is removed at the end.

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
        address=$(grep -som1 'http://127\.0\.0\.1:[0-9]*' "$folder/$name.out" || true)
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

# Puts a Python with the official client into the user's cache, and sets `python`.
openai_python() {
    local wanted
    wanted=$(realpath "$(dirname "${BASH_SOURCE[0]}")/proxy/requirements.txt")
    python="${XDG_CACHE_HOME:-$HOME/.cache}/warmline/openai-python"
    cmp -s "$wanted" "$python/requirements.txt" && return
    python3 -m venv "$python"
    "$python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$python/requirements.txt"
}

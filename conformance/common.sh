# What the scripts of this folder share: where things are, Python environments, and processes that end with the script.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
target=${CARGO_TARGET_DIR:-$root/target}
# Python environments, and what a run leaves behind.
state=${CONFORMANCE_DIR:-$target/conformance}
python=${PYTHON:-python3}
# The official runner. It asks for Python 3.14 and runs with 3.11.
runner=aws-durable-execution-conformance-tests==1.0.0

started=()

finish() {
    local code=$?
    trap - EXIT
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        kill "${started[i]}" 2>/dev/null || true
        wait "${started[i]}" 2>/dev/null || true
    done
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# environment NAME PACKAGE..: sets `environment` to the folder of a Python environment with these packages, made when it isn't there yet.
environment() {
    environment=$state/environments/$1
    shift
    if [[ $(cat "$environment/packages" 2>/dev/null) != "$*" ]]; then
        echo "installing $*" >&2
        rm -rf "$environment"
        "$python" -m venv "$environment"
        "$environment/bin/pip" install -q --disable-pip-version-check --ignore-requires-python "$@"
        echo "$*" >"$environment/packages"
    fi
}

# free_port: a port that nobody listens on.
free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start LOG PORT COMMAND..: runs a server and waits until it listens.
start() {
    local log=$1 port=$2 pid
    shift 2
    "$@" >"$log" 2>&1 &
    pid=$!
    started+=("$pid")
    for ((i = 0; i < 300; i++)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            return
        fi
        if ! kill -0 "$pid" 2>/dev/null; then
            break
        fi
        sleep 0.1
    done
    echo "$1 does not listen; it said:" >&2
    tail -n 20 "$log" >&2
    exit 2
}

# stop: ends what was started last.
stop() {
    local pid=${started[-1]}
    unset 'started[-1]'
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# folder NAME: an empty one for a run, with one for logs.
folder() {
    folder=$state/$1
    rm -rf "$folder"
    mkdir -p "$folder/logs" "$folder/counters"
    export CONFORMANCE_COUNTERS=$folder/counters
}

# attend COMMAND..: runs it and gives back its exit code. Not in the foreground: bash would heed no signal until it ends.
attend() {
    local code=0
    "$@" &
    started+=("$!")
    wait "$!" || code=$?
    unset 'started[-1]'
    return "$code"
}

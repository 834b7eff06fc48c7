# Sourced by Scripts/test and .ci/run: named steps, how long each took, and a summary at the end.

steps_summary=""
steps_failed=0

# note RESULT NAME REASON: a line of the summary.
note() { steps_summary+=$(printf '%-8s %s%s' "$1" "$2" "${3:+ ($3)}")$'\n'; }

# step NAME COMMAND...: runs the command, whatever came of the steps before it, and notes what came of it.
step() {
    local name=$1 start=$SECONDS status=0
    shift
    echo "==> $name"
    "$@" || status=$?
    if [ "$status" -eq 0 ]; then
        note passed "$name" "$((SECONDS - start)) s"
        echo "==> $name: passed in $((SECONDS - start)) s"
    else
        note FAILED "$name" "exit code $status, $((SECONDS - start)) s"
        steps_failed=1
        echo "==> $name: FAILED with exit code $status after $((SECONDS - start)) s"
    fi
    return "$status"
}

# skip NAME REASON: a step that could not run; a failure where CI=true, for there everything has to run.
skip() {
    echo "==> $1: skipped: $2"
    if [ "${CI:-}" = true ]; then
        note FAILED "$1" "skipped: $2"
        steps_failed=1
    else
        note skipped "$1" "$2"
    fi
}

# bounded SECONDS COMMAND...: the command, ended when it hangs (where the system can do that). It stays in the terminal's
# foreground, so that Ctrl-C reaches it; ending what it has started is its own business. Hence SIGINT, on which `swift test`
# ends its test process; on SIGTERM it leaves it behind.
bounded() {
    local seconds=$1
    shift
    if command -v timeout >/dev/null; then timeout --foreground --signal=INT --kill-after=10 "$seconds" "$@"; else "$@"; fi
}

#!/bin/sh
# Run a command in a D-Bus session of its own with an unlocked, empty keyring, and throw both away afterwards:
#   scripts/with-keyring.sh .venv/bin/pytest
# For tests only. Where D-Bus or gnome-keyring is missing the command runs without them and the tests marked
# "keyring" are skipped; under CI=true that is a failure.
set -eu

if [ "$#" -eq 0 ]; then
    echo "usage: scripts/with-keyring.sh COMMAND [ARGUMENT …]" >&2
    exit 2
fi

missing=
for program in dbus-run-session gnome-keyring-daemon; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
if [ -n "$missing" ]; then
    if [ "${CI:-}" = true ]; then
        echo "The keyring tests cannot run: missing$missing." >&2
        exit 1
    fi
    echo "NOTE: missing$missing, so the tests against a real keyring are SKIPPED." >&2
    unset TEST_KEYRING_FOLDER
    exec "$@"
fi

# The daemon gets folders of its own: neither the keyring of whoever runs this nor HOME is touched.
TEST_KEYRING_FOLDER=$(mktemp -d)
export TEST_KEYRING_FOLDER
trap 'rm -rf "$TEST_KEYRING_FOLDER"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -m 700 "$TEST_KEYRING_FOLDER/data" "$TEST_KEYRING_FOLDER/run"

dbus-run-session -- sh -c '
    folder=$TEST_KEYRING_FOLDER
    # What it says goes to a file: a daemon that holds the output of whoever runs this would keep them waiting.
    if ! printf "tests\n" | XDG_DATA_HOME="$folder/data" XDG_RUNTIME_DIR="$folder/run" \
        gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>"$folder/said"; then
        cat "$folder/said" >&2
        if [ "${CI:-}" = true ]; then
            echo "The keyring for the tests did not start." >&2
            exit 1
        fi
        echo "NOTE: gnome-keyring did not start, so the tests against a real keyring are SKIPPED." >&2
        unset TEST_KEYRING_FOLDER
    fi
    exec "$@"
' sh "$@"

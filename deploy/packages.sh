#!/usr/bin/env bash
# Installs Debian or Ubuntu packages, as root: `bash deploy/packages.sh NAME...`. Prints nothing
# unless it fails.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

install() { apt-get install -qqy --no-install-recommends "$@"; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install "$@" >"$log" 2>&1 </dev/null; then
    # on a fresh machine the package lists are empty or old
    if ! { apt-get update -qq && install "$@"; } >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        exit 1
    fi
fi

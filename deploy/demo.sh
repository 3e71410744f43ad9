#!/usr/bin/env bash
# Runs one job through the bridge on this machine, without a cluster:
#
#   bash deploy/demo.sh [--keep | --web]
#
# --keep: the bridge keeps running until Ctrl-C, so that its calls can be tried by hand.
# --web: the portal runs until Ctrl-C, with some jobs to look at in a browser.
# Needs Python 3.11 and what deploy/environment.sh installs. Leaves no process behind, and no file
# outside .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

keep='' command=serve
case ${1:-} in
    "") ;;
    --keep) keep=--keep ;;
    --web) command=web ;;
    *) echo "usage: bash deploy/demo.sh [--keep | --web]" >&2; exit 2 ;;
esac

bash deploy/environment.sh
python=.venv/bin/python
bridge=
place=$(mktemp -d "${TMPDIR:-/tmp}/dssr-demo.XXXXXX")
# the demo's bridge must not use the settings of another bridge
unset ${!JARVICE_@} ${!WAITRESS_@}
export JARVICE_STATE_DIR=$place/state JARVICE_JOB_SCRATCH_DIR=$place/scratch/ WAITRESS_PORT=0
export JARVICE_SCHED_LOGLEVEL=INFO # the log says where it listens, that of dssr web too

clean_up() {
    trap '' INT TERM
    if [ -n "$bridge" ]; then
        kill -TERM "$bridge" 2>/dev/null || true
        wait "$bridge" || true
        "$python" deploy/demo.py end-jobs || true # jobs keep running when their bridge ends
    fi
    rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p "$JARVICE_STATE_DIR" "$JARVICE_JOB_SCRATCH_DIR"
if [ "$command" = web ]; then
    export JARVICE_WEB_STATE=$place/web JARVICE_SCHED_TOKENS_FILE=$place/tokens
    DSSR_TOKEN=$("$python" -m dssr token new demo --scope submit 2>/dev/null)
    export DSSR_TOKEN JARVICE_WEB_TEMPLATES=$PWD/deploy/examples/templates
fi
"$python" -m dssr "$command" >"$place/way" 2>"$place/log" &
bridge=$!
url=
while [ -z "$url" ]; do
    sleep 0.1
    url=$(sed -n 's/.*listening on \(http:.*\)/\1/p' "$place/log")
    if [ -z "$url" ] && ! kill -0 "$bridge" 2>/dev/null; then
        echo "The bridge did not start. Its log:" >&2
        cat "$place/log" >&2
        exit 1
    fi
done

if [ "$command" = web ]; then
    for script in hello fails relax; do
        "$python" -m dssr --url "$url" submit "deploy/examples/$script.sh" >/dev/null
    done
    fit=$JARVICE_WEB_TEMPLATES/fit
    printf '#!/bin/bash\ncp %q/files/*.py %q/peak.csv .\nexec %q fit.py peak.csv\n' \
        "$fit" "$fit" "$PWD/$python" |
        "$python" -m dssr --url "$url" submit --name fit - >/dev/null
    sed "s|link: dssr|link: JARVICE_WEB_STATE=$place/web .venv/bin/dssr|" "$place/way"
    echo "The portal runs until Ctrl-C, with some jobs to look at."
    wait "$bridge"
    exit
fi
"$python" deploy/demo.py show "$url" $keep
if [ -n "$keep" ]; then
    wait "$bridge"
fi

#!/usr/bin/env bash
# Sets up what the tests need and runs them all: `bash tests/run.sh [pytest's arguments]`. Linters,
# format, types and import rules are among the tests. As root on Linux the tests use a real Slurm
# cluster; otherwise those tests are skipped with the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash deploy/environment.sh test

missing=()
while read -r program package; do
    command -v "$program" >/dev/null || missing+=("$package")
done <<'END'
curl curl
openssl openssl
ssh-keygen openssh-client
promtool prometheus
zsh zsh
fish fish
groff groff-base
chromium chromium
nginx nginx-light
node nodejs
npm npm
rsync rsync
END
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} ..." >&2
    bash deploy/packages.sh "${missing[@]}"
fi

# Three test files at a time, also on two cores, because most tests wait for Slurm.
exec .venv/bin/python -m pytest --numprocesses 3 --dist loadfile --durations=25 "$@"

#!/usr/bin/env bash
# Installs the OpenID Connect provider of the tests in .venv/oidc-provider, as package-lock.json has
# it. Does nothing when it is there. 8.8.1 is the newest version that runs on the Node.js of Debian
# 12, which is 18: each one from 9.0.0 to 9.13.3 ends with an error there ('URL.parse is not a
# function').
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

here=tests/provider
there=.venv/oidc-provider
mkdir -p "$there"
exec 9>"$there/lock"
flock 9  # tests run in several processes
cmp -s "$here/package-lock.json" "$there/installed" && exit 0
cp "$here/package.json" "$here/package-lock.json" "$there/"
npm ci --prefix "$there" --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
cp "$here/package-lock.json" "$there/installed"

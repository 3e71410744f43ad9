#!/usr/bin/env bash
# Makes .venv in the checkout and installs dssr in it: `bash deploy/environment.sh [test]`, with `test` for what the tests need.
# Quick when nothing has changed. Prints what it does on stderr; when it cannot, one sentence, and the exit code is 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
constraints=deploy/constraints.txt
extra=${1:-}
# where a machine's own pip settings are out of the way of the lines below
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "dssr cannot be installed: $*"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14 python3.15 python; do
        if is_new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and not here under any usual name: install it, or set PYTHON to its path."
}

install_venv_package() { # Debian and Ubuntu ship ensurepip, which venv needs, in a package of its own
    local package
    package=$("$1" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "$1 cannot make virtual environments: install ensurepip (on Debian and Ubuntu: apt-get install $package)."
    fi
    say "Installing the package $package ..."
    bash deploy/packages.sh "$package" || fail "apt-get could not install $package."
}

make_venv() {
    local python
    python=$(find_python)
    "$python" -c 'import ensurepip' 2>/dev/null || install_venv_package "$python"
    say "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv" || fail "$python -m venv $venv did not work."
}

wanted() { # what the environment was made from
    cat setup.cfg pyproject.toml "$constraints" "${BASH_SOURCE[0]}" | sha256sum | cut -d ' ' -f 1
}

is_ready() { # what has the test extra has everything; an environment that was moved or is half made fails the last check
    local stamp
    for stamp in "$venv/dssr-installed-test" "$venv/dssr-installed-$extra"; do
        if [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted)" ]; then
            "$venv/bin/dssr" --version >/dev/null 2>&1 && return 0
        fi
    done
    return 1
}

install_all() {
    say "Installing dssr${extra:+ and what its tests need} in $venv: a minute at most, the first time ..."
    "$venv/bin/python" -m pip install -qq --constraint "$constraints" setuptools \
        || fail "pip says above why."
    "$venv/bin/python" -m pip install -qq --constraint "$constraints" --no-build-isolation --editable ".${extra:+[$extra]}" \
        || fail "pip says above why."
    wanted >"$venv/dssr-installed-$extra"
}

is_ready && exit 0
is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
install_all

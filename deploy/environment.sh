#!/usr/bin/env bash
# Creates .venv in the checkout and installs dssr in it:
#
#   bash deploy/environment.sh [test|docs]
#
# test adds what the tests need, docs what building the handbook needs (test includes it). Does
# nothing when nothing has changed. Reports progress on stderr. On failure, prints one sentence and
# exits with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
constraints=deploy/constraints.txt
extra=${1:-}
# pip must not prompt, and must not add messages of its own
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "dssr cannot be installed: $*"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3 python3.{12..15} python; do
        if is_new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and no usual name of it is on the PATH:" \
        "install it, or set PYTHON to its path."
}

# On Debian and Ubuntu, ensurepip (which venv needs) is in a separate package.
install_venv_package() {
    local package
    package=$("$1" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "$1 cannot create virtual environments: install ensurepip" \
            "(on Debian and Ubuntu: apt-get install $package)."
    fi
    say "Installing the package $package ..."
    bash deploy/packages.sh "$package" || fail "apt-get could not install $package."
}

make_venv() {
    local python
    python=$(find_python)
    "$python" -c 'import ensurepip' 2>/dev/null || install_venv_package "$python"
    say "Creating $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv" || fail "$python -m venv $venv failed."
}

wanted() { # a digest of the files that define the environment
    cat setup.cfg pyproject.toml "$constraints" "${BASH_SOURCE[0]}" | sha256sum | cut -d ' ' -f 1
}

# The test extra includes all others. In an environment that was moved or is incomplete, dssr fails.
is_ready() {
    local stamp
    for stamp in "$venv/dssr-installed-test" "$venv/dssr-installed-$extra"; do
        if [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted)" ]; then
            "$venv/bin/dssr" --version >/dev/null 2>&1 && return 0
        fi
    done
    return 1
}

pip_install() {
    "$venv/bin/python" -m pip install -qq --constraint "$constraints" "$@" \
        || fail "pip prints the reason above."
}

install_all() {
    say "Installing dssr${extra:+ with its extra '$extra'} in $venv: a minute at most ..."
    pip_install setuptools
    pip_install --no-build-isolation --editable ".${extra:+[$extra]}"
    wanted >"$venv/dssr-installed-$extra"
}

is_ready && exit 0
is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
install_all

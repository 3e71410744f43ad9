# Sets venv to a virtual environment with the packages of requirements.txt, and makes it where it is
# not there yet: the first job installs, and the next ones use what it has installed. Sourced by
# service.sh, in the directory of both.
#
# Other requirements, or another Python, give another environment. A job that still runs keeps its
# own.

python=${PYTHON:-python3}
digest=$({ uname -m; "$python" --version; cat requirements.txt; } | sha256sum)
venv=$PWD/.venv-${digest:0:12}
venv_lock=$venv.lock

# Each job that installs has a directory of its own, and the first that is done makes the link. So
# no job can ever see half an environment, whatever happens to the lock.
make_venv() {
    local own=$venv.$SLURM_JOB_ID
    echo "installing $(grep -c '^[^#]' requirements.txt) packages and what they need ..."
    "$python" -m venv --clear "$own"
    "$own/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
    ln -sn "${own##*/}" "$venv" 2>/dev/null || rm -rf "$own"
}

# The lock only saves work: two jobs need not install the same. It is a directory, because mkdir is
# atomic on NFS, where flock may be not. Its owner touches it, and one that is three minutes old
# belongs to a job that was killed.
lock_venv() {
    mkdir "$venv_lock" 2>/dev/null || return 1
    trap unlock_venv EXIT
    while sleep 20 && touch -c "$venv_lock"; do :; done >/dev/null 2>&1 &
    venv_toucher=$!
}

unlock_venv() {
    kill "$venv_toucher" 2>/dev/null || true
    rm -rf "$venv_lock"
    trap - EXIT
}

# readlink, and not test -e: it asks the file server, whose "no such file" a node may remember.
until readlink "$venv" >/dev/null; do
    if lock_venv; then
        readlink "$venv" >/dev/null || make_venv
        unlock_venv
    elif [ -n "$(find "$venv_lock" -maxdepth 0 -mmin +3 2>/dev/null)" ]; then
        rm -rf "$venv_lock"
    else
        sleep 2
    fi
done

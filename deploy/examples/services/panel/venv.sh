# Sets venv to a virtual environment with the packages of requirements.txt, and makes it where it is
# not there yet: the first job installs, and the next ones use what it has installed. Sourced by
# service.sh, in the directory of both.
#
# Other requirements, or another Python, give another environment. A job that still runs keeps its
# own.
#
# run is then the Python to run. Where the packages cannot be had, it says what to do, and the job
# ends; with packages=optional it goes on without them.

python=${PYTHON:-python3}
digest=$({ uname -m; "$python" --version; cat requirements.txt; } | sha256sum)
venv=$PWD/.venv-${digest:0:12}
venv_lock=$venv.lock

# Each job that installs has a directory of its own, and the first that is done makes the link. So
# no job can ever see half an environment, whatever happens to the lock.
make_venv() {
    local own=$venv.$SLURM_JOB_ID said
    echo "installing $(grep -c '^[^#]' requirements.txt) packages and what they need ..."
    if said=$("$python" -m venv --clear "$own" 2>&1 && "$own/bin/python" -m pip install --quiet \
        --disable-pip-version-check --retries 1 -r requirements.txt 2>&1); then
        ln -sn "${own##*/}" "$venv" 2>/dev/null || rm -rf "$own"
        return 0
    fi
    rm -rf "$own"
    case $said in
    *"No matching distribution"* | *"onnection"*)
        echo "pip reaches no package index from $(hostname): on a machine of the cluster that" \
            "reaches one, run '${python##*/} -m pip download -d $HOME/wheels -r" \
            "$PWD/requirements.txt', and start the service with --env PIP_NO_INDEX=1 --env" \
            "PIP_FIND_LINKS=$HOME/wheels."
        ;;
    *) printf '%s\n' "$said" ;;
    esac
    return 1
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
run=$venv/bin/python
until readlink "$venv" >/dev/null; do
    if lock_venv; then
        readlink "$venv" >/dev/null || make_venv || run=
        unlock_venv
        [ "$run" ] || break
    elif [ -n "$(find "$venv_lock" -maxdepth 0 -mmin +3 2>/dev/null)" ]; then
        rm -rf "$venv_lock"
    else
        sleep 2
    fi
done
if [ ! "$run" ]; then
    [ "${packages:-}" = optional ] || exit 1
    echo "It goes on without these packages."
    run=$python
fi

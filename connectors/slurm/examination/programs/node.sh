# Runs once on each node of the probe job, in bash. Prints lines "dssr-doctor NODE WORD VALUE".
# $1 and $2 the examination's directories, $3 the word in them, $4 where images are unpacked,
# $5 1 if the job has GPUs, $6 HOST:PORT of registries with blanks between; then sbatch's options.
export LC_ALL=C
umask 077
state=$1 scratch=$2 word=$3 tmpdir=$4 has_gpus=$5 registries=$6
shift 6
node=${SLURMD_NODENAME:-$(uname -n)}
work=$(mktemp -d "${tmpdir:-/tmp}/dssr-doctor.XXXXXX") listeners=
trap 'kill $listeners 2>/dev/null; rm -rf "$work"' EXIT

say() { printf 'dssr-doctor %s %s %s\n' "$node" "$1" "$2"; }

# Runs a command: says whether it succeeded, and if not, why.
try() {
    local word=$1 why
    shift
    if why=$("$@" 2>&1 </dev/null); then
        say "$word" yes
    else
        say "$word" no
        say "$word.why" "$(printf '%s' "$why" | grep . | tail -n 1)"
    fi
}

# Whether the directory $1 lists an entry $2, after $3 tenths of a second at the latest.
appears() {
    local looks file
    for ((looks = 0; looks < $3; looks++)); do
        for file in "$1"*; do [ "$file" != "$1$2" ] || return 0; done
        sleep 0.1
    done
    return 1
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

directory() { # $1 state or scratch, $2 the directory
    local began why
    appears "$2" token 100 && [ "$(cat "$2token")" = "$word" ] || {
        say "$1.seen" no
        return
    }
    say "$1.seen" yes
    began=$(milliseconds)
    why=$( (echo "$node" >"$2from.$node") 2>&1) || {
        say "$1.write" no
        say "$1.why" "${why##*: }"
        return
    }
    say "$1.write" yes
    ! appears "$2" "to.$node" 200 || say "$1.delay" $(($(milliseconds) - began))
}

# A container of the node's own shell and its libraries: no image has to be fetched.
make_box() {
    local library
    mkdir -p "$box"/{bin,dev,etc,proc,sys,tmp,var/tmp,root,run,home} && cp -L /bin/sh "$box/bin/sh"
    for library in $(ldd /bin/sh | grep -o '/[^ )]*'); do
        mkdir -p "$box${library%/*}" && cp -L "$library" "$box$library"
    done
}

inside() { # $1 a command for the container's shell, then the program's options
    local command=$1
    shift
    timeout 60 "$tool" -s exec "$@" "$box" /bin/sh -c "$command"
}

in_overlay() {
    "$tool" -s overlay create --size 64 "$work/overlay.img" &&
        inside 'echo >/new' --overlay "$work/overlay.img"
}

container() {
    [ ! -f ~/.jarvice_custom_env ] || . ~/.jarvice_custom_env
    tool=$(type -P singularity || type -P apptainer) box=$work/box
    say container "$("$tool" --version 2>/dev/null)"
    [ -n "$tool" ] || return
    export APPTAINER_CONFIGDIR=$work APPTAINER_CACHEDIR=$work APPTAINER_TMPDIR=$work
    export SINGULARITY_CACHEDIR=$work SINGULARITY_TMPDIR=$work
    make_box
    try container.runs inside :
    try container.tmpfs inside 'echo >/new' --writable-tmpfs
    try container.overlay in_overlay
    try container.namespaces unshare -U true
    [ "$has_gpus" = 0 ] || say gpu.inside "$(inside "$list_gpus" --nv 2>/dev/null | wc -l)"
}

list_gpus='for file in /dev/nvidia[0-9]* /dev/dri/renderD*; do
    [ ! -e "$file" ] || echo "$file"
done'

images() {
    local place
    for place in $registries; do
        try "images.$place" timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' \
            "${place%:*}" "${place##*:}"
    done
}

listener='import socket, sys, time
held = []
for port in map(int, sys.argv[1:]):
    try:
        held.append(socket.create_server(("", port)))
    except OSError:
        pass
print(*(one.getsockname()[1] for one in held), flush=True)
time.sleep(60)'

listen() { # the ports
    local port
    if type -P python3 >/dev/null; then
        python3 -c "$listener" "$@" >"${state}new.$node" &
        listeners=$!
    elif type -P socat >/dev/null; then
        for port; do
            socat "TCP-LISTEN:$port,fork" /dev/null &
            listeners+=" $!"
        done
        echo "$@" >"${state}new.$node"
    else
        return 1
    fi 2>/dev/null
    sleep 0.5
}

ports() {
    listen $((20000 + RANDOM % 9000)) $((30000 + RANDOM % 9000)) $((40000 + RANDOM % 9000)) \
        $((50000 + RANDOM % 9000)) || return
    mv "${state}new.$node" "${state}ports.$node" && appears "$state" "tried.$node" 200
}

tools() {
    local found=
    python3 -c 'import asyncio, hmac, http.server' 2>/dev/null && found="$found python3"
    type -P socat >/dev/null && found="$found socat"
    say tools "${found# }"
}

directory state "$state"
directory scratch "$scratch"
[ "$has_gpus" = 0 ] || say gpu.outside "$(eval "$list_gpus" | wc -l)"
container
images
[ "${SLURM_PROCID:-0}" != 0 ] ||
    try submit timeout 30 sbatch --test-only -J dssr-doctor -o /dev/null --wrap=true "$@"
tools
ports
say end "$(date +%s)"

#!/bin/sh
# One host: host.sh BASE NAME:ADDRESS:MAC, in a network namespace of its own and the cluster's PID
# namespace. It plugs its cable into the cluster's hub, then enters its other namespaces and the
# shared root.
set -eu
scripts=$(dirname "$0")
base=$1
name=${2%%:*}
rest=${2#*:}
address=${rest%%:*}
mac=${rest#*:}
ip -batch - <<END
link set lo up
link add eth0 address $mac type veth peer name $name netns 1
addr add $address/24 dev eth0
link set eth0 up
END
nsenter -t 1 -n ip link set "$name" master hub up

export HOST_DIR="$base/hosts/$name"
mkdir -p "$HOST_DIR/tmp" "$HOST_DIR/log" "$HOST_DIR/spool"
chmod 1777 "$HOST_DIR/tmp"

# The kernel limits the memory of jobs: this host has a memory cgroup, which it sees as the only one
# (cgroup_namespaces(7)).
if [ -n "${MEMORY_CGROUP:-}" ]; then
    mkdir -p "$MEMORY_CGROUP/$name"
    echo $$ >"$MEMORY_CGROUP/$name/cgroup.procs"
fi
exec unshare -m -u -i -p -C -f --kill-child sh -eu -c '
    hostname "$1"
    if [ -n "${MEMORY_CGROUP:-}" ]; then
        umount -l /sys/fs/cgroup/memory
        mount -t cgroup -o memory memory /sys/fs/cgroup/memory
    fi
    exec sh -eu "$2/enter.sh" "$3" tini -- sleep infinity' host "$name" "$scripts" "$base/root"

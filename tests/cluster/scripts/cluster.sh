#!/bin/sh
# PID 1 of one cluster: cluster.sh ROOT BASE NAME:ADDRESS:MAC...
# All processes, mounts and links of the cluster are in the namespaces of this process and end with
# it. It ends when its standard input does, that is with its owner, unless the owner wrote 'stay'.
set -eu
scripts=$(dirname "$0")
lower=$1 base=$2
shift 2
mkdir -p "$base/upper" "$base/work" "$base/root"
chmod 755 "$base/upper"
layers="lowerdir=$lower,upperdir=$base/upper,workdir=$base/work"
if ! mount -t overlay -o "$layers" overlay "$base/root" 2>/dev/null; then
    echo 'no overlayfs here: copying the root file system' >&2
    cp -a --reflink=auto "$lower/." "$base/root"
    mount --bind "$base/root" "$base/root"
fi

ip link set lo up
ip link add hub type bridge
ip link set hub up
for host in "$@"; do
    unshare -n sh -eu "$scripts/host.sh" "$base" "$host" </dev/null &
done
: >"$base/booted"
read -r word
[ "$word" = stay ]
exec sleep infinity </dev/null

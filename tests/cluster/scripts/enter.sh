#!/bin/sh
# enter.sh ROOT COMMAND...: makes ROOT the root of this mount namespace, and runs COMMAND as PID 1.
# A host's own directories are $HOST_DIR/tmp, $HOST_DIR/log and $HOST_DIR/spool, if HOST_DIR is set.
set -eu
root=$1
shift
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755 tmpfs run

# The root has a /dev of its own: /dev/fuse must be open to all users here, and not on the machine.
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
device() {
    mknod -m 666 "dev/$1" c "$2" "$3" 2>/dev/null && return
    : >"dev/$1"
    mount --bind "/dev/$1" "dev/$1"
}
device null 1 3
device zero 1 5
device full 1 7
device random 1 8
device urandom 1 9
device tty 5 0
if grep -qw fuse /proc/filesystems; then device fuse 10 229; fi

if [ -n "${HOST_DIR:-}" ]; then
    mount --bind "$HOST_DIR/tmp" tmp
    mount --bind "$HOST_DIR/log" var/log
    mount --bind "$HOST_DIR/spool" var/spool/slurmd
    readlink proc/self/ns/pid >"$HOST_DIR/ready.new"
    mv "$HOST_DIR/ready.new" "$HOST_DIR/ready"
fi
pivot_root . .
umount -l .
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec "$@"

#!/bin/sh
# Builds one root file system: install.sh DIR SUITE APPTAINER_SUITE PACKAGE...
# It runs in mount and PID namespaces of its own: a killed build leaves no mount and no process.
set -eu
scripts=$(dirname "$0")
root=$1 suite=$2 apptainer_suite=$3
shift 3

# Without a mirror debootstrap uses its default. An old debootstrap does not know a new suite by
# name, but the same script builds all suites.
recipe=/usr/share/debootstrap/scripts/$suite
if [ ! -e "$recipe" ]; then recipe=/usr/share/debootstrap/scripts/sid; fi
debootstrap --variant=minbase "$suite" "$root" "${DSSR_CLUSTER_MIRROR:-}" "$recipe"

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/lean" <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/lean"

if [ -n "$apptainer_suite" ] && [ "$apptainer_suite" != "$suite" ]; then
    # The archive may be a frozen copy: apt checks signatures, but not their age.
    sed "s/^deb /deb [check-valid-until=no] /; s/ $suite / $apptainer_suite /" \
        "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/apptainer.list"
    cat >"$root/etc/apt/preferences.d/apptainer" <<END
Package: *
Pin: release n=$apptainer_suite
Pin-Priority: -1

Package: apptainer
Pin: release n=$apptainer_suite
Pin-Priority: 500
END
fi
sed -i 's/^deb \([^[]\)/deb [check-valid-until=no] \1/' "$root/etc/apt/sources.list"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
chroot "$root" apt-get update -q
chroot "$root" apt-get install -y -q --no-install-recommends "$@"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
umount -l "$root/dev" "$root/sys" "$root/proc"

# The rest needs user namespaces, which the kernel refuses inside a chroot.
exec unshare -m -u -p -f --kill-child sh -eu "$scripts/enter.sh" "$root" /bin/sh -eu -s \
    <"$scripts/populate.sh"

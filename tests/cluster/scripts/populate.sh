# Fills a fresh root, from inside: the users, an empty accounting database, the container image.
for user in jarvice:2001 alice:2002 bob:2003; do
    useradd -m -s /bin/bash -u "${user#*:}" "${user%:*}"
    # OpenSSH takes an account without a password field for a locked one.
    usermod -p '*' "${user%:*}"
done
# A team with a directory of its own, from the first job on: slurmctld keeps a user's groups for
# ten minutes (GroupUpdateTime in slurm.conf(5)).
groupadd crew
for user in jarvice alice; do usermod -aG crew $user; done
install -d -m 2770 -g crew /home/crew
# slurmrestd refuses to run as root or as SlurmUser.
useradd -r -M -s /usr/sbin/nologin restd
install -d -o jarvice -g jarvice /home/jarvice/scratch
install -d -m 700 -o slurm -g slurm /var/spool/slurmctld
install -d /var/spool/slurmd /etc/ssh/hostkeys /opt/images
rm -f /etc/ssh/ssh_host_* /etc/resolv.conf
: >/etc/resolv.conf
# debootstrap leaves sid without this file, which Apptainer reads.
echo '127.0.0.1 localhost' >/etc/hosts

# The files are small, because each cluster copies those that it writes to.
cat >/etc/mysql/conf.d/cluster.cnf <<'END'
[mariadbd]
skip-networking
innodb_log_file_size = 8M
innodb_buffer_pool_size = 64M
innodb_buffer_pool_dump_at_shutdown = 0
innodb_buffer_pool_load_at_startup = 0
innodb_flush_log_at_trx_commit = 0
innodb_lock_wait_timeout = 900
performance_schema = 0
END
install -d -o mysql -g mysql /run/mysqld /run/mariadbd  # the older name and the newer
mariadbd --bootstrap --user=mysql <<'END'
FLUSH PRIVILEGES;
CREATE DATABASE slurm_acct_db;
CREATE USER slurm@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
END

# The tables and associations are created here, because older generations take seconds for it.
hostname login
echo '127.0.0.1 login' >>/etc/hosts
cat >/etc/slurm/slurm.conf <<'END'
ClusterName=dssr
SlurmctldHost=login
SlurmUser=slurm
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=login
PartitionName=none
END
install -m 600 -o slurm -g slurm /dev/null /etc/slurm/slurmdbd.conf
cat >/etc/slurm/slurmdbd.conf <<'END'
DbdHost=login
SlurmUser=slurm
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
PidFile=/run/slurm/slurmdbd.pid
END
install -d -o slurm -g slurm /run/slurm
install -d -o munge -g munge /run/munge
setpriv --reuid=munge --regid=munge --init-groups munged
mariadbd --user=mysql </dev/null &
tries=0
until mariadb-admin ping; do tries=$((tries + 1)); [ $tries -lt 100 ]; sleep 0.1; done
slurmdbd
until ss -Hltn sport = :6819 | grep -q .; do
    tries=$((tries + 1))
    [ $tries -lt 200 ]
    sleep 0.1
done
# Standard input is a list of sacctmgr's own commands.
sacctmgr -i <<'END'
add cluster dssr
add account research Cluster=dssr
add account limited Cluster=dssr MaxSubmitJobs=0
add user jarvice,alice,bob Account=research DefaultAccount=research Cluster=dssr
add user jarvice,alice,bob Account=limited Cluster=dssr
add coordinator Account=research,limited Names=jarvice
END
sacctmgr -n -P show associations format=user,account | grep -q '^bob|limited'
kill "$(cat /run/slurm/slurmdbd.pid)"
mariadb-admin shutdown
wait

if command -v apptainer >/dev/null; then
    install -d -o jarvice -g jarvice /tmp/box
    setpriv --reuid=jarvice --regid=jarvice --init-groups --reset-env sh -eu <<'END'
        cd /tmp/box
        mkdir -p bin dev proc sys tmp var/tmp run etc root home usr/bin opt mnt data
        cp /bin/busybox bin/busybox
        for applet in $(bin/busybox --list); do ln -s busybox "bin/$applet" 2>/dev/null || :; done
        ln -s ../../bin/env usr/bin/env
        # Job scripts of upstreams need bash, with the libraries that it names.
        rm -f bin/bash
        cp /bin/bash bin/bash
        ldd /bin/bash | grep -o '/[^ ]*' | while read -r library; do
            install -D "$library" ".$library"
        done
        echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
        echo 'root:x:0:' >etc/group
        : >etc/hosts
        : >etc/resolv.conf
        apptainer build /tmp/box.sif /tmp/box
END
    install -m 644 /tmp/box.sif /opt/images/box.sif
    # The same file tree, as the one layer of the image in the test registry.
    tar -C /tmp/box --owner=0 --group=0 --numeric-owner -czf /opt/images/box.tar.gz .
fi
rm -rf /tmp/* /home/jarvice/.apptainer

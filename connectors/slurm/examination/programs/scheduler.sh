# What Slurm says of the cluster and of this user, a section for each command. $1 seconds for each
# command, $2 mark of the sections.
seconds=$1 mark=$2
section config scontrol show config &&
    section partitions scontrol -a -o show partition &&
    section nodes scontrol -a -d -o show node &&
    section limits scontrol -o show assoc_mgr users="$(id -un)" flags=assoc
section sacct sacct -n -X -P -S now-2minutes -o JobID
section own sacctmgr -n -P show associations user="$(id -un)" format=account
section all sacctmgr -n -P show user format=defaultaccount
:

# What the cluster has, for people, a section for each command. $3 seconds for each command, $4 mark
# of the sections, $5 squeue's format. Without a controller the first command says so, and no other
# one runs. The accounting, which nothing else here needs, has two seconds.
seconds=$3 mark=$4
section host uname -n
section config scontrol show config &&
    section partitions scontrol -a -o show partition &&
    section nodes scontrol -a -d -o show node &&
    section queue squeue -h --all -o "$5" && {
    section associations scontrol -o show assoc_mgr users="$(id -un)" flags=assoc
    seconds=2
    section accounting sacctmgr -n -P show cluster format=cluster
}

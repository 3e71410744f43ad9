# What the cluster has, for people. $3 seconds for each command, $4 a mark that nobody can guess, $5
# squeue's format. A section is a line of the mark and its name, what the command says, and a line
# of the mark and the command's exit code. Without a controller the first command says so, and no
# other one runs.
section() {
    printf '\n%s %s\n' "$mark" "$1"
    shift
    SLURM_TIME_FORMAT=%s timeout "$seconds" "$@" 2>&1
    code=$?
    printf '\n%s=%s\n' "$mark" $code
    return $code
}
seconds=$3 mark=$4
section host uname -n
section config scontrol show config &&
    section partitions scontrol -a -o show partition &&
    section nodes scontrol -a -d -o show node &&
    section queue squeue -h --all -o "$5" &&
    section associations scontrol -o show assoc_mgr users="$(id -un)" flags=assoc

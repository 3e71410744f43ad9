"""What is called otherwise here: commands and options of Slurm, and of other tools."""

_OUTPUT = "the output is kept for 'dssr logs', which prints it."
_TASKS = "write --nodes and --cores, or --option ntasks=N."
_WAITS = "write --option dependency=afterok:ID, with the scheduler's id of the other job."

COMMANDS = {
    **dict.fromkeys(("sbatch", "qsub", "srun", "run"), "submit"),
    **dict.fromkeys(("squeue", "qstat", "queue", "list", "ls", "ps", "sacct"), "jobs"),
    **dict.fromkeys(("scancel", "qdel", "kill", "delete", "rm", "stop"), "cancel"),
    **dict.fromkeys(("sinfo", "nodes", "partitions", "info"), "cluster"),
    **dict.fromkeys(("scontrol", "show", "status", "describe"), "job"),
    **dict.fromkeys(("output", "tail", "log", "cat"), "logs"),
    **dict.fromkeys(("download", "fetch"), "get"),
    **dict.fromkeys(("upload", "copy"), "put"),
    "watch": "events",
    "explain": "why",
    "resume": "release",
    "check": "doctor",
}
# sbatch's options that 'dssr submit' does not have: what to write instead.
OF_SBATCH = {
    **dict.fromkeys(("-n", "--ntasks"), _TASKS),
    **dict.fromkeys(("--ntasks-per-node", "--cpus-per-task"), "write --cores, of each node."),
    **dict.fromkeys(("-o", "--output", "-e", "--error"), _OUTPUT),
    **dict.fromkeys(("-a", "--array"), "submit one job for each task."),
    **dict.fromkeys(("-d", "--dependency"), _WAITS),
    **dict.fromkeys(("-G", "--gpus-per-node"), "write --gpus, of each node."),
    **dict.fromkeys(("--nodelist", "-w"), "write --option nodelist=NAMES."),
    **dict.fromkeys(("--exclude", "-x"), "write --option exclude=NAMES."),
    **dict.fromkeys(("--begin", "-b"), "write --option begin=TIME."),
    "--wrap": "write echo 'COMMAND' | dssr submit -",
    "--job-name": "write --name.",
    "--chdir": "write --workdir.",
    "--export": "write --env NAME=VALUE.",
    "--hold": "write --held.",
    "--test-only": "write --check.",
    **{
        f"--{name}": f"write --option {name}=VALUE."
        for name in ("gres", "mem-per-cpu", "mail-type", "mail-user", "licenses", "reservation")
    },
}
OF_SQUEUE = {
    **dict.fromkeys(("-u", "--me"), "write --mine."),
    **dict.fromkeys(("-t", "--states"), "write --state."),
    **dict.fromkeys(("-j", "--job", "--jobs"), "write 'dssr job ID'."),
    **dict.fromkeys(("-l", "--long"), "write -o wide."),
}

"""The batch script that sbatch is given. Pure: text in, text out.

Its arguments are the job's directory, the scratch directory, and the working directory of a job
that keeps its files. It elects its job, runs the job's script, and as its last act renames the
record into the job's directory.
"""

import re

from connectors.shared import batch
from dssr.job import JobSpec
from executors.interpreter import run_script

MAPPING = """\
# The scheduler's environment under names that know no scheduler.
export PROCESS_PROCID=$SLURM_PROCID
export PROCESS_NODENAME=$SLURMD_NODENAME
export JOB_JOBID=$SLURM_JOBID
export JOB_JOB_NODELIST=$SLURM_JOB_NODELIST
export JOB_JOB_FORMATED_NODELIST="$(
    scontrol show hostname "$SLURM_JOB_NODELIST" 2>/dev/null | grep -v ' ' | paste -sd' ' -)"
export JOB_NNODES=$SLURM_NNODES
export JOB_NTASKS=$SLURM_NTASKS
export JOB_SUBMIT_DIR=$SLURM_SUBMIT_DIR
export JOB_GPUS_PER_NODE=$SLURM_GPUS_PER_NODE"""

# Processes that a task leaves in the background, or had just begun when the job was cancelled, keep
# srun waiting for the end of its output where no cgroup ends them. So each task is a process group
# of its own, which ends with the task. The trap is there because the process that ends the group
# must survive the signal.
_TASK = """'trap : TERM; bash "$DSSR_JOB_DIR/step"
    rc=$?; trap "" TERM; kill -TERM 0; exit $rc'"""
_STEP = """srun -K1 --overlap --export=ALL -N {nodes} -n {nodes} \\
    --ntasks-per-node=1 bash -c {task}"""
_ALL_NODES = '"$SLURM_NNODES"'

# A plain job's script takes the place of the batch script, so it must receive each signal that
# Slurm sends to the batch process alone (scancel --batch, sbatch --signal=B:). A signal to all
# processes of the job reaches the script directly and must not reach it twice. The relay, another
# child of the batch process, distinguishes the two: a signal that the relay receives too was sent
# to all. It waits twice, because the signal may end the first sleep before it reaches the relay.
#
# KILL and STOP cannot be caught, and bash does not report a CHLD that is sent. If the batch process
# is killed, the relay kills the script. If it is stopped, it continues when the script ends.
#
# bash prints a warning, or crashes, when a trap is changed while its signal arrives. So the script
# starts when all traps are set, and the traps change only when CONT has been sent, after which the
# pipe ends. The script's end is read from this pipe, because bash's `wait` may block for ever when
# a signal and the end come together. In POSIX mode, which the user's environment may ask for, a
# signal would end `read`. A background command of bash ignores INT and QUIT and has no stdin
# (bash(1), SIGNALS): the script gets both back.
_PLAIN = """\
dssr_posix=$POSIXLY_CORRECT
set +o posix
dssr_signals=$(compgen -A signal SIG | grep -vxE 'SIG(KILL|STOP|CHLD)')
dssr_note() {{
    [ "$1" != SIGTERM ] || term=yes
    echo "$1" >&6 || trap '' PIPE
}} 2>/dev/null
dssr_relay() {{
    local -A received
    for signal in $dssr_signals; do
        received[$signal]=0
        trap "received[$signal]=\\$((received[$signal] + 1))" "$signal"
    done
    echo ready
    while read -r line; do
        case $line in
        end) return ;;
        [0-9]*) script=$line && continue ;;
        esac
        sleep 0.3
        sleep 0.1
        if [ "${{received[$line]}}" -gt 0 ]; then
            received[$line]=$((received[$line] - 1))
        else
            kill -s "$line" "$script"
        fi
    done
    kill -s KILL "$script"
}} 2>/dev/null
coproc dssr_relay
exec 3<&0 4>&1 6>&"${{COPROC[1]}}" {{COPROC[1]}}>&-
read -r -u "${{COPROC[0]}}" # until the relay is ready
for signal in $dssr_signals; do trap "dssr_note $signal" "$signal"; done
exec 5< <(
    trap : $dssr_signals
    exec 6>&-
    (
        echo "$BASHPID"
        trap - $dssr_signals
        exec <&3 >&4 3<&- 4>&-
        [ -z "$dssr_posix" ] || export POSIXLY_CORRECT="$dssr_posix"
        {environment}
        {command}
    )
    echo "$?" 2>/dev/null
    {measure}
    kill -s CONT "$$"
)
read -r -u 5 script && echo "$script" >&6
read -r -u 5 rc || rc=137 # killed, and so was the process that reports the exit code
# Then the processor time of that shell, if it is measured, that of its children, and the end.
read -r -u 5 && read -r -u 5 dssr_cpu && read -r -u 5
step_rc=$rc marker=none
trap '' $dssr_signals # the script has ended: no signal may prevent the record
trap 'term=yes' TERM
echo end >&6 2>/dev/null"""

# A script that starts processes which are not its children is not measured: half of the time that
# it used would be worse than none.
_MEASURE = '[ "$SLURM_NNODES" != 1 ] || times 2>/dev/null'
_ELSEWHERE = re.compile(r"\b(?:srun|mpirun|mpiexec|orterun|prun|ssh|pdsh|docker)\b", re.ASCII)

# 60 s: a file server may show a directory that another node has made only after its cache's time.
# A job that is not elected is a late attempt of the bridge, which shares the elected job's output
# file, or a user has submitted this file by hand.
_BEGIN = """\
dssr_by_hand() {{
    echo "dssr: this batch script runs a job only when the bridge has submitted it." \\
        "To submit the same job script yourself, submit $1."
    exit 1
}}
case $1 in
*/jobs/*/{token}.*) ;;
*) dssr_by_hand "${{DSSR_JOB_DIR:-the directory of this file}}/script" ;;
esac
export DSSR_JOB_DIR=$1 DSSR_WORK_DIR=${{2}}.jarvice/jobs/$SLURM_JOB_ID
for (( dssr_try = 0; dssr_try < 60; dssr_try++ )); do
    ln -sn "$SLURM_JOB_ID" "$1/elected" 2>/dev/null
    elected=$(readlink "$1/elected") && break
    sleep 1
done
if [ -z "$elected" ]; then
    echo "dssr: $(hostname) does not see the job's directory $1: JARVICE_STATE_DIR must be on a" \\
        "file system that login and compute nodes share."
    exit 1
fi
if [ "$elected" != "$SLURM_JOB_ID" ]; then
    [ /dev/stdout -ef "$(cat "$1/output")" ] || dssr_by_hand "$1/script"
    exit 0
fi
# TERM is Slurm's warning before it kills. The processes of the job receive it too; this one must
# live to write the record, and must not be stopped.
trap 'term=yes' TERM
trap : TSTP TTIN TTOU
if grep -qx "restarts=${{SLURM_RESTART_COUNT:-0}}" "$1/record" 2>/dev/null; then
    # A controller that was killed has forgotten that the job ended, and begins it a second time.
    exit "$(sed -n 's/^exit=//p' "$1/record")"
fi
began=$(date +%s) dssr_cpu=
ln -sfn "${{SLURM_RESTART_COUNT:-0}}" "$1/run"
rm -f "$1/record" # of a run before a requeue
if [ "$(readlink "$DSSR_WORK_DIR/.job")" != "$1" ]; then
    # Not of an earlier run of this job: left over by another job that had this id.
    rm -rf "$DSSR_WORK_DIR"
    mkdir -p -m 700 "$DSSR_WORK_DIR" && ln -sn "$1" "$DSSR_WORK_DIR/.job" || {{
        echo "dssr: cannot create $DSSR_WORK_DIR on $(hostname)"
        exit 1
    }}
fi
# A file server without room may accept a file and keep only a part of it, without an error.
for dssr_file in {sizes}; do
    if [ "$(wc -c <"$1/${{dssr_file%:*}}")" != "${{dssr_file#*:}}" ]; then
        echo "dssr: $1/${{dssr_file%:*}} is not whole: check the quota and the free space of" \\
            "JARVICE_STATE_DIR."
        exit 1
    fi
done"""

# Slurm runs a job whose directory the node does not have in /tmp, and says so only in slurmd's log.
_DIRECTORY = """\
for (( dssr_try = 0; dssr_try < 60; dssr_try++ )); do
    cd -- "$3" 2>/dev/null && break
    sleep 1
done
if [ "$dssr_try" = 60 ]; then
    echo "dssr: $(hostname) does not see the working directory $3:" \\
        "choose one on a file system that login and compute nodes share."
    exit 1
fi"""

# The record holds Slurm's state of a job that did not end well, for clusters without accounting: a
# cancelled job, or one out of time, looks like any other failure from inside. A job that Slurm ends
# for another reason than its time may be about to run again: it leaves no record, as if it had been
# killed at once, and keeps what the next run needs.
_END = """\
state=
[ "$rc$term" = 0 ] || state=$(
    timeout 10 squeue -h -a -t all -j "$SLURM_JOB_ID" -o '%T|%r' 2>/dev/null | grep '^[A-Z_]*|')
case $term$state in
yesRUNNING*) state=RUNNING ;; # a signal that the job itself had asked for
yes*'|TimeLimit') state=TIMEOUT ;;
yes*) exit "$rc" ;;
*) state=${{state%%|*}} ;;
esac
# What a job prints when its output cannot grow is lost with it: whether there is room is tried.
full=
[ "$rc" = 0 ] || {{
    read -r output <"$1/output"
    if room=$(LC_ALL=C mktemp "$output.XXXXXX" 2>&1); then
        full=$(LC_ALL=C head -c 8192 /dev/zero 2>&1 >"$room" | sed 's/.*: //')
        rm -f "$room"
    else
        full=${{room##*: }}
    fi
}} 2>/dev/null
# While this node was cut off, Slurm may have begun the job elsewhere: the files are that run's.
case $(readlink "$1/run") in '' | "${{SLURM_RESTART_COUNT:-0}}") ;; *) exit "$rc" ;; esac
rm -rf "$DSSR_WORK_DIR" "$1/secrets"
printf '%s\\n' "exit=$rc" "step=$step_rc" "marker=$marker" "began=$began" "ended=$(date +%s)" \\
    "nodes=$SLURM_JOB_NODELIST" "partition=$SLURM_JOB_PARTITION" \\
    "restarts=${{SLURM_RESTART_COUNT:-0}}" "cpu=$dssr_cpu" \\
    "full=$full" "state=$state" \\
    >"$1/record.tmp" && mv "$1/record.tmp" "$1/record"
exit "$rc\""""


def batch_script(spec: JobSpec, step: str) -> str:
    """The text of the batch script, which is beside ``script`` and ``step`` in the job's directory.

    It holds no credentials. It is in braces, so that a file that is cut runs nothing.
    """
    files = {"script": spec.script, "step": step}
    sizes = {name: len(text.encode("utf-8", "surrogateescape")) for name, text in files.items()}
    words = (f"{name}:{size}" for name, size in sizes.items() if size)  # of files that are there
    begin = _BEGIN.format(token=spec.token, sizes=" ".join(words))
    step_command = _STEP.format(nodes=_ALL_NODES if spec.per_node else 1, task=_TASK)
    if spec.plain:
        body = _PLAIN.format(
            environment=batch.SECRETS if spec.secrets else ":",
            command=run_script(spec.script, arguments=spec.arguments),
            measure=":" if _ELSEWHERE.search(spec.script) else _MEASURE,
        )
    elif spec.by_exit_code:
        body = f"{step_command} </dev/null\nrc=$? step_rc=$rc marker=none"
    else:
        body = batch.judged(step_command)
    if spec.keeps_files:
        begin = f"{begin}\n{_DIRECTORY}"
    head = f"#!/bin/bash\n# Job {spec.name}, number {spec.number}."
    return "\n".join((head, "{", begin, body, _END.format(), "}", ""))

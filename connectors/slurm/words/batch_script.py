"""The batch script that sbatch is given. Pure: text in, text out.

It gets its job's directory and the scratch directory as arguments, elects itself, runs the job, and as its last act renames the
record into the job's directory.
"""

from connectors.shared import batch
from dssr.job import JobSpec

MAPPING = """\
# The scheduler's environment under names that know no scheduler.
export PROCESS_PROCID=$SLURM_PROCID
export PROCESS_NODENAME=$SLURMD_NODENAME
export JOB_JOBID=$SLURM_JOBID
export JOB_JOB_NODELIST=$SLURM_JOB_NODELIST
export JOB_JOB_FORMATED_NODELIST="$(scontrol show hostname "$SLURM_JOB_NODELIST" 2>/dev/null | grep -v ' ' | paste -sd' ' -)"
export JOB_NNODES=$SLURM_NNODES
export JOB_NTASKS=$SLURM_NTASKS
export JOB_SUBMIT_DIR=$SLURM_SUBMIT_DIR
export JOB_GPUS_PER_NODE=$SLURM_GPUS_PER_NODE"""

# What a task leaves in the background, or had just begun when it was cancelled, would keep srun waiting for its output to end,
# where no cgroup ends it: each task is a process group of its own, which ends with it. Hence the trap: the one who ends the
# group must outlive the signal.
_TASK = """'trap : TERM; bash "$DSSR_JOB_DIR/step"; rc=$?; trap "" TERM; kill -TERM 0; exit $rc'"""
_STEP = f'srun -K1 --overlap --export=ALL -N "$SLURM_NNODES" -n "$SLURM_NNODES" --ntasks-per-node=1 bash -c {_TASK}'

# To a plain job its script is the batch script: what Slurm sends to the batch shell alone (sbatch(1), --signal=B:) is meant for
# it. What all processes of the job got, as on its cancellation, the script has had already: then the canary is dead. In the
# background a script ignores INT and QUIT and has no stdin, unless it is told otherwise (bash(1), SIGNALS). Its end is read
# from a pipe: bash's wait, when a signal and the end come at once, may wait for ever. 5 s: what a signal has noted may be seen
# only after a read.
_PLAIN = """\
dssr_canary() {{
    (trap - INT QUIT; exec sleep 99999999) </dev/null >/dev/null 2>&1 &
    canary=$!
    disown
}}
dssr_pass_on() {{
    while [ -n "$signals" ]; do
        sleep 0.3
        signal=${{signals%% *}} signals=${{signals#* }}
        if kill -0 "$canary"; then kill -s "$signal" "$script"; else dssr_canary; fi
    done
}} 2>/dev/null
passed='HUP INT QUIT USR1 USR2 ALRM' signals= rc=
for signal in $passed; do trap "signals+='$signal '" "$signal"; done
trap "term=yes; signals+='TERM '" TERM
dssr_canary
exec 3<&0 4>&1 5< <(trap '' $passed TERM
    (echo "$BASHPID"; trap - $passed TERM; exec <&3 >&4 3<&- 4>&- 5<&-; {command})
    echo "$?")
read -r -u 5 script
until [ -n "$rc" ]; do
    read -r -t 5 -u 5 rc || [ $? -gt 128 ] || rc=137 # killed, with whoever was to tell
    dssr_pass_on
done
step_rc=$rc marker=none
trap '' $passed # from here on it is about the record
kill "$canary" 2>/dev/null"""

# 60 s: file servers may show a directory that another node has made only after their caches' time.
_BEGIN = """\
export DSSR_JOB_DIR=$1 DSSR_WORK_DIR=${{2}}.jarvice/jobs/$SLURM_JOB_ID
for (( dssr_try = 0; dssr_try < 60; dssr_try++ )); do
    ln -sn "$SLURM_JOB_ID" "$1/elected" 2>/dev/null
    elected=$(readlink "$1/elected") && break
    sleep 1
done
if [ -z "$elected" ]; then
    echo "dssr: $(hostname) does not see the job's directory $1: JARVICE_STATE_DIR must lie on a file system that login" \\
        "and compute nodes share."
    exit 1
fi
[ "$elected" = "$SLURM_JOB_ID" ] || exit 0 # another job stands for this submission
trap 'term=yes' TERM # Slurm's warning before it kills: what runs inside gets it too, and this script lives to write the record
if grep -qx "restarts=${{SLURM_RESTART_COUNT:-0}}" "$1/record" 2>/dev/null; then
    # No restart: a controller that was killed has forgotten that the job ended, and begins it a second time.
    exit "$(sed -n 's/^exit=//p' "$1/record")"
fi
began=$(date +%s)
ln -sfn "${{SLURM_RESTART_COUNT:-0}}" "$1/run"
rm -f "$1/record" # of a run before a requeue
if [ "$(readlink "$DSSR_WORK_DIR/.job")" != "$1" ]; then # not of an earlier run: at most left over by a job that had this id
    rm -rf "$DSSR_WORK_DIR"
    mkdir -p -m 700 "$DSSR_WORK_DIR" && ln -sn "$1" "$DSSR_WORK_DIR/.job" || {{
        echo "dssr: cannot create $DSSR_WORK_DIR on $(hostname)"
        exit 1
    }}
fi
# A file server may take in a file that it has no room for, and say so to nobody: half a script would run.
for dssr_file in {sizes}; do
    if [ "$(wc -c <"$1/${{dssr_file%:*}}")" != "${{dssr_file#*:}}" ]; then
        echo "dssr: $1/${{dssr_file%:*}} is not whole: check the quota and the free space of JARVICE_STATE_DIR."
        exit 1
    fi
done"""

# What Slurm thinks of a job that did not end well, for clusters without accounting: a cancelled job or one out of time looks
# like any other failure from inside. One that Slurm ends for another reason than its time may be about to run again: it leaves
# no record, as if it had been killed at once, and keeps what the next run needs.
_END = """\
state=
[ "$rc$term" = 0 ] || state=$(timeout 5 squeue -h -a -t all -j "$SLURM_JOB_ID" -o '%T|%r' 2>/dev/null | grep '^[A-Z_]*|')
case $term$state in
yesRUNNING*) state=RUNNING ;; # only a signal that the job itself had asked for
yes*'|TimeLimit') state=TIMEOUT ;;
yes*) exit "$rc" ;;
*) state=${{state%%|*}} ;;
esac
# While a node was cut off Slurm may have begun the job anew elsewhere: what is there is that run's.
case $(readlink "$1/run") in '' | "${{SLURM_RESTART_COUNT:-0}}") ;; *) exit "$rc" ;; esac
rm -rf "$DSSR_WORK_DIR" "$1/secrets"
printf '%s\\n' "exit=$rc" "step=$step_rc" "marker=$marker" "began=$began" "ended=$(date +%s)" "node=$(hostname)" \\
    "restarts=${{SLURM_RESTART_COUNT:-0}}" "state=$state" >"$1/record.tmp" && mv "$1/record.tmp" "$1/record"
exit "$rc\""""


def batch_script(spec: JobSpec, step: str) -> str:
    """The text of the file ``batch`` in the job's directory, beside ``script`` and ``step``. It holds no credentials."""
    body = _PLAIN.format(command=_plain_command(spec)) if spec.plain else batch.judged(_STEP)
    head = f"#!/bin/bash\n# Job {spec.name}, number {spec.number}. Its script is in the directory given as first argument."
    files = {"script": spec.script, "step": step}
    sizes = " ".join(
        f"{name}:{len(text.encode('utf-8', 'surrogateescape'))}"
        for name, text in files.items()
        if text
    )
    # In braces: a batch script that is cut runs nothing.
    return "\n".join((head, "{", _BEGIN.format(sizes=sizes), body, _END.format(), "}", ""))


def _plain_command(spec: JobSpec) -> str:
    own = 'chmod u+x "$DSSR_JOB_DIR/script" && exec "$DSSR_JOB_DIR/script"'
    return own if spec.script.startswith("#!") else 'exec bash "$DSSR_JOB_DIR/script"'

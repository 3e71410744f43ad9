#!/bin/sh
# Watches a job until it ends. Prints each change of its state on stderr, and at the end one line on
# stdout that says how it ended. Exit code: 0 if the job completed, 1 if it did not.
#
#   watch.sh NAME NUMBER JOBID
#
# DSSR_INTERVAL: seconds between two checks (5).
. "$(dirname "$0")/common.sh"
help "$@"

job_arguments "watch.sh NAME NUMBER JOBID" "$@"

# Prints queued or running, the list that has the job; prints nothing when neither has it.
find_list() {
    for list in queued running; do
        jobs=$(get "/$list") || return
        case $jobs in
            *"[\"$name\",\"$jobid\"]"*) echo $list; return ;;
        esac
    done
}

# The same, with the nodes of a running job.
find_state() {
    list=$(find_list) || return
    nodes=
    if [ "$list" = running ]; then
        status=$(printf %s "$job" | post /runstatus) || return
        nodes=$(printf %s "$status" | sed -n 's/^\[\[\("[^]]*\)\].*/ on \1/p')
        nodes=$(printf %s "$nodes" | sed 's/"//g; s/,/, /g')
    fi
    printf %s "$list$nodes"
}

# /runstatus alone does not show the end: Slurm lists a job, with its nodes, for minutes after its
# end. A job that is in neither list has ended; /exitstatus then says how, or answers 503 until that
# is certain.
shown=
while :; do
    state=$(find_state 2>&1) && code=0 || code=$?
    if [ -z "$state" ]; then
        state=$(printf %s "$job" | post /exitstatus 2>&1) && break || code=$?
    fi
    if [ "$state" != "$shown" ]; then
        printf '%s\n' "$name $number $jobid: $state" >&2
        shown=$state
    fi
    [ $code -eq 0 ] || [ $code -eq 5 ] || exit $code
    sleep "${DSSR_INTERVAL:-5}"
done

# the response: [rc, "HH:MM:SS", ["<output>", "<< termination state: X -- see ... >>"]]
case $state in
    '[-9,"00:00:00",[]]') die 3 "No job $name $number $jobid was ever submitted here." ;;
esac
end='^\[\(-*[0-9]*\),"\([0-9:]*\)",.*<< termination state: \([A-Z_]*\) -- .*'
printf '%s\n' "$state" | sed "s/$end/$name $number $jobid: \3 after \2, exit status \1/"
case $state in
    "[0,"*) exit 0 ;;
    *) exit 1 ;;
esac

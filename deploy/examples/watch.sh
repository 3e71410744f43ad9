#!/bin/sh
# Watches a job to its end: says on stderr where it is, and at last on stdout how it ended. Ends 0 when the job completed,
# 1 when it did not. DSSR_INTERVAL: seconds between two looks (5).
#
#   watch.sh NAME NUMBER JOBID
. "$(dirname "$0")/common.sh"
help "$@"

job_arguments "watch.sh NAME NUMBER JOBID" "$@"
said=

look() { # where the job is, in words; empty when the cluster does not list it any more
    status=$(printf %s "$job" | post /runstatus) || return
    case $status in
        "[null,"*) ;;
        "[[],"*) echo "queued" ;;
        *) printf %s "$status" | sed 's/^\[\[\([^]]*\)\].*/running on \1/; s/"//g; s/,/, /g' ;;
    esac
}

while :; do
    state=$(look) && code=0 || code=$?
    [ $code -eq 0 ] || [ $code -eq 5 ] || exit $code
    if [ $code -eq 0 ] && [ -z "$state" ]; then
        answer=$(printf %s "$job" | post /exitstatus) && break || code=$?
        [ $code -eq 5 ] || exit $code
    elif [ "$state" != "$said" ]; then
        said=$state
        printf '%s\n' "$name $number $jobid: $state" >&2
    fi
    sleep "${DSSR_INTERVAL:-5}"
done

# the answer is [rc, "HH:MM:SS", ["<output>", "<< termination state: X -- see STDOUT for job errors >>"]]
case $answer in
    '[-9,"00:00:00",[]]') die 3 "No job $name $number $jobid was ever submitted here." ;;
esac
printf '%s\n' "$answer" | sed "s/^\[\(-*[0-9]*\),\"\([0-9:]*\)\",.*<< termination state: \([A-Z_]*\) -- .*/$name $number $jobid: \
\3 after \2, exit status \1/"
case $answer in
    "[0,"*) exit 0 ;;
    *) exit 1 ;;
esac

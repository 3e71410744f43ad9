#!/bin/sh
# Cancels a job that is queued or running. A job that has ended keeps its final state.
#
#   cancel.sh NAME NUMBER JOBID
. "$(dirname "$0")/common.sh"
help "$@"

job_arguments "cancel.sh NAME NUMBER JOBID" "$@"
printf %s "$job" | post /terminate >/dev/null || exit
echo "$name $number $jobid: the scheduler has accepted the cancellation"

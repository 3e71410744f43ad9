#!/bin/sh
# Cancels a job, pending or running; one that has ended stays as it ended.
#
#   cancel.sh NAME NUMBER JOBID
. "$(dirname "$0")/common.sh"
help "$@"

job_arguments "cancel.sh NAME NUMBER JOBID" "$@"
printf %s "$job" | post /terminate >/dev/null || exit
echo "$name $number $jobid: the order to cancel it has been taken"

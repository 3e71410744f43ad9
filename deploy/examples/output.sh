#!/bin/sh
# Prints the end of a job's output, while the job runs and after it has ended.
#
#   output.sh [-n LINES] NAME NUMBER JOBID
#
# -n: number of lines (10000).
. "$(dirname "$0")/common.sh"
help "$@"

usage="output.sh [-n LINES] NAME NUMBER JOBID"
lines=10000
while getopts :n: option; do
    case $option in
        n) lines=$OPTARG ;;
        *) die 2 "-$OPTARG is not an option, or its value is missing; usage: $usage" ;;
    esac
done
shift $((OPTIND - 1))
check_number LINES "$lines"
job_arguments "$usage" "$@"

printf '{"qs": {"lines": ["%s"]}}' "$lines" | post "/request/$name/$number/$jobid/tail"

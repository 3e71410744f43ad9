#!/bin/sh
# Submits a job script and prints the job's name, number and id: the arguments of the scripts
# watch.sh, output.sh and cancel.sh.
#
#   submit.sh [-n NODES] [-e EXECUTOR] [-H] SCRIPT [NAME [NUMBER]]
#
# -n: number of nodes (1)
# -e: the executor that the script is for; without it, the script is a plain batch script
# -H: hold the job until it is released
#
# NAME defaults to the script's file name, NUMBER to the time in seconds. The same NAME, NUMBER and
# SCRIPT again give the same job, not a second one.
. "$(dirname "$0")/common.sh"
help "$@"

usage="usage: submit.sh [-n NODES] [-e EXECUTOR] [-H] SCRIPT [NAME [NUMBER]]"
nodes=1 executor=native held=false
while getopts :n:e:H option; do
    case $option in
        n) nodes=$OPTARG ;;
        e) executor=$OPTARG ;;
        H) held=true ;;
        *) die 2 "-$OPTARG is not an option, or its value is missing; $usage" ;;
    esac
done
shift $((OPTIND - 1))
if [ $# -lt 1 ] || [ $# -gt 3 ]; then die 2 "$usage"; fi
script=$1
[ -r "$script" ] || die 2 "The job script '$script' cannot be read."
name=${2:-$(basename "$script" .sh)}
number=${3:-$(date +%s)$(($$ % 100000))} # another one for each run, also within a second
check_name "$name"
check_name "$executor"
check_number NUMBER "$number"
check_number NODES "$nodes"

answer=$({
    printf '{"name": "%s", "number": %s, ' "$name" "$number"
    printf '"nodes": %s, "held": %s, ' "$nodes" "$held"
    printf '"hpc_script": {"%s": "' "$executor"
    base64 <"$script" | tr -d '\n'
    printf '"}}'
} | post /submit) || exit
# the response is ["<job id>", "<batch script>"]
printf '%s %s %s\n' "$name" "$number" "$(printf %s "$answer" | sed 's/^\["\([0-9]*\)".*/\1/')"

# What explains a job's state: its record, a cancellation through the bridge, and a section for the
# answer to each question. $3 native id, $4 seconds for each question, $5 mark of the sections, then
# the questions: a name, the number of its words, and its words.
find_job_or_stop "$3"
seconds=$4 mark=$5
shift 5
echo "found"
sed 's/^/record /' "$dir/record" 2>/dev/null
when=$(readlink "$dir/cancelled") && echo "cancelled $when"
echo
left=$#
while [ "$left" -gt 0 ]; do
    name=$1 count=$2
    shift 2
    left=$((left - 2 - count)) n=0
    while [ $n -lt "$count" ]; do # its words go behind those of all other questions
        set -- "$@" "$1"
        shift
        n=$((n + 1))
    done
    said=$(shift $(($# - count)) && section "$name" "$@")
    case "$name $said" in
        *"Command=$dir/batch"*) ;;
        "job "*"JobId=$id "*) # after a reset of Slurm's ids, another job has this one
            said=$(section job echo "Invalid job id: $id is another job's now")
            ;;
    esac
    printf '%s\n' "$said"
done

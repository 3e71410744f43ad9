# All evidence of how several jobs ended. $2 is not used, $3 seconds for squeue and sacct; then for
# each job its directory below the state directory and its native id. Slurm is asked once for all of
# them. Prints what Slurm says, then for each job "job <directory>" and what its directory has.
limit=$3
shift 3
now=$(server_now) || unwritable "$state"
echo "settled"
echo
echo "now $now"
jobs=$*
ids=
while [ $# -ge 2 ]; do
    ids=${ids:+$ids,}$2
    shift 2
done
# Both at once, as in evidence.sh.
{
    rows=$(ask_accounting "$limit" "$ids")
    code=$?
    [ -z "$rows" ] || printf '%s\n' "$rows" | sed 's/^/sacct /'
    is_unaccounted "$code $rows" && code=0
    echo "accounting $code"
} >"${state}.sacct.$dssr_self" &
accounting=$!
printed=$(ask_queue "$limit" "$ids")
listing=$?
wait $accounting
sacct=$(cat "${state}.sacct.$dssr_self")
rm -f "${state}.sacct.$dssr_self"
printf '%s\n' "$sacct" | grep .
echo "listing $listing"
[ -z "$printed" ] || printf '%s\n' "$printed" | sed 's/^/squeue /'
is_away= # the controller does not answer
case $listing$printed in 0* | *"Invalid job id"*) ;; *) is_away=yes ;; esac
is_silent=
case $sacct in *"accounting 0") ;; *) is_silent=yes ;; esac

# The links of one job: since when it is missing, and what else is marked.
report_marks() {
    case $newline$printed in
        *"$newline$id|"*"$dir/batch"*) [ ! -L "$dir/missing" ] || rm -f "$dir/missing" ;;
        *) [ -n "$is_away" ] || [ -L "$dir/missing" ] || ln -sn "$now" "$dir/missing" ;;
    esac
    [ -z "$is_silent" ] || ln -sfn "$now" "$dir/silent"
    for mark in cancelled missing silent final; do
        [ -L "$dir/$mark" ] && echo "$mark $(readlink "$dir/$mark")"
    done
} 2>/dev/null

report_record() {
    if [ -f "$dir/record" ] || shows "$dir" record; then
        last=
        while read -r line; do
            echo "record $line"
            last=$line
        done <"$dir/record"
        # A read that fails looks like the end of the file.
        case $last in state=*) ;; *) echo "unreadable $dir/record" ;; esac
    elif ! shows "$dir" elected; then
        echo "unreadable $dir"
    fi
    read -r output <"$dir/output" && echo "size $(size_of "$output")"
} 2>/dev/null

set -- $jobs # neither directories nor ids hold blanks
while [ $# -ge 2 ]; do
    dir=$state$1 id=$2
    echo "job $1"
    echo "id $id"
    echo "batch $dir/batch"
    report_record
    report_marks
    shift 2
done

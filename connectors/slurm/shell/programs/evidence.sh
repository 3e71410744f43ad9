# Prints the final answer that was given before, with the end of the output; or else all evidence of
# how the job ended. $3 native id, $4 bytes and $5 lines of output to keep, $6 seconds for squeue
# and sacct, $7 "answer" for /exitstatus.
find_job_or_stop "$3"
if readlink "$dir/final" >/dev/null; then
    final_answer "$4" "$5" "$7"
else
    now=$(server_now) || unwritable "$state"
    # Both at once and with a time limit: without their daemons they try for 20 s and more. Silence
    # must be reported in time, and one of them may answer what the other cannot.
    {
        rows=$(ask_accounting "$6" "$id")
        code=$?
        [ -z "$rows" ] || printf '%s\n' "$rows" | sed 's/^/sacct /'
        echo "accounting $code"
        [ $code = 0 ] || is_unaccounted "$code $rows" || ln -sfn "$now" "$dir/silent" 2>/dev/null
    } &
    accounting=$!
    printed=$(ask_queue "$6" "$id")
    code=$?
    wait $accounting
    row=$(printf '%s\n' "$printed" | grep "^$id|")
    if [ $code = 124 ]; then
        printed="squeue has no answer within $6 s"
    elif [ $code != 0 ]; then
        printed=${printed:-squeue failed without a word}
    elif [ -z "$row" ]; then
        # Sites' wrappers print banners, and some lose squeue's exit code.
        case $printed in *error:*) ;; *) printed= ;; esac
    fi
    fits "$row" || row='' printed="Invalid job id: $id is another job's now"
    [ -n "$printed" ] && printf '%s\n' "$printed" | sed 's/^/squeue /'
    echo "batch $dir/batch"
    # After squeue and sacct, so that a job that ends in between is seen at least once.
    if [ -f "$dir/record" ] || shows "$dir" record; then
        sed 's/^/record /' "$dir/record" || echo "unreadable $dir/record"
    elif ! shows "$dir" elected; then
        echo "unreadable $dir" # a file server that fails for a moment lists nothing
    fi
    when=$(readlink "$dir/cancelled") && echo "cancelled $when"
    # Since when the controller does not list the job: the settling time begins there.
    case $row$printed in
        "$id|"*) rm -f "$dir/missing" ;;
        "" | *"Invalid job id"*) ln -sn "$now" "$dir/missing" 2>/dev/null ;;
    esac
    when=$(readlink "$dir/missing") && echo "missing $when"
    when=$(readlink "$dir/silent") && echo "silent $when"
    echo "now $now"
fi

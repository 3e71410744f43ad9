# The final answer given before, with the end of the output; or all evidence of how the job ended, in one look. $3 native id,
# $4 bytes and $5 lines of output to keep, $6 seconds for squeue and sacct, $7 "answer" where /exitstatus asks.
find_job_or_stop "$3"
if readlink "$dir/final" >/dev/null; then
    final_answer "$4" "$5" "$7"
else
    now=$(server_now) || unwritable "$state"
    # Both at once, and neither longer than that: out of reach of their daemons they try for 20 s and more, silence is told in
    # time, and one of them may know what the other cannot say.
    {
        rows=$(timeout "$6" sacct -n -P -D -j "$id" -o JobIDRaw,State,ElapsedRaw,Submit,SubmitLine 2>&1)
        code=$?
        [ -z "$rows" ] || printf '%s\n' "$rows" | sed 's/^/sacct /'
        echo "accounting $code"
        [ $code = 0 ] || is_unaccounted "$code $rows" || ln -sfn "$now" "$dir/silent" 2>/dev/null
    } &
    accounting=$!
    said=$(timeout "$6" squeue -h -a -t all -j "$id" -o '%A|%T|%M|%e|%r|%o' 2>&1)
    code=$?
    wait $accounting
    row=$(printf '%s\n' "$said" | grep "^$id|")
    if [ $code = 124 ]; then
        said="squeue has no answer within $6 s"
    elif [ $code != 0 ]; then
        said=${said:-squeue failed without a word}
    elif [ -z "$row" ]; then
        case $said in *error:*) ;; *) said= ;; esac # sites' wrappers print banners, and some of them lose squeue's exit code
    fi
    fits "$row" || row='' said="Invalid job id: $id is somebody else's now"
    [ -n "$said" ] && printf '%s\n' "$said" | sed 's/^/squeue /'
    echo "batch $dir/batch"
    # After what Slurm says: a job that ends between the two looks is then seen at least once.
    if [ -f "$dir/record" ] || shows "$dir" record; then
        sed 's/^/record /' "$dir/record" || echo "unreadable $dir/record"
    elif ! shows "$dir" elected; then
        echo "unreadable $dir" # a file server that fails for a moment shows nothing
    fi
    when=$(readlink "$dir/cancelled") && echo "cancelled $when"
    # Since when the controller does not list the job: the settling time counts from there.
    case $row$said in
        "$id|"*) rm -f "$dir/missing" ;;
        "" | *"Invalid job id"*) ln -sn "$now" "$dir/missing" 2>/dev/null ;;
    esac
    when=$(readlink "$dir/missing") && echo "missing $when"
    when=$(readlink "$dir/silent") && echo "silent $when"
    echo "now $now"
fi

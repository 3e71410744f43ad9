# The final answer given before, with the end of the output; or all evidence of how the job ended, in one look. $3 native id,
# $4 bytes and $5 lines of output to keep, $6 seconds for squeue and sacct.
find_job_or_stop "$3"
if readlink "$dir/final" >/dev/null; then
    final_answer "$4" "$5"
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
    said=$(timeout "$6" squeue -h -a -t all -j "$id" -o '%A|%T|%M|%V|%r|%o' 2>&1) || case $? in
        124) said="squeue has no answer within $6 s" ;;
        *) said=${said:-squeue failed without a word} ;;
    esac
    wait $accounting
    row=$(printf '%s\n' "$said" | grep "^$id|") # sites wrap squeue in scripts that print banners
    fits "$row" || row='' said="Invalid job id: $id is somebody else's now"
    [ -n "$said" ] && printf '%s\n' "$said" | sed 's/^/squeue /'
    echo "batch $dir/batch"
    # After what Slurm says: a job that ends between the two looks is then seen at least once.
    [ -f "$dir/record" ] && sed 's/^/record /' "$dir/record"
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

# The final answer given before, with the end of the output; or all evidence of how the job ended, in one look. $3 native id,
# $4 bytes and $5 lines of output to keep.
find_job_or_stop "$3"
if readlink "$dir/final" >/dev/null; then
    final_answer "$4" "$5"
else
    said=$(squeue -h -t all -j "$id" -o '%A|%T|%M|%V|%r|%o' 2>&1) || said=${said:-squeue failed without a word}
    row=$(printf '%s\n' "$said" | grep "^$id|") # sites wrap squeue in scripts that print banners
    # Slurm's ids may begin again from 1 after a reset: the job of that id is ours only if it runs our batch script.
    case $row in
        "" | *"|$dir/batch"*) ;;
        *) row='' said="Invalid job id: $id is somebody else's now" ;;
    esac
    [ -n "$said" ] && printf '%s\n' "$said" | sed 's/^/squeue /'
    sacct -n -P -D -j "$id" -o JobIDRaw,State,ElapsedRaw,Submit,SubmitLine 2>&1 | sed 's/^/sacct /'
    echo "batch $dir/batch"
    # In this order: a job that ends between two looks is then seen at least once.
    [ -f "$dir/record" ] && sed 's/^/record /' "$dir/record"
    when=$(readlink "$dir/cancelled") && echo "cancelled $when"
    now=$(server_now) || unwritable "$state"
    # Since when the controller does not list the job: the settling time counts from there.
    case $row$said in
        "$id|"*) rm -f "$dir/missing" ;;
        "" | *"Invalid job id"*) ln -sn "$now" "$dir/missing" 2>/dev/null ;;
    esac
    when=$(readlink "$dir/missing") && echo "missing $when"
    echo "now $now"
fi

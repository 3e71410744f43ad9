# Cancel a job. $3 native id. The mark comes first, so that a cancelled job is known as one without accounting too.
trap '' HUP PIPE # the bridge may go away at any moment; the mark tells the truth all the same
find_job_or_stop "$3"
now=$(server_now) || unwritable "$state"
ln -sn "$now" "$dir/cancelled" 2>/dev/null && marked=yes || marked=
said=$(may_be_ordered && scancel "$id" 2>&1)
code=$?
case "$code $said" in
    # Not carried out for certain: the job goes on, or had come to another end before.
    [1-9]*[Dd]enied* | [1-9]*"Invalid job id"* | *"already completing or completed"* | [1-9]*"Unable to contact slurm controller"*)
        [ -z "$marked" ] || [ -L "$dir/cancelled.done" ] || rm -f "$dir/cancelled"
        ;;
    *)
        if [ $code = 0 ]; then
            ln -sn "$now" "$dir/cancelled.done" 2>/dev/null # for another's order, which may come second and fail
            ln -sn "$now" "$dir/cancelled" 2>/dev/null
        fi
        ;;
esac
[ $code = 0 ] && rm -f "$dir/secrets" # a job that never began cannot do it
tell_outcome $code "$said"

# Cancel a job. $3 native id. The mark is made first, so that a cancelled job is known as cancelled
# without accounting too.
trap '' HUP PIPE # the bridge may go away at any moment, and the mark must be right
find_job_or_stop "$3"
now=$(server_now) || unwritable "$state"
ln -sn "$now" "$dir/cancelled" 2>/dev/null && marked=yes || marked=
printed=$(may_be_ordered && scancel "$id" 2>&1)
code=$?
case "$code $printed" in
    # The order was certainly not carried out: the job continues, or had ended otherwise before.
    [1-9]*[Dd]enied* | [1-9]*"Invalid job id"* | *"already completing or completed"* | \
        [1-9]*"Unable to contact slurm controller"*)
        [ -z "$marked" ] || [ -L "$dir/cancelled.done" ] || rm -f "$dir/cancelled"
        ;;
    *)
        if [ $code = 0 ]; then
            # for another order, which may come second and fail
            ln -sn "$now" "$dir/cancelled.done" 2>/dev/null
            ln -sn "$now" "$dir/cancelled" 2>/dev/null
        fi
        ;;
esac
[ $code = 0 ] && rm -f "$dir/secrets" # a job that never began cannot do it
report_outcome $code "$printed"

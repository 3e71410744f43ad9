# Cancel a job. $3 native id. The mark comes first, so that a cancelled job is known as one without accounting too.
find_job_or_stop "$3"
now=$(server_now) || unwritable "$state"
ln -sn "$now" "$dir/cancelled" 2>/dev/null
may_be_ours && scancel "$id" 2>&1
code=$?
[ $code = 0 ] && rm -f "$dir/secrets" # a job that never began cannot do it
echo "code $code"

# Cancel a job. $3 native id. The mark comes first, so that a cancelled job is known as one without accounting too.
find_job_or_stop "$3"
now=$(server_now) || unwritable "$state"
ln -sn "$now" "$dir/cancelled" 2>/dev/null && marked=yes || marked=
said=$(may_be_ours && scancel "$id" 2>&1)
code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# Refused for certain: the job goes on, and may come to another end.
case $marked$said in yes*[Dd]enied*) rm -f "$dir/cancelled" ;; esac
[ $code = 0 ] && rm -f "$dir/secrets" # a job that never began cannot do it
echo "code $code"

# Cancel a job. $3 native id. The mark comes first, so that a cancelled job is known as one without accounting too.
find_job_or_stop "$3"
now=$(server_now) || unwritable "$state"
ln -sn "$now" "$dir/cancelled" 2>/dev/null && marked=yes || marked=
said=$(may_be_ours && scancel "$id" 2>&1)
code=$?
[ -z "$said" ] || printf '%s\n' "$said"
# Not carried out for certain: the job goes on, or had come to another end before.
case $marked$said in
    yes*[Dd]enied* | yes*"Invalid job id"* | yes*"already completing or completed"* | yes*"Unable to contact slurm controller"*)
        rm -f "$dir/cancelled"
        ;;
esac
[ $code = 0 ] && rm -f "$dir/secrets" # a job that never began cannot do it
echo "code $code"

# The job script as it was submitted. $3 native id.
find_job_or_stop "$3"
[ -f "$dir/script" ] && echo "script" && echo && cat "$dir/script" || echo "removed"

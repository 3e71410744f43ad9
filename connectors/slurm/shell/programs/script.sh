# The job script as it was submitted. $3 native id.
find_job_or_stop "$3"
for file in submitted script; do
    [ -f "$dir/$file" ] || continue
    echo "script"
    echo
    cat "$dir/$file"
    exit 0
done
echo "removed"

# The job script as it was submitted, or the batch script around it. $3 native id, $4 "batch" for
# the batch script.
find_job_or_stop "$3"
if [ "$4" = batch ]; then
    set -- "$dir"/batch.*
else
    set -- "$dir/submitted" "$dir/script"
fi
for file; do
    [ -f "$file" ] || continue
    echo "script"
    echo
    cat "$file"
    exit 0
done
echo "removed"

# Remove the files of a job that has ended, without its record and the end of its output. $3 native
# id.
find_job_or_stop "$3"
readlink "$dir/final" >/dev/null && [ -f "$dir/tail" ] || {
    echo "unfinished"
    exit 0
}
[ -e "$dir/kept" ] && echo "kept" && exit 0
# Once only, however often it is asked for: after that the file of this name may be another job's.
if mv "$dir/output" "$dir/output.removed" 2>/dev/null; then
    read -r output <"$dir/output.removed"
    rm -f "$output"
    work=${output%/*}/jobs/$id
    [ "$(readlink "$work/.job")" = "$dir" ] && rm -rf "$work" # else another job has this id by now
fi
rm -f "$dir/script" "$dir/submitted" "$dir/step" "$dir"/batch.* "$dir/secrets"
echo "cleaned"

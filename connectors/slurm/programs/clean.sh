# Remove what a finished job leaves behind, but for its record and the end of its output. $3 native id.
find_job_or_stop "$3"
readlink "$dir/final" >/dev/null && [ -f "$dir/tail" ] || {
    echo "unfinished"
    exit 0
}
output=$(cat "$dir/output" 2>/dev/null)
[ -n "$output" ] && rm -rf "$output" "${output%/*}/jobs/$id"
rm -f "$dir/script" "$dir/step" "$dir/batch" "$dir/secrets"
[ -e "$dir/answered" ] || true >"$dir/answered" || unwritable "$dir"
echo "cleaned"

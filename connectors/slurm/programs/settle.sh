# Write down the first final answer and keep the end of the output. $3 native id, $4 answer, $5 bytes and $6 lines to keep.
find_job_or_stop "$3"
ln -sn "$4" "$dir/final" 2>/dev/null
final=$(readlink "$dir/final") || unwritable "$dir"
output=$(cat "$dir/output" 2>/dev/null)
if [ ! -f "$dir/tail" ]; then
    stat -c %s "$output" >"$dir/tail.size" 2>/dev/null || echo 0 >"$dir/tail.size"
    { tail -c "$5" "$output" 2>/dev/null | tail -n "$6" >"$dir/tail.$$" && mv "$dir/tail.$$" "$dir/tail"; } || unwritable "$dir"
fi
echo "final $final"

# The end of a job's output so far. $3 native id, $4 bytes, $5 lines.
find_job_or_stop "$3"
if [ -f "$dir/tail" ]; then
    echo "saved $(cat "$dir/tail.size")"
    end_of "$dir/tail" "$4" "$5"
else
    end_of "$(cat "$dir/output" 2>/dev/null)" "$4" "$5"
fi

# The end of a job's output so far. $3 native id, $4 bytes, $5 lines.
find_job_or_stop "$3"
output_end "$4" "$5"

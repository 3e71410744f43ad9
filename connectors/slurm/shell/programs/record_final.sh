# Record the first final answer and keep the end of the output. $3 native id, $4 answer, $5 bytes
# and $6 lines to keep, $7 "answer" for /exitstatus.
find_job_or_stop "$3"
ln -sn "$4" "$dir/final" 2>/dev/null
final_answer "$5" "$6" "$7"

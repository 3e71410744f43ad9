# What Slurm says about a job. $3 native id.
find_job_or_stop "$3"
echo "described"
echo
may_be_ours >/dev/null && timeout 3 scontrol show job "$id" 2>&1 || {
    echo "Slurm's controller does not show job $id. What else is known of it:"
    readlink "$dir/final"
    cat "$dir/record" 2>/dev/null
    timeout 3 sacct -n -P -X -j "$id" -o JobID,State,ExitCode,Elapsed,Start,End,NodeList 2>/dev/null
}

# What Slurm says about a job. $3 native id.
find_job_or_stop "$3"
printed=$(may_be_ours && timeout 3 scontrol show job "$id" 2>&1)
code=$?
case "$code $printed" in
    124* | [1-9]*"Unable to contact"*)
        echo "silent ${printed:-scontrol has no answer within 3 s}"
        exit 0
        ;;
esac
echo "described"
echo
if [ $code = 0 ]; then
    printf '%s\n' "$printed"
else
    echo "Slurm's controller does not show job $id. What else is known of it:"
    readlink "$dir/final"
    cat "$dir/record" 2>/dev/null
    timeout 3 sacct -n -P -X -j "$id" -o JobID,State,ExitCode,Elapsed,Start,End,NodeList 2>/dev/null
fi

# Have sbatch examine a submission without submitting it. $2 is not used, $3 a word that no other
# call has, $4 the batch script; the other words are sbatch's options. Where it would be taken, all
# partitions follow.
trap '' HUP PIPE # the bridge may go away at any moment; the file is removed
file=${state}.test.$3
mkdir -p "${state%/}" && printf '%s\n' "$4" >"$file" || unwritable "$state"
shift 4
printed=$(SLURM_TIME_FORMAT=%s timeout 20 sbatch --test-only "$@" "$file" 2>&1)
code=$?
rm -f "$file"
report_outcome $code "$printed"
[ $code != 0 ] || { # whose rules --test-only does not always look at
    echo
    timeout 5 scontrol -o show partition 2>/dev/null
}

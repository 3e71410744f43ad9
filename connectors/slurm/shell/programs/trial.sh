# Tries what a submission needs: writes a file in the state and in the scratch directory, and has
# sbatch examine a job that does nothing, without submitting it. $2 is not used, $3 scratch, $4
# seconds for sbatch; the other words are sbatch's options.
scratch=${3:-$HOME/} limit=$4
shift 4

fill() {
    mkdir -p "${probe%/*}" && printf '%8192s' . >"$probe" && [ "$(wc -c <"$probe")" -eq 8192 ]
}

# Whether a file of some kilobytes can be written in the directory $2; if not, reports $1 and why. A
# full file system takes a file without content.
write_in() {
    probe=$2.trial.$dssr_self
    why=$(fill 2>&1)
    code=$?
    rm -f "$probe" 2>/dev/null
    [ $code = 0 ] && return
    echo "$1 $2"
    printf '%s\n' "why ${why:-only a part of a file could be written}" | head -n 1
    exit 0
}

write_in state "$state"
write_in scratch "${scratch}.jarvice/"
printed=$(timeout "$limit" sbatch --test-only -J dssr-trial --wrap=true "$@" 2>&1)
report_outcome $? "$printed"

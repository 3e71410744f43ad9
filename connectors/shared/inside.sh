# What the programs for directories and for files of jobs have in common. Real paths are without
# symbolic links, and have a dot behind them in what is printed, or the shell would drop newlines at
# their ends.

# The real path of the directory that was entered last, as the kernel has it.
here() {
    pwd -P && echo .
}

# The real path of the root $1, '' for the home directory.
real_root() {
    root=${1:-${HOME-}}
    # Some shells take "" for the directory they are in.
    [ -n "$root" ] && cd -P "$root" 2>/dev/null && here
}

# Whether the real path $1 is one of the other real paths or is in one.
is_in() {
    inner=$1/
    shift
    for outer; do
        case $inner in "${outer%/}"/*) return 0 ;; esac
    done
    return 1
}

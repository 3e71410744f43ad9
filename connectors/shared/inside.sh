# What the programs for directories and for files of jobs have in common. Real paths are without
# symbolic links.

# Enters the directory $1. PWD is its real path then, as the kernel has it.
enter() {
    # Some shells take "" for the directory they are in; PWD is empty in one that was removed.
    [ -n "$1" ] && cd -P "$1" 2>/dev/null && [ -n "$PWD" ]
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

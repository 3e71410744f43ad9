# Cancels the examination's jobs, waits for their end, and removes what it has made. $1 the word in
# the names of its directories, $2 how many jobs; then the jobs, its two directories, and the
# directories that were missing before, of which each is removed if it is empty.
word=$1 count=$2 jobs=
shift 2
while [ "$count" -gt 0 ]; do
    jobs=$jobs${jobs:+,}$1
    timeout 10 scancel "$1" 2>/dev/null
    count=$((count - 1))
    shift
done
looks=0
are_listed() { timeout 10 squeue -h -a -j "$jobs" -o %T | grep -qx '[A-Z_]*'; } 2>/dev/null
while [ -n "$jobs" ] && [ $looks -lt 30 ] && are_listed; do
    looks=$((looks + 1))
    sleep 0.5
done
for own in "$1" "$2"; do
    case $own in */doctor."$word"/) rm -rf "$own" ;; esac
done
shift 2
for made in "$@"; do
    rmdir "$made" 2>/dev/null
done
:

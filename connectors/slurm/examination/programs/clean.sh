# Cancels the examination's jobs, waits for their end, and removes what it has made. $1 the word in
# the names of its directories, $2 and $3 the names of its jobs, $4 how many jobs are known; then
# those jobs, its two directories, and the directories that were missing before, of which each is
# removed if it is empty.
word=$1 names=$2,$3 count=$4 jobs=
user=$(id -un)
for name in "$2" "$3"; do # a submission that was given up may have made a job all the same
    timeout 10 scancel -u "$user" -n "$name" 2>/dev/null
done
shift 4
while [ "$count" -gt 0 ]; do
    jobs=$jobs${jobs:+,}$1
    timeout 10 scancel "$1" 2>/dev/null
    count=$((count - 1))
    shift
done
looks=0
are_listed() {
    {
        timeout 10 squeue -h -a -u "$user" -n "$names" -o %T
        [ -z "$jobs" ] || timeout 10 squeue -h -a -j "$jobs" -o %T
    } 2>/dev/null | grep -qx '[A-Z_]*'
}
while [ $looks -lt 30 ] && are_listed; do
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

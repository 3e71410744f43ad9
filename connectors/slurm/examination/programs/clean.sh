# Cancels the examination's jobs, waits for their end, and removes what it has made. $1 the word in
# the names of its directories, $2 and $3 the names of its jobs, $4 how many jobs are known; then
# those jobs, its two directories, and the directories that were missing before, of which each is
# removed if it is empty. Prints a line "job" for each job that has not ended, a line "path" for
# each directory that is still there, and at the end "cleaned"; nothing where Slurm does not answer.
# The directories stay as long as jobs may write there.
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
look() {
    listed=$(timeout 10 squeue -h -a -u "$user" -n "$names" -o 'job %A' 2>/dev/null) || return
    # a site may rename jobs; squeue fails for a job that Slurm has forgotten
    [ -n "$listed" ] || [ -z "$jobs" ] ||
        listed=$(timeout 10 squeue -h -a -j "$jobs" -o 'job %A' 2>/dev/null) || :
}
look || exit
while [ $looks -lt 30 ] && [ -n "$listed" ]; do
    looks=$((looks + 1))
    sleep 0.5
    look || exit
done
[ -z "$listed" ] || printf '%s\n' "$listed"
for own in "$1" "$2"; do
    [ -n "$listed" ] || case $own in */doctor."$word"/) rm -rf "$own" ;; esac
    ! [ -e "$own" ] || printf 'path %s\n' "$own"
done
shift 2
for made in "$@"; do
    rmdir "$made" 2>/dev/null
done
echo "cleaned yes"

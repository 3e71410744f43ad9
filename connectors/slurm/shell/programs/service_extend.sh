# Submits generations of a service beforehand, each after the one before it, where its jobs cannot
# submit their successors. $3 the parent of its folder (empty: the user's own), $4 its name, $5 how
# many are to wait behind the first one that has not ended. Prints "waiting" and how many do, or
# "refused" and Slurm's words, or "over".
trap '' HUP PIPE
parent=${3:-$HOME/.dssr/services} service=$4 wanted=$5
folder=${parent%/}/$service
[ -r "$folder/gen" ] && [ -L "$folder/current" ] || {
    why_unread "$folder/gen" "$3"
    exit 0
}
case $(stat -c %a "$folder") in 2???) umask=007 ;; *) umask=077 ;; esac
umask $umask
mine=$(readlink "$folder/current")
walltime=$(sed -n 's/^walltime=\([0-9]*\)$/\1/p' "$folder/$mine/batch" | head -n 1)
retries=$(sed -n 's/^retries=\([0-9]*\)$/\1/p' "$folder/$mine/batch" | head -n 1)
overlap=$(sed -n 's/^overlap=\(yes\)$/\1/p' "$folder/$mine/batch" | head -n 1)

# Sets count to how many wait, last and last_id to the end of the chain, and all to its jobs.
find_chain() {
    find_newest
    count=-1 last= last_id= all= from=$((newest - wanted - ${retries:-0} - 5))
    [ $from -ge 0 ] || from=0
    while find_later $from; do
        from=$later
        last_id=$(readlink "$folder/gen/$later/elected") || last_id=
        [ -n "$last_id" ] || return 1 # its submission is under way
        last=$later all=$all:$last_id count=$((count + 1))
        ! readlink "$folder/gen/$later/begun" >/dev/null || count=0
    done
}

# As a job itself submits its successor. Without overlap, no job starts while one before it runs.
dependency_beforehand() {
    find_worst "$last"
    lead=$(lead_of $worst 0 "$walltime")
    if [ -n "$overlap" ]; then
        printf 'after:%s+%d?afterany:%s' "$last_id" $(((walltime - lead + 59) / 60)) "$last_id"
    else
        printf 'afterany%s' "$all"
    fi
}

find_chain || {
    echo "waiting $count"
    exit 0
}
[ -n "$last" ] && ! is_down "$last" || {
    echo "over"
    exit 0
}
while [ $count -lt "$wanted" ]; do
    next=$((newest + 1))
    claim_generation $next "$last" "$mine" || break # another caller does the same
    submit_generation $next "--dependency=$(dependency_beforehand)"
    case $? in
        0) newest=$next last=$next last_id=$id all=$all:$id count=$((count + 1)) ;;
        1)
            rm -rf "$folder/gen/$next" # nothing is to be seen of it
            echo "refused $count"
            printf '%s\n' "$printed" | grep -v '^$' | sed 's/^/said /'
            exit 0
            ;;
        *) break ;;
    esac
done
echo "waiting $count"

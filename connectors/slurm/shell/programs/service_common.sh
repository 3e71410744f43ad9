# The folder of a service, for the programs on the login node and for the service's own jobs.
# $folder is its path, $umask the permissions that others do not get: 007 for a team's service, else
# 077.
#
#   current -> versions/<version>
#                     what the next generation runs: spec.json, script, launch, environment,
#                     options (sbatch's, one a line), batch, relay.py
#   token             the program's own secret, the same for all generations
#   gen/<n>/          a generation: mkdir claims it
#     user after version asked
#                     links: who claimed it, after which generation, what it runs, since when it may
#                     start
#     elected -> id   its job, by whichever is first: sbatch's answer, or the job itself
#     begun -> id     the job has begun; "abandoned": it must not, and ends before it runs anything
#     released -> s   when its predecessor let it start
#     output          what the job prints
#     secret address heartbeat end events
#                     by the job alone, the first four by rename
#     took -> s       how long it took until it was ready
#   beforehand        why a job could not submit its successor: others submit jobs beforehand
#   fronts/<front>    the oldest generation that this front uses, written at each of its looks
#   requests/<n>.<what>
#                     a request to the generations up to n: restart, down
#
# Links and listings are used as in common.sh.

squeue_limit=3 # seconds; it needs 18 to report that the controller is away
sbatch_limit=150

# Sets newest to the highest number of a generation; 0: there is none.
find_newest() {
    newest=0
    for entry in "$folder"/gen/*; do
        case ${entry##*/} in *[!0-9]*) continue ;; esac
        [ "${entry##*/}" -gt "$newest" ] && newest=${entry##*/}
    done
}

# Sets later to the first generation after $1 that has not ended; fails where there is none. Sets
# newest, too.
find_later() {
    find_newest
    later=$1
    while [ "$later" -lt "$newest" ]; do
        later=$((later + 1))
        lists "$folder/gen" "$later" && ! lists "$folder/gen/$later" end &&
            [ "$(readlink "$folder/gen/$later/begun")" != abandoned ] && return
    done
    return 1
}

# Sets worst to the longest time that generation $1, or one of the four before it, took until it was
# ready.
find_worst() {
    worst=0
    for back in 0 1 2 3 4; do
        took=$(readlink "$folder/gen/$(($1 - back))/took") || continue
        [ "$took" -le $worst ] || worst=$took
    done
}

# The lead for a time of $1 seconds that an earlier generation took, a queue in which Slurm expects
# $2 seconds, and jobs of $3 seconds.
lead_of() {
    floor=60
    [ $(($3 / 4)) -ge $floor ] || floor=$(($3 / 4))
    set -- $(($1 * 3 / 2)) "$2" "$3" $floor
    [ "$1" -ge "$4" ] || set -- "$4" "$2" "$3"
    [ "$1" -ge "$2" ] || set -- "$2" "$2" "$3"
    # A lead of a whole job would have each job start its successor at once, and that one its own.
    [ "$1" -le $(($3 / 2)) ] || set -- $(($3 / 2))
    echo "$1"
}

# Claims generation $1 after generation $2 (empty: after none), to run version $3; fails when it is
# claimed already.
claim_generation() {
    mkdir "$folder/gen/$1" 2>/dev/null || return 1
    ln -sn "$(id -un)" "$folder/gen/$1/user"
    [ -z "$2" ] || ln -sn "$2" "$folder/gen/$1/after"
    ln -sn "$3" "$folder/gen/$1/version"
}

# Whether the listing of the directory $1 has an entry $2.
lists() {
    for entry in "$1"/*; do
        [ "$entry" = "$1/$2" ] && return
    done
    return 1
}

# Says why $1 below $2 (empty: the user's home) cannot be read: "missing" where a listing that works
# lacks it, or where others keep it to themselves; "unread" where the file server may be at fault.
why_unread() {
    at=$1 top=${2:-$HOME}
    while [ "$at" != "${top%/}" ] && [ -n "$at" ]; do
        entry=${at##*/} at=${at%/*}
        if entries=$(ls -a "$at" 2>/dev/null); then
            printf '%s\n' "$entries" | grep -Fxq -e "$entry" && break
            echo "missing $1"
            return
        elif [ -d "$at" ] && ! [ -r "$at" ] && ! [ -O "$at" ]; then
            echo "missing $1"
            return
        fi
    done
    echo "unread $1"
}

# Whether generations up to $1 are to end; entry is the request's name. Another host's request may
# be missing from a cached listing, but not beyond a change that this host makes.
is_down() {
    { true >"$folder/requests/.look.$dssr_self"; } 2>/dev/null
    rm -f "$folder/requests/.look.$dssr_self"
    for entry in "$folder"/requests/*.down; do
        entry=${entry##*/}
        case ${entry%.down} in *[!0-9]*) continue ;; esac
        [ "${entry%.down}" -ge "$1" ] && return
    done 2>/dev/null
    return 1
}

# The comment of generation $1's job, by which Slurm shows whose it is: ids may be given out again.
mark_of() {
    version_link=$(readlink "$folder/gen/$1/version")
    printf '%s' "dssr-service:$service:$1:${version_link##*/}"
}

# Runs sbatch for generation $1; the other words are more of its options. Sets id to the elected
# job's id. 1: Slurm refused, and $printed is why; 2: the outcome is not known.
submit_generation() {
    id= place=$folder/gen/$1 number=$1
    runs=$folder/$(readlink "$place/version")
    shift
    while IFS= read -r option || [ -n "$option" ]; do
        set -- "$@" "$option"
    done <"$runs/options" || return 2
    ln -sn "$(date +%s)" "$place/asked" 2>/dev/null
    printed=$(
        for name in $(env | sed -n 's/^\(\(SBATCH\|SLURM\|DSSR\)_[A-Z0-9_]*\)=.*/\1/p'); do
            case $name in SLURM_CONF | SLURM_CONF_SERVER) ;; *) unset "$name" ;; esac
        done
        umask "$umask"
        exec timeout $sbatch_limit sbatch --parsable --no-requeue --open-mode=append \
            --comment="$(mark_of "$number")" -J "dssr-$service" -o "$place/output" \
            "$@" "$runs/batch" "$folder" "$number" 2>&1 </dev/null
    )
    code=$?
    answer=$(printf '%s\n' "$printed" | sed -n 's/^\([0-9][0-9]*\)\(;.*\)\{0,1\}$/\1/p' | tail -n 1)
    if [ -n "$answer" ]; then
        ln -sn "$answer" "$place/elected" 2>/dev/null
        id=$(readlink "$place/elected")
        [ "$id" = "$answer" ] || timeout 20 scancel "$answer" >/dev/null 2>&1
        return 0
    fi
    [ $code != 124 ] && { [ $code -le 128 ] || [ $code = 255 ]; } || return 2
    ! printf '%s\n' "$printed" | grep -Eq "$lost" || return 2
    return 1
}

# Finds the job of generation $1 in Slurm, for a submission whose outcome is not known, and elects
# it. 1: there is none; 2: Slurm did not answer.
find_generation_job() {
    id=$(readlink "$folder/gen/$1/elected") && return
    listed=$(timeout $squeue_limit squeue -h -a -u "$(id -un)" -o '%A %k' 2>/dev/null) || return 2
    id=$(printf '%s\n' "$listed" | grep -F " $(mark_of "$1")" | head -n 1)
    id=${id%% *}
    [ -n "$id" ] || return 1
    ln -sn "$id" "$folder/gen/$1/elected" 2>/dev/null
    id=$(readlink "$folder/gen/$1/elected")
}

# Asks Slurm for job $1 of generation $2. Sets state to its state, "gone" for a job that has ended
# or that Slurm does not know, or "hidden": Slurm may not show another user's jobs. Fails where
# Slurm did not answer.
ask_job() {
    printed=$(timeout $squeue_limit squeue -h -a -t all -j "$1" -o '%T|%k' 2>&1) || case $printed in
        *"Invalid job id"*) ;;
        *) return 1 ;;
    esac
    row=$(printf '%s\n' "$printed" | grep -F "|$(mark_of "$2")" | head -n 1)
    case ${row%%|*} in
        '')
            state=gone
            [ "$(readlink "$folder/gen/$2/user")" = "$(id -un)" ] || state=hidden
            ;;
        CANCELLED | COMPLETED | FAILED | TIMEOUT | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | \
            BOOT_FAIL | DEADLINE | LAUNCH_FAILED | REVOKED) state=gone ;;
        *) state=${row%%|*} ;;
    esac
}

# Whether there is evidence that generation $1 runs nothing any more. A job that Slurm hides, and
# that has not said how it ended, is given a day.
has_ended() {
    ! lists "$folder/gen/$1" end || return 0
    [ "$(readlink "$folder/gen/$1/begun")" != abandoned ] || return 0
    find_generation_job "$1" || [ $? = 1 ] || return 1
    [ -z "$id" ] || ask_job "$id" "$1" || return 1
    case ${id:+$state} in
        gone) ;;
        hidden | '')
            [ -n "$(find "$folder/gen/$1" -maxdepth 0 -mmin +1440)" ] &&
                [ -z "$(find "$folder/gen/$1/heartbeat" -mmin -1440 2>/dev/null)" ]
            ;;
        *) return 1 ;;
    esac
}

# Writes how generation $1 ended: $2 a word, $3 a sentence, stdin the last lines of its output.
write_end() {
    {
        printf '%s\n' "$2" "$3" "$(date +%s)"
        tail -c 8000 | tail -n 20
    } >"$folder/gen/$1/.end.$dssr_self" && mv "$folder/gen/$1/.end.$dssr_self" "$folder/gen/$1/end"
}

# Forbids generation $1 to begin, and cancels its job if it is this user's; fails when it has begun.
abandon() {
    ln -sn abandoned "$folder/gen/$1/begun" 2>/dev/null
    [ "$(readlink "$folder/gen/$1/begun")" = abandoned ] || return 1
    id=$(readlink "$folder/gen/$1/elected") || return 0
    [ "$(readlink "$folder/gen/$1/user")" != "$(id -un)" ] || ! ask_job "$id" "$1" ||
        [ "$state" = gone ] || timeout 20 scancel "$id" >/dev/null 2>&1
    return 0
}

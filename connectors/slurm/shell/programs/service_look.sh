# Shows services. $3 the parent of their folders (empty: the user's own), $4 a name (empty: all), $5
# how many generations of each, $6 how many events of each generation, $7 a front that leads to it
# (or none), $8 the oldest generation that this front uses. A line is a word and its value; what
# follows "service" or "generation" is about that one. At the end is what Slurm lists, or why the
# service with that name is not shown.
parent=${3:-$HOME/.dssr/services} most=$5 events=$6
parent=${parent%/}
ids= is_shown=

show_service() {
    is_shown=yes
    echo "service $folder"
    true 2>/dev/null >"$folder/.now.$dssr_self" && stat -c 'now %Y' "$folder/.now.$dssr_self"
    rm -f "$folder/.now.$dssr_self"
    echo "current $(readlink "$folder/current")"
    printf 'spec '
    cat "$folder/current/spec.json" && echo
    [ ! -f "$folder/beforehand" ] ||
        printf 'beforehand %s\n' "$(head -c 500 "$folder/beforehand" | tr '\n' ' ')"
    down=0
    for entry in "$folder"/requests/*.down; do
        entry=${entry##*/}
        case ${entry%.down} in *[!0-9]*) continue ;; esac
        [ "${entry%.down}" -le $down ] || down=${entry%.down}
    done
    echo "down $down"
    find_newest
    shown=0 looks=0
    # Those that were never ready do not count: the one that runs is shown however many wait behind
    # it, or have failed since. Of those that have ended, the newest 30 are enough.
    while [ "$newest" -gt 0 ] && [ $shown -lt "$most" ]; do
        if lists "$folder/gen" "$newest" &&
            { [ $looks -lt 30 ] || ! [ -e "$folder/gen/$newest/end" ]; }; then
            show_generation "$newest"
            ! readlink "$folder/gen/$newest/took" >/dev/null || shown=$((shown + 1))
            looks=$((looks + 1))
        fi
        newest=$((newest - 1))
    done
}

note_front() {
    case $(stat -c %a "$folder") in 2???) umask 007 ;; *) umask 077 ;; esac
    mkdir -p "$folder/fronts"
    echo "$2" >"$folder/fronts/.$1.$dssr_self" &&
        mv "$folder/fronts/.$1.$dssr_self" "$folder/fronts/$1"
}

show_generation() {
    at=$folder/gen/$1
    echo "generation $1"
    for name in user elected after version asked begun took; do
        value=$(readlink "$at/$name") && echo "$name $value"
    done
    for name in address heartbeat secret; do
        [ -f "$at/$name" ] && printf '%s ' $name && cat "$at/$name"
    done
    stat -c 'beat %Y' "$at/heartbeat"
    tail -n "$events" "$at/events" | sed 's/^/event /'
    if [ -f "$at/end" ]; then
        sed 's/^/end /' "$at/end"
    else
        id=$(readlink "$at/elected") && ids=${ids:+$ids,}$id
    fi
    return 0
}

show_queue() {
    printed=$(SLURM_TIME_FORMAT=%s timeout $squeue_limit squeue -h -a -t all -j "$ids" \
        -o '%A|%T|%M|%e|%r|%S|%N|%k' 2>&1) || case $printed in
        *"Invalid job id"*) printed= ;;
        *)
            printf '%s\n' "$printed" | sed 's/^/silent /'
            return
            ;;
    esac
    echo "listed"
    printf '%s\n' "$printed" | grep '|dssr-service:' | sed 's/^/row /'
}

echo "me $(id -un)"
for folder in "$parent"/${4:-*}; do
    [ -r "$folder/gen" ] && [ -L "$folder/current" ] || continue
    [ -z "$7" ] || note_front "$7" "$8"
    show_service
done 2>/dev/null
# A folder that another start is filling has no version yet: there is no service so far.
[ -z "$4" ] || [ -n "$is_shown" ] || why_unread "$parent/$4/current" "$3"
[ -z "$ids" ] || show_queue

# Start a service unless it runs. $3 the parent of its folder (empty: the user's own), $4 its name,
# $5 the team's group, $6 the version of its files, <digest of spec.json>.<digest of all>; the
# others are the contents of spec.json, script, launch, environment, options, batch and relay.py.
# Prints "claimed" or "joined" with the generation, then its job's id.
trap '' HUP PIPE # the caller may go away at any moment; what was begun is finished
parent=${3:-$HOME/.dssr/services} service=$4 team=$5 version=$6 asked_for=${6%%.*}
shift 6
folder=${parent%/}/$service umask=077
[ -z "$team" ] || umask=007

main() {
    umask $umask
    make_folder
    fill_folder
    take_over=
    find_newest
    find_running
    if [ -n "$running" ] && ! make_room; then
        join "$@"
    else
        use_version "$@"
        if [ -n "$take_over" ]; then
            # Another process may do the same: the election decides between the two jobs.
            true >"$folder/gen/$newest/attempt"
        else
            newest=$((newest + 1)) running=$newest
            claim_generation $newest "" "$mine" || join "$@"
        fi
        submit
    fi
}

make_folder() {
    mkdir -p "$folder" 2>/dev/null
    [ -d "$folder" ] || {
        echo "unmakeable $folder"
        exit 0
    }
    if [ -O "$folder" ]; then
        permissions=700
        if [ -n "$team" ]; then
            permissions=2770
            chgrp "$team" "$folder" 2>/dev/null || {
                echo "stranger $team"
                exit 0
            }
        fi
        chmod $permissions "$folder"
    fi
    if [ -n "$(find "$folder" -maxdepth 0 -perm -0002)" ]; then
        echo "open $folder"
    elif [ -n "$(find "${parent%/}/" -maxdepth 0 -perm -0002 ! -perm -1000)" ]; then
        echo "open $parent"
    elif ! { [ -O "$folder" ] || [ "$(stat -c %G "$folder")" = "$team" ]; }; then
        echo "foreign $folder"
    else
        return
    fi
    exit 0
}

fill_folder() {
    mkdir -p "$folder/gen" "$folder/versions" "$folder/requests" 2>/dev/null
    true 2>/dev/null >"$folder/.write.$dssr_self" && rm -f "$folder/.write.$dssr_self" ||
        unwritable "$folder"
    [ -s "$folder/token" ] || {
        od -An -tx1 -N24 /dev/urandom | tr -d ' \n' >"$folder/.token.$dssr_self"
        ln "$folder/.token.$dssr_self" "$folder/token" 2>/dev/null
        rm -f "$folder/.token.$dssr_self"
    }
}

# Sets running to the newest generation that has begun and not ended, or else to the newest that
# waits. A chain has a few that have not ended.
find_running() {
    running= back=0 most=4
    while [ $back -lt $most ] && [ $((newest - back)) -ge 1 ]; do
        if is_live $((newest - back)); then
            [ -n "$running" ] && [ -z "$begun" ] || running=$((newest - back))
            [ -z "$begun" ] || break
            most=$((back + 5)) # the jobs before one that waits are earlier in the chain
        elif lists "$folder/gen/$((newest - back))" end &&
            ! readlink "$folder/gen/$((newest - back))/took" >/dev/null; then
            most=$((most + 1)) # a successor that was never ready: what runs is before it
        fi
        back=$((back + 1))
    done
}

# Jobs that wait with another version make room where no job has begun: nothing would obey a request
# to hand over. A submission that is under way is left alone.
make_room() {
    is_another "$newest" && readlink "$folder/gen/$newest/elected" >/dev/null &&
        ! readlink "$folder/gen/$running/begun" >/dev/null || return 1
    number=$newest
    while [ "$number" -gt 0 ] && [ "$number" -gt $((newest - 25)) ]; do
        if lists "$folder/gen" "$number" && ! lists "$folder/gen/$number" end; then
            [ -n "$(readlink "$folder/gen/$number/begun")" ] || abandon "$number" || return 1
            [ "$(readlink "$folder/gen/$number/begun")" != abandoned ] || : |
                write_end "$number" abandoned "Another version was asked for before it began."
        fi
        number=$((number - 1))
    done
}

# Whether generation $1 runs another version than the caller wants. One that was claimed a moment
# ago may not say yet what it runs.
is_another() {
    case $(readlink "$folder/gen/$1/version") in "versions/$asked_for".* | '') return 1 ;; esac
}

# Makes the version that the caller wants the current one, unless it is.
use_version() {
    mine=versions/$version
    [ "$(readlink "$folder/current")" != "$mine" ] || return 0
    new=$folder/versions/.$version.$dssr_self
    rm -rf "$new"
    mkdir "$new" || unwritable "$folder/versions"
    for file in spec.json script launch environment options batch relay.py; do
        printf %s "$1" >"$new/$file" && [ -e "$new/$file" ] || unwritable "$new"
        shift
    done
    ln -sn "$dssr_umask" "$new/umask"
    mv -T "$new" "$folder/$mine" 2>/dev/null || rm -rf "$new" # it was the current one before
    [ -f "$folder/$mine/batch" ] || unwritable "$folder/versions"
    ln -sn "$mine" "$folder/.current.$dssr_self" &&
        mv -T "$folder/.current.$dssr_self" "$folder/current" || unwritable "$folder"
}

# Whether generation $1 has not ended, as far as is known. take_over: its claim led to nothing.
is_live() {
    place=$folder/gen/$1
    begun=$(readlink "$place/begun")
    ! lists "$place" end && [ "$begun" != abandoned ] || return 1
    if ! id=$(readlink "$place/elected"); then
        made=$(stat -c %Y "$place") && now=$(folder_now) && [ $((now - made)) -lt "$lost_after" ] &&
            return
        find_generation_job "$1" && return
        [ $? = 1 ] && [ "$1" = "$newest" ] && take_over=yes
        [ -z "$take_over" ]
        return
    fi
    # A job that waits sees the request as soon as it begins.
    [ -n "$begun" ] || ! is_down "$1" || return 1
    ask_job "$id" "$1" || return 0
    case $state in
        gone) return 1 ;;
        hidden) [ -z "$begun" ] || is_beating ;;
    esac
}

# Whether the job has reported within five heartbeats, 60 s each at most.
is_beating() {
    beat=$(stat -c %Y "$place/heartbeat" 2>/dev/null || stat -c %Y "$place") || return 0
    now=$(folder_now) || return 0
    [ $((now - beat)) -lt 300 ]
}

folder_now() {
    true >"$folder/.now.$dssr_self" && stat -c %Y "$folder/.now.$dssr_self" &&
        rm -f "$folder/.now.$dssr_self"
}

# The service runs. With another script or other options, it is asked to hand over.
join() {
    echo "joined $running"
    next=$newest # a failed one is not what is to come
    ! lists "$folder/gen/$newest" end || next=$running
    if is_another "$next"; then
        use_version "$@"
        true >"$folder/requests/$newest.restart"
        echo "handing_over $newest"
    fi
    for try in 1 2 3 4 5 6 7 8 9 10; do # the other process needs a moment
        id=$(readlink "$folder/gen/$running/elected") || { sleep 0.2 && continue; }
        echo "job $id"
        break
    done
    echo "folder $folder"
    exit 0
}

submit() {
    # A claim that is taken over may lack them.
    ln -sn "$(id -un)" "$folder/gen/$newest/user" 2>/dev/null
    ln -sn "$mine" "$folder/gen/$newest/version" 2>/dev/null
    submit_generation $newest
    case $? in
        0) echo "claimed $newest" ;;
        1)
            printf '%s\n' "$printed" | write_end $newest refused "sbatch did not take the job."
            echo "refused $newest"
            printf '%s\n' "$printed" | grep -v '^$' | sed 's/^/said /'
            exit 0
            ;;
        *)
            echo "unknown $newest"
            printf '%s\n' "$printed" | grep -v '^$' | sed 's/^/said /'
            exit 0
            ;;
    esac
    echo "job $id"
    echo "folder $folder"
}

main "$@"

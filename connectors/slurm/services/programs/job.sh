# A generation of a service: a batch job. $1 the service's folder, $2 the generation's number
# (service_common.sh describes the folder). It elects itself, submits its successor, runs the
# program and the relay, and reports; once a second, and more often at first, it looks what
# there is to do. Times are in seconds since the epoch by the node's clock.
folder=$1 n=$2
gen=$folder/gen/$n
umask "$umask"
dssr_self=$(uname -n).$$
node=${SLURMD_NODENAME:-$(uname -n)}
began=$(date +%s)
ends=${SLURM_JOB_END_TIME:-$((began + walltime))}
term= next_beat=0 here= is_leaving= squeue_limit=20 sbatch_limit=30

main() {
    elect
    trap 'term=yes' TERM
    here=$(mktemp -d "${TMPDIR:-/tmp}/dssr-XXXXXX") && [ ${#here} -lt 90 ] ||
        here=$(mktemp -d /tmp/dssr-XXXXXX) || stop failed "No directory can be made on $node."
    event "job $SLURM_JOB_ID began on $node"
    ! is_down "$n" && ! is_down_before || stop stopped "The service was stopped before it began."
    start_relay
    start_program
    await_relay
    plan_successor # the program starts meanwhile: Slurm may be slow
    submit_successor
    forget_old
    while :; do
        now=$(date +%s)
        [ -z "$term" ] || terminated
        look_after_program
        [ "$now" -lt "$next_beat" ] || beat
        look_after_successor
        pause=1
        [ -n "$is_ready" ] || [ $((now - started)) -gt 10 ] || pause=0.1
        sleep $pause &
        wait $!
    done
}

# 60 s: a file server may show a directory that another node has made only after its cache's time.
elect() {
    tries=0
    while [ $tries -lt 60 ]; do
        ln -sn "$SLURM_JOB_ID" "$gen/elected" 2>/dev/null
        elected=$(readlink "$gen/elected") && break
        sleep 1
        tries=$((tries + 1))
    done
    if [ -z "$elected" ]; then
        echo "dssr: $node does not see the service's folder $folder: it must be on a file system" \
            "that login and compute nodes share."
        exit 1
    fi
    [ "$elected" = "$SLURM_JOB_ID" ] || exit 0
    ln -sn "$SLURM_JOB_ID" "$gen/begun" 2>/dev/null
    [ "$(readlink "$gen/begun")" = "$SLURM_JOB_ID" ] || exit 0
    version=$folder/$(readlink "$gen/version")
}

# Removes what is left of generations long past, and never one that may still run, or a request to
# it.
forget_old() {
    oldest=$n
    for entry in "$folder"/gen/*; do
        number=${entry##*/}
        case $number in *[!0-9]*) continue ;; esac
        [ "$number" -lt $((n - 20)) ] || continue
        if has_ended "$number"; then
            rm -rf "$folder/gen/$number"
        elif [ "$number" -lt "$oldest" ]; then
            oldest=$number
        fi
    done
    for entry in "$folder"/requests/*; do
        number=${entry##*/}
        number=${number%%.*}
        case $number in '' | *[!0-9]*) continue ;; esac
        [ "$number" -ge $((n - 20)) ] || [ "$number" -ge "$oldest" ] || rm -f "$entry"
    done
    find "$folder/fronts" -type f -mmin +1440 -exec rm -f {} + 2>/dev/null
}

# Whether the generation that submitted this one was to end, and could not say so.
is_down_before() {
    before=$(readlink "$gen/after") && is_down "$before"
}

# Slurm ends the job: it was cancelled, its time is up, or another job needs its place. The
# successor starts when this job has ended.
terminated() {
    if [ "$now" -ge $((ends - 60)) ]; then
        [ -n "$is_handed" ] && stop replaced "Its time was up, after its successor was ready."
        stop terminated "Its time was up."
    fi
    stop terminated "Slurm ended the job: it was cancelled, or had to make room."
}

# Reports, and obeys requests.
beat() {
    next_beat=$((now + heartbeat))
    # For a minute, it looks often whether it is left.
    [ -z "$is_handed" ] || [ "$heartbeat" -le 2 ] || [ $((now - is_handed)) -gt 60 ] ||
        next_beat=$((now + 2))
    [ -z "$is_ready" ] || [ "$checked" = "$now" ] || check_health
    relay_lives || move_relay
    ask_relay
    write_heartbeat
    if is_down "$n"; then
        asker=$(stat -c %U "$folder/requests/$entry")
        end_chain
        stop stopped "It was asked to stop by $asker."
    fi
    for request in "$folder"/requests/*; do
        request=${request##*/}
        case $request in
            *[!0-9]*.restart) ;;
            *.restart)
                [ -n "$is_handed" ] || [ "${request%.restart}" -lt "$n" ] || restart "$request"
                ;;
        esac
    done
    if [ "$idle" -gt 0 ] && [ -n "$is_ready" ] && [ "$connections" = 0 ] &&
        [ $((now - last_used)) -ge "$idle" ]; then
        end_chain
        stop idle "It had no connection for $idle s."
    fi
    leave_to_successor
}

# Hands over to a successor that runs the current version, now. A successor that has begun with
# another version obeys the request itself, or this job does when that one has failed. Without
# overlap the successor waits for this job's end.
restart() {
    [ -n "$successor" ] || adopt_successor || :
    while [ -n "$successor" ] &&
        [ "$(readlink "$folder/gen/$successor/version")" != "$(readlink "$folder/current")" ]; do
        abandon "$successor" || return 0
        successor=
        adopt_successor || :
    done
    # Where jobs may not submit jobs, the next ones are submitted by others.
    [ -n "$successor" ] || ! [ -f "$folder/beforehand" ] || return 0
    event "asked by $(stat -c %U "$folder/requests/$1") to hand over"
    rm -f "$folder/requests/$1"
    failures=0 next_try=0
    if [ -n "$overlap" ]; then due=$now; else is_leaving=yes; fi
    [ -n "$successor" ] || submit_successor
}

# Without overlap, this job ends once Slurm has the successor that was asked for. With it, once the
# successor is ready, this job ends when nothing is connected to it any more and each front has
# moved on, or after the drain. A front looks once a minute at least, and sends its requests here
# until then: after 90 s, all have moved.
leave_to_successor() {
    [ -z "$is_leaving" ] || [ -z "$successor" ] ||
        ! readlink "$folder/gen/$successor/elected" >/dev/null ||
        stop replaced "It makes room for its successor."
    [ -n "$is_handed" ] || return 0
    handed_for=$((now - is_handed))
    [ -z "$drain" ] || [ $handed_for -lt 90 ] || [ $handed_for -lt "$drain" ] ||
        stop replaced "Its successor took over, and the time for its connections was up."
    [ "${connections:-0}" = 0 ] || return 0
    fronts_have_left
    case $? in
        0) ;;
        2) [ $((now - last_used)) -ge $((2 * heartbeat + 10)) ] || return 0 ;; # some other client
        *)
            [ $handed_for -ge 90 ] && [ $((now - last_used)) -ge $((2 * heartbeat + 10)) ] ||
                return 0
            ;;
    esac
    stop replaced "Its successor took over, and nothing was connected to it."
}

# Whether all fronts that have looked in the last two minutes use later generations alone; 2: there
# is no such front. A file's age is by the file server's clock. A file that this host makes has it
# list the directory anew.
fronts_have_left() {
    look=$folder/fronts/.look.$dssr_self left=2
    { true >"$look"; } 2>/dev/null || return 2
    at=$(stat -c %Y "$look")
    rm -f "$look"
    for front in "$folder"/fronts/*; do
        { read -r oldest <"$front"; } 2>/dev/null &&
            [ $((at - $(stat -c %Y "$front"))) -lt 120 ] || continue
        [ "$oldest" -gt "$n" ] || return 1
        left=0
    done
    return $left
}

# Ends this job: $1 how, $2 why. The program's output is on stdout.
stop() {
    trap '' TERM
    end_program
    tail -c 8000 "$gen/output" 2>/dev/null | write_end "$n" "$1" "$2"
    event "ended: $1. $2"
    end_relay
    [ -z "$here" ] || rm -rf "$here"
    case $1 in failed) exit 1 ;; *) exit 0 ;; esac
}

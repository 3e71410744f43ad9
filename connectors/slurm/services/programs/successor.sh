# The successor: the job that takes over. Slurm starts it when its time has come or when this job
# has ended, whichever is first, so the chain goes on without any client.
successor= successor_state=UNKNOWN is_handed= is_released= failures=0 next_try=0 next_look=0
next_ask=0 next_release=0 was_gone= lead=0 due=

# Sets lead, the seconds that the successor needs, and due, when it starts. Without overlap it
# starts when this job has ended.
plan_successor() {
    find_worst "$n"
    expected=$(expected_wait) || expected=0
    lead=$(lead_of "$worst" "${expected:-0}" "$((ends - began))")
    [ -z "$overlap" ] || due=$((ends - lead))
}

# The seconds until Slurm would start such a job; nothing where it does not say.
expected_wait() {
    set --
    while IFS= read -r option || [ -n "$option" ]; do
        set -- "$@" "$option"
    done <"$version/options"
    start=$(SLURM_TIME_FORMAT=%s timeout 20 sbatch --test-only "$@" "$version/batch" 2>&1 |
        sed -n 's/.* to start at \([0-9]*\) .*/\1/p' | tail -n 1)
    [ -n "$start" ] || return
    [ "$start" -ge "$began" ] && echo $((start - began)) || echo 0
}

# Whole minutes from the start of this job: Slurm counts in them. The job itself releases the
# successor on the second; this is for the case that it cannot.
dependency() {
    if [ -z "$due" ] || [ "$due" -le "$now" ]; then
        [ -n "$due" ] || printf 'afterany:%s' "$SLURM_JOB_ID"
        return
    fi
    minutes=$(((due - began + 59) / 60))
    printf 'after:%s+%d?afterany:%s' "$SLURM_JOB_ID" $minutes "$SLURM_JOB_ID"
}

# Claims the next generation and submits its job. A generation that another process has claimed is
# the successor, too.
submit_successor() {
    now=$(date +%s)
    ! adopt_successor || return 0
    successor=$((newest + 1))
    claim_generation $successor "$n" "$(readlink "$folder/current")" || return 0
    depends=$(dependency)
    [ -n "$depends" ] || mark_released
    submit_generation $successor ${depends:+"--dependency=$depends"}
    case $?$printed in
        0*)
            successor_state=PENDING was_gone= next_ask=$((now + 60))
            rm -f "$folder/beforehand"
            event "submitted generation $successor as job $id"
            ;;
        # It is looked for, and submitted under the next number if it is not there.
        2* | *"Unable to contact"* | *temporarily* | *standby*)
            event "the outcome of the submission of generation $successor is not known"
            is_leaving= # it serves on
            ;;
        *)
            event "Slurm refused generation $successor: $(printf '%s' "$printed" | tr '\n' ' ')"
            is_leaving= # it serves on
            # Another version may have options that Slurm refuses.
            is_of_another "$successor" ||
                { printf '%s: %s\n' "$node" "$printed" >"$folder/.beforehand.$dssr_self" &&
                    mv "$folder/.beforehand.$dssr_self" "$folder/beforehand"; }
            printf '%s\n' "$printed" | write_end $successor refused "sbatch did not take the job."
            lose_successor
            ;;
    esac
}

# Takes a generation that another process has submitted for the successor; fails where there is
# none.
adopt_successor() {
    find_later "$n" || return 1
    successor=$later failures=0 next_look=$now
}

mark_released() {
    is_released=yes next_look=$((now + 2))
    ln -sn "$now" "$folder/gen/$successor/released" 2>/dev/null
}

# Whether generation $1 runs another version than this job.
is_of_another() {
    [ "$(readlink "$folder/gen/$1/version")" != "$(readlink "$gen/version")" ]
}

# There is no successor now: another attempt follows, later after each failure, and at last none. A
# version that has never been ready has one attempt beside a job that is well.
lose_successor() {
    failures=$((failures + 1))
    if is_of_another "$successor" && { [ $failures -gt "$retries" ] ||
        ! readlink "$folder/gen/$successor/took" >/dev/null; }; then
        go_back
        return
    fi
    successor= successor_state=UNKNOWN is_released= is_handed=
    wait_s=10
    for each in 1 2 3 4 5; do [ $each -ge $failures ] || wait_s=$((wait_s * 2)); done
    next_try=$((now + wait_s))
    [ $failures -le "$retries" ] || event "no successor after $failures failures: no more attempts"
}

# The next jobs run this job's version again, in their time.
go_back() {
    event "generation $successor failed: the next one runs the version of this job again"
    [ "$(readlink "$folder/current")" != "$(readlink "$folder/gen/$successor/version")" ] ||
        { ln -sn "$(readlink "$gen/version")" "$folder/.current.$dssr_self" &&
            mv -T "$folder/.current.$dssr_self" "$folder/current"; }
    successor= successor_state=UNKNOWN is_released= is_handed= is_leaving= failures=0
    next_try=$((now + 10))
    [ -z "$overlap" ] || due=$((ends - lead))
}

look_after_successor() {
    if [ -z "$successor" ]; then
        if [ $failures -le "$retries" ] && [ "$now" -ge $next_try ]; then
            submit_successor
        elif [ "$now" -ge $next_look ]; then
            next_look=$((now + 5))
            adopt_successor || :
        fi
    elif [ -z "$is_handed" ]; then
        [ -z "$due" ] || [ "$now" -lt "$due" ] || [ -n "$is_released" ] ||
            [ "$now" -lt $next_release ] || release
        [ "$now" -lt $next_look ] || look_at_successor
    elif [ "$now" -ge $next_look ]; then
        next_look=$((now + 10))
        # Another end has a successor of its own.
        [ "$(head -n 1 "$folder/gen/$successor/end" 2>/dev/null)" != failed ] || lose_successor
    fi
}

# Lets the successor start.
release() {
    next_look=$((now + 2))
    id=$(readlink "$folder/gen/$successor/elected") || return 0
    if printed=$(timeout 20 scontrol update JobId="$id" Dependency= 2>&1) ||
        [ "$(readlink "$folder/gen/$successor/begun")" = "$id" ]; then
        mark_released
    else
        next_release=$((now + 10))
        event "the successor could not be released: $(printf '%s' "$printed" | tr '\n' ' ')"
    fi
}

# The folder is looked at every two seconds while the successor starts.
look_at_successor() {
    next_look=$((now + 60))
    [ -z "$is_released" ] || next_look=$((now + 2))
    if lists "$folder/gen/$successor" took; then
        is_handed=$now successor_state=RUNNING next_look=$((now + 10)) next_beat=$now
        event "generation $successor is ready"
    elif lists "$folder/gen/$successor" end; then
        event "generation $successor ended before it was ready"
        lose_successor
    elif [ "$now" -ge $next_ask ]; then
        next_ask=$((now + 60))
        verify_successor
    fi
}

# Once a minute, because an administrator's cleanup cancels jobs that wait. A query that fails is
# not evidence.
verify_successor() {
    find_generation_job "$successor"
    case $? in
        0) ask_job "$id" "$successor" || return 0 ;;
        1)
            [ -n "$(find "$folder/gen/$successor" -maxdepth 0 -mmin +3)" ] || return 0
            state=gone
            ;;
        *) return 0 ;;
    esac
    successor_state=$state
    if [ "$state" != gone ]; then
        was_gone=
    elif abandon "$successor"; then
        event "the job of generation $successor was cancelled while it waited"
        : | write_end "$successor" abandoned "Its job was cancelled while it waited."
        successor= is_released=
        submit_successor
    elif [ -z "$was_gone" ]; then
        was_gone=yes # it may be about to write how it ended
    else
        event "the job of generation $successor died before it was ready"
        : | write_end "$successor" failed "Its job died before it was ready."
        lose_successor
    fi
}

# No generation follows.
end_chain() {
    find_newest
    while [ "$newest" -gt "$n" ]; do
        if abandon "$newest"; then
            lists "$folder/gen/$newest" end ||
                : | write_end "$newest" abandoned "The service was stopped before it began."
        elif ! lists "$folder/gen/$newest" end; then
            true >"$folder/requests/$newest.down"
        fi
        newest=$((newest - 1))
    done
}

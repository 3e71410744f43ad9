# The program: how it starts, how it is found to listen, and what happens when it ends. It listens
# on $DSSR_SOCKET, or on the port $DSSR_PORT, or on another port that it writes into
# $DSSR_ADDRESS_FILE or prints. A port is never tried out beforehand: whether it can be had shows
# when the program takes it.
program= program_port= exposure= is_listening= is_ready= was_ready= status=none attempts=0
tried_ports=0 checked=0
in_use='[Aa]ddress (is )?already in use|EADDRINUSE|[Pp]ort [0-9]* is (already )?(in use|allocated)'
in_use="$in_use|[Ee]rrno 98"

start_program() {
    attempts=$((attempts + 1))
    next_start= is_listening= is_ready= status=none started=$(date +%s)
    printed_before=$(wc -c <"$gen/output")
    choose_port
    rm -f "$here/socket" "$here/address" "$here/exit" "$here/target" "$here/pid"
    (
        trap : TERM
        setsid /bin/sh -c '
            echo $$ >"$1/pid" || exit 125
            umask "$2"
            cd -- "$3" || exit 125
            . "$4/environment" || exit 125
            export DSSR_JOB_DIR=$4
            exec bash "$4/launch"' dssr "$here" "$(readlink "$version/umask")" \
            "${work:-$HOME}" "$version"
        echo $? >"$here/code" && mv "$here/code" "$here/exit"
    ) </dev/null &
    waiter=$!
    while ! [ -s "$here/pid" ] && ! [ -e "$here/exit" ] && lives $waiter; do sleep 0.02; done
    [ -s "$here/pid" ] || [ -e "$here/exit" ] ||
        fail "The program cannot be started: nothing can be written to $here on $node."
    read -r program <"$here/pid"
}

# A port of the site's range, or above the well-known ones, on which no program listens now.
choose_port() {
    random=$(od -An -tu4 -N4 /dev/urandom | tr -d ' ')
    span=$((port_high - port_low + 1))
    steps=0
    while [ $steps -lt $span ]; do
        port=$((port_low + (random + steps) % span))
        [ -n "$(listeners $port)" ] || break
        steps=$((steps + 1))
    done
    export DSSR_PORT=$port DSSR_SOCKET="$here/socket" DSSR_ADDRESS_FILE="$here/address"
    DSSR_TOKEN=$(cat "$folder/token")
    export DSSR_TOKEN DSSR_SERVICE="$service" DSSR_GENERATION="$n" DSSR_WORK_DIR="$here"
}

# The addresses, in the kernel's hexadecimal digits, on which processes listen at port $1; $2: of
# this user alone.
listeners() {
    awk -v port="$(printf ':%04X' "$1")" -v uid="$2" '
        $4 == "0A" && substr($2, length($2) - 4) == port && (uid == "" || $8 == uid) {
            print substr($2, 1, length($2) - 5)
        }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

look_after_program() {
    if [ -e "$here/exit" ]; then
        [ -n "$next_start" ] || program_ended
        if [ "$now" -ge "$next_start" ]; then start_program; fi
    elif [ -z "$is_listening" ]; then
        find_listener || [ $((now - started)) -lt "$timeout" ] ||
            fail "The program did not listen within $timeout s: it has to listen on" \
                "\$DSSR_SOCKET, or on port \$DSSR_PORT, or write its port to \$DSSR_ADDRESS_FILE."
    fi
    if [ -n "$is_listening" ] && [ -z "$is_ready" ] && is_check_due; then
        checked=$now
        check_health
        if is_well; then
            become_ready
        elif [ $((now - started)) -ge "$timeout" ]; then
            fail "The program was not ready within $timeout s: to $health it answered $status."
        fi
    fi
}

# Once a second, and more often while the program takes no connections yet, which most take soon.
is_check_due() {
    [ "$now" -gt "$checked" ] || { [ "$status" = none ] && [ $((now - started)) -le 10 ]; }
}

# Whether the answer to the health path is one of a program that works; without a path of the
# service's own, any page will do.
is_well() {
    case "$status $health" in open* | [23]??* | 40[13]* | "404 /" | "405 /") ;; *) return 1 ;; esac
}

# Finds what the program listens on, and publishes the address.
find_listener() {
    if [ -S "$here/socket" ]; then
        target="unix $here/socket" exposure=none program_port=0
        [ -n "$relay_port" ] || fail "The program listens on \$DSSR_SOCKET, and $node has neither" \
            "socat nor a python3 that can relay: let it listen on port \$DSSR_PORT."
    else
        program_port=$(reported_port)
        # The relay may have taken the port first: it is of the same user.
        [ "${program_port:-$DSSR_PORT}" != "$relay_port" ] || return 1
        on=$(listeners "${program_port:-$DSSR_PORT}" "$(id -u)")
        [ -n "$on" ] || return 1
        program_port=${program_port:-$DSSR_PORT}
        target="tcp 127.0.0.1 $program_port" exposure=network
        case $on in
            0100007F) exposure=node ;;
            00000000000000000000000001000000) exposure=node target="tcp ::1 $program_port" ;;
            00000000*) ;;
            ????????) target="tcp $node $program_port" ;; # an address of the node alone
        esac
    fi
    printf '%s\n' "$target" >"$here/target.new" && mv "$here/target.new" "$here/target"
    is_listening=$now
    publish
}

# The port that the program reports in its file, or prints.
reported_port() {
    if [ -s "$here/address" ]; then
        sed '1!d; s/[^0-9]*$//; s/.*[^0-9]//' "$here/address"
    elif [ -n "$port_pattern" ]; then
        tail -c "+$((printed_before + 1))" "$gen/output" |
            grep -oE -e "$port_pattern" | grep -oE '[0-9]+$' | tail -n 1
    fi
}

become_ready() {
    event "ready after $((now - started)) s"
    if ! asked=$(readlink "$gen/released"); then # it began when its predecessor had ended
        readlink "$gen/after" >/dev/null && asked=$began || asked=$(readlink "$gen/asked")
    fi
    [ "$asked" -le "$now" ] || asked=$now # by another node's clock
    ln -sn $((now - asked)) "$gen/took" 2>/dev/null
    is_ready=$now was_ready=$now last_used=$now next_beat=$now
}

check_health() {
    if [ -z "$health" ] || [ -z "$relay_port" ]; then
        status=open
        [ -e "$here/target" ] || status=none
    else
        status=$(ask_health) || status=none
    fi
}

# The program has ended by itself.
program_ended() {
    read -r code <"$here/exit"
    printed=$(tail -c "+$((printed_before + 1))" "$gen/output" | tail -c 20000)
    if [ -n "$term" ]; then
        terminated
    elif [ $((now - started)) -lt 60 ] && [ $tried_ports -lt 10 ] && [ "$code" != 0 ] &&
        printf '%s\n' "$printed" | grep -Eq "$in_use"; then
        # Another program of this user may have seemed to be this one.
        tried_ports=$((tried_ports + 1)) attempts=$((attempts - 1)) next_start=$now
        event "port $DSSR_PORT was in use: another one is tried"
    elif [ "$code" = 0 ]; then
        end_chain
        stop completed "The program ended by itself, with exit code 0."
    elif [ -z "$was_ready" ]; then
        fail "The program ended with exit code $code before it was ready."
    elif [ $((now - was_ready)) -lt 600 ] && [ $attempts -gt "$retries" ]; then
        fail "The program ended with exit code $code, after $((attempts - 1)) restarts."
    else
        [ $((now - was_ready)) -lt 600 ] || attempts=1
        next_start=$now
        for each in 2 3 4 5 6; do
            [ $each -gt $attempts ] || next_start=$((next_start + 2 * (each - 1)))
        done
        event "the program ended with exit code $code: it starts again"
    fi
    is_ready= status=none next_beat=$now
    rm -f "$here/target"
}

# The generation has failed. What follows it would most often fail, too, so it does not start, or
# starts later where an earlier generation has been ready.
fail() {
    end_program
    failed_before=$(readlink "$gen/failed") || failed_before=0
    [ -z "$was_ready" ] || [ $((now - was_ready)) -lt 600 ] || failed_before=0
    if [ -n "$successor" ] && [ "$failed_before" -lt "$retries" ] && was_ready_before &&
        ! is_alive_before; then
        ln -sn $((failed_before + 1)) "$folder/gen/$successor/failed" 2>/dev/null
        later=$((10 << failed_before))
        id=$(readlink "$folder/gen/$successor/elected") &&
            timeout 20 scontrol update JobId="$id" StartTime="now+$later" >/dev/null 2>&1
    else
        end_chain
    fi
    stop failed "$*"
}

was_ready_before() {
    for back in 0 1 2 3 4; do
        readlink "$folder/gen/$((n - back))/took" >/dev/null && return
    done
    return 1
}

# Whether the generation that submitted this one is still there: then it submits another one.
is_alive_before() {
    before=$(readlink "$gen/after") && ! lists "$folder/gen/$before" end &&
        [ -n "$(find "$folder/gen/$before/heartbeat" -mmin -5 2>/dev/null)" ]
}

end_program() {
    if [ -n "$program" ] && ! [ -e "$here/exit" ]; then
        kill -s TERM -- "-$program" 2>/dev/null
        tenths=300
        [ -z "$term" ] || tenths=15 # Slurm kills everything soon
        while [ $tenths -gt 0 ] && ! [ -e "$here/exit" ]; do
            sleep 0.1
            tenths=$((tenths - 1))
        done
        kill -s KILL -- "-$program" 2>/dev/null
    fi
    rm -f "$here/target"
    program=
}

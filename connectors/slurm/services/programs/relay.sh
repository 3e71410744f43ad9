# The relay: it takes connections on a port of the node, and passes on only what follows the line
# "DSSR1 <secret>". So other users of the cluster reach nothing, and the program does not know of
# it. It is relay.py where python3 can run it, or else socat.
relay_port= relay= relay_kind= connections=0 last_used=0

# The program starts while the relay does: await_relay waits for its port.
start_relay() {
    relay_port= relay_kind=
    if ! [ -s "$here/secret" ]; then
        od -An -tx1 -N24 /dev/urandom | tr -d ' \n' >"$here/secret"
        echo >>"$here/secret"
        write_file secret <"$here/secret"
    fi
    if python3 "$version/relay.py" try >/dev/null 2>&1; then
        relay_kind=python
        (
            ulimit -n "$(ulimit -H -n)" # a connection takes two files
            exec python3 "$version/relay.py" serve "$here" "$port_low" "$port_high" </dev/null
        ) &
        relay=$!
    elif command -v socat >/dev/null; then
        relay_kind=socat
        start_socat
    fi
}

await_relay() {
    [ "$relay_kind" != python ] || wait_for_relay_port
    [ -n "$relay_port" ] ||
        event "$node has neither socat nor a python3 that can relay: the port is open to all users"
}

# Whether the relay is there.
relay_lives() {
    [ -z "$relay_port" ] || lives "$relay"
}

# Whether the child $1 is there. One that has ended is a zombie until the shell asks for it.
lives() {
    grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# Starts the relay again after its end, at another port.
move_relay() {
    event "the relay has ended: another one starts"
    rm -f "$here/relay.port"
    start_relay
    await_relay
    [ -z "$is_listening" ] || publish
}

wait_for_relay_port() {
    looks=0
    while ! [ -s "$here/relay.port" ] && [ $looks -lt 100 ]; do
        looks=$((looks + 1))
        sleep 0.02
    done
    read -r relay_port <"$here/relay.port"
} 2>/dev/null

# socat runs this script for each connection. It reads byte by byte, so that nothing is lost. Its
# stdin is a socket for both directions: only as FD:0,shut-down is the end of one passed on alone,
# and no process that is left behind may hold it.
start_socat() {
    cat >"$here/relay.sh" <<'END'
cd "${0%/*}" || exit
preface=$(timeout 10 sh -c 'IFS= read -r line && printf %s "$line"')
read -r secret <secret
case $preface in
    "DSSR1 $secret" | "DSSR1 $secret check") ;;
    *) exit ;;
esac
read -r kind host port <target || exit
case $kind in
    unix) exec socat -t 86400 FD:0,shut-down "UNIX-CONNECT:$host" ;;
    tcp) exec socat -t 86400 FD:0,shut-down "TCP:$host:$port" ;;
esac
END
    tries=0
    while [ $tries -lt 20 ]; do
        choose_port
        socat -t 86400 "TCP-LISTEN:$DSSR_PORT,fork,backlog=128,max-children=500" \
            "EXEC:/bin/sh $here/relay.sh" </dev/null >/dev/null 2>&1 &
        relay=$!
        for tenth in 1 2 3 4 5 6 7 8 9 10; do
            sleep 0.1
            if [ -n "$(listeners "$DSSR_PORT" "$(id -u)")" ]; then
                relay_port=$DSSR_PORT
                return
            fi
            kill -0 $relay 2>/dev/null || break
        done
        tries=$((tries + 1))
    done
}

# Sets connections to how many are open, and last_used to when one was last. relay.py does not count
# health checks, which the kernel's table of connections hardly ever has.
ask_relay() {
    if [ "$relay_kind" = python ]; then
        read -r connections last_used <"$here/used"
    else
        connections=$(awk -v port="$(printf ':%04X' "${relay_port:-${program_port:-0}}")" '
            $4 == "01" && substr($2, length($2) - 4) == port { n++ } END { print n + 0 }
            ' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
        [ "$connections" = 0 ] || last_used=$now
    fi
}

# Prints the HTTP status with which the health path answers; fails where there is no answer within
# five seconds.
ask_health() {
    case $relay_kind in
        python) timeout 6 python3 "$version/relay.py" ask "$here" "$health" ;;
        socat)
            read -r kind host port <"$here/target" || return
            to=UNIX-CONNECT:$host
            [ "$kind" = unix ] || to=TCP:$host:$port
            # As relay.py asks.
            question='GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
            # The format is constant.
            answer=$(printf "$question" "$health" |
                timeout 5 socat -t 5 STDIO "$to" 2>/dev/null | head -c 12)
            case $answer in HTTP/1.?' '[1-5]??) printf '%s\n' "${answer#* }" ;; *) return 1 ;; esac
            ;;
    esac
}

end_relay() {
    [ -z "$relay" ] || kill "$relay" 2>/dev/null
}

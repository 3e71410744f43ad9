# What the job writes into its folder for others to read.

event() {
    printf '%s %s\n' "$(date +%s)" "$1" >>"$gen/events"
}

# Writes stdin as the file $1 of the generation, whole or not at all.
write_file() {
    cat >"$gen/.$1.new" && mv "$gen/.$1.new" "$gen/$1"
}

# The values are numbers, and words without quotes.
write_heartbeat() {
    printf '{"health": "%s", "status": "%s", "ends": %d, "lead": %d, "due": %s, %s, %s, %s}\n' \
        "$(health_word)" "$status" "$ends" "$lead" "${due:-null}" \
        "\"successor\": \"${successor:+$(readlink "$folder/gen/$successor/elected")}\"" \
        "\"successor_state\": \"$successor_state\", \"failures\": $failures" \
        "\"connections\": ${connections:-null}" | write_file heartbeat
}

health_word() {
    if [ -n "$is_ready" ]; then
        case $status in 5?? | none) echo failing ;; *) echo ready ;; esac
    elif [ "$attempts" -gt 1 ]; then
        echo restarting
    else
        echo starting
    fi
}

# The secret is there before the address that needs it.
publish() {
    preface=true
    [ -n "$relay_port" ] || preface=false
    printf '{"job": "%s", "node": "%s", "port": %d, "pid": %d, "since": %d, %s}\n' \
        "$SLURM_JOB_ID" "$node" "${relay_port:-$program_port}" "$program" "$now" \
        "\"exposure\": \"$exposure\", \"preface\": $preface" | write_file address
    event "listens on ${relay_port:-$program_port}"
}

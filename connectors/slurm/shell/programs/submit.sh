# Submit once (common.sh describes the files). $3 token, $4 name, $5 number, $6 the job's directory
# if it is to be made, below jobs/ and under a new name, $7 scratch, $8 to ${13} the contents of
# script, step, batch, secrets, about and idempotency (empty: no such file), ${14} the id of a job
# that keeps its files, ${15} the working directory, ${16} a number of the journal that is taken
# ("-": write no entry), ${17} the id of the request, ${18} the script byte for byte as it was
# submitted, where $8 is another text of it; the other words are sbatch's options.
# Prints one line that says what holds now, then what Slurm printed. Uses shell builtins and the
# shell's helper where they do: every other word is a process on a login node, and a submission
# should cost what sbatch costs.
trap '' HUP PIPE # the bridge may go away at any moment; what was begun is finished
token=$3 name=$4 number=$5 own=jobs/$6 scratch=${7:-$HOME/}
script=$8 step=$9 batch=${10} secrets=${11} about=${12} idempotency=${13}
kept=${14} work=${15} journal_hint=${16} request_id=${17} submitted=${18}
shift 18
new_work= output=
[ -n "$work" ] || [ -z "$kept" ] || work=${scratch}.jarvice/work/$kept new_work=$work

# Seconds. sbatch repeats its request for two minutes while the controller does not answer.
limit=150

main() {
    key=${state}keys/$idempotency
    tries=0
    while [ $tries -lt 5 ]; do
        tries=$((tries + 1)) refused=
        if newest && ! is_free; then
            [ -z "$idempotency" ] || take_key || return 0
            abandoned && continue
            join "$@"
            return
        fi
        # Before the key: a request that cannot be submitted leaves nothing.
        [ -n "$new_work" ] || [ -z "$work" ] || is_of_another || make_work || return 0
        [ -z "$idempotency" ] || take_key || return 0
        if claim; then
            attempt_dir=$dir
            attempt "$@" # once, whatever it returns: the bridge may have gone away
            return
        fi
    done
    echo "pending 0"
}

# Whether the caller's key is another request's by now.
is_of_another() {
    [ -n "$idempotency" ] && [ -L "$key" ] && [ "$(readlink "$key")" != "$token" ]
}

# Makes the working directory that the caller names; if that fails, prints why.
make_work() {
    why=$(mkdir -p -- "$work" 2>&1) && [ -w "$work" ] && return
    echo "unusable $work"
    echo "why ${why:-it cannot be written to}"
    return 1
}

# Ties the caller's key to this request, for as long as the job's record is kept.
take_key() {
    make_link "$token" "$key" "${key%/*}" || case $? in
        1)
            [ "$(readlink "$key")" = "$token" ] && return
            echo "conflict"
            return 1
            ;;
        *) unwritable "${state}keys" ;;
    esac
}

# Whether the newest generation's name and number are free.
is_free() {
    if [ "$(readlink "$dir/elected")" = refused ]; then
        forget # the process that took it back may have died before
        refused=$generation
        return
    fi
    [ -d "$dir" ] || { gone "$dir" && return; } # purged
    answered=$(stat -c %Y "$dir/answered" 2>/dev/null) || return 1
    now=$(server_now) || unwritable "$state"
    [ $((now - answered)) -ge "$dssr_name_free_after" ]
}

# Makes the intent: the link of the next generation, which only one process can make. The directory
# is made before its link, under a new name: a link without a directory means that the job was
# purged.
claim() {
    old=$generation old_target=$target
    generation=$((generation + 1))
    target=../../../$own
    dir=$state$own
    set -- "$names" "$dir" "${scratch}.jarvice" ${new_work:+"$new_work"}
    make_link "$target" "$names/$generation" "$@" || case $? in
        1) # another process was faster
            rmdir "$dir" ${new_work:+"$new_work"}
            return 1
            ;;
        *) unwritable "$state or ${scratch}.jarvice" ;;
    esac
    mine=$generation
    count_generations # once more: a file server that failed for a moment showed none
    if [ "$generation" -gt "$mine" ] ||
        { [ "$old" -gt 0 ] &&
            { [ -z "$old_target" ] || [ "$(readlink "$names/$old")" != "$old_target" ]; }; }; then
        rm -f "$names/$mine" # a purge and another submission were faster
        rmdir "$dir" ${new_work:+"$new_work"}
        return 1
    fi
    generation=$mine
    # Only now, when that number cannot be given out again: a late process must not remove its new
    # link.
    [ -z "$refused" ] || rm -f "$names/$refused"
}

# Takes the intent back. A process may do so only after it has elected that there is no job: an
# unknown attempt may still make one, which then ends before it runs anything. $1: "untried" when
# nothing was attempted, so that where no link can be made none is needed.
give_back() {
    make_link refused "$dir/elected" || case $?$1 in
        2untried) rm -f "$names/$generation" ;;
        *) return 1 ;;
    esac
    forget
}

# Marks a refused submission as done. Its link stays until a later one has taken its place.
forget() {
    rm -f "$dir/secrets"
    true >"$dir/answered" # for the purge
}

# Whether another script's submission has led to nothing and can lead to nothing any more: then its
# intent is taken back.
abandoned() {
    is_same && return 1
    if id=$(readlink "$dir/elected"); then
        [ "$id" = refused ] # since a moment ago
        return
    fi
    last_attempt
    [ "$age" -ge "$lost_after" ] && id=$(search) && [ -z "$id" ] || return
    echo "Batch job submission failed: given up, since another script was submitted under this" \
        "name and number" >"$dir/refused"
    give_back
}

is_same() {
    base=${target##*/}
    [ "${base%.*}" = "$token" ]
}

# The name and number are taken: report whose they are and how far the submission is.
join() {
    if ! is_same; then
        echo "conflict"
    else
        looks=0
        until known; do
            # Most often the same request came twice at once, and the other process needs some
            # milliseconds.
            looks=$((looks + 1))
            if [ $looks -gt 20 ]; then
                take_over "$@"
                return
            fi
            sleep 0.1
        done
    fi
}

# Prints the outcome of the submission, if there is one; it does not matter whether the bridge still
# reads it.
known() {
    id=$(readlink "$dir/elected") || return
    if [ "$id" = refused ]; then
        report_refusal
    else
        echo "elected $id"
        echo "again"
        report_job
    fi
    return 0
}

# Prints the job's directory and where its output is, or was until it was removed, and enters the
# job in the journal if that was not done. A process that has attempted nothing reads what is known.
report_job() {
    [ -n "$output" ] || {
        for file in output output.removed; do
            read -r output <"$dir/$file" && break
        done
        about=$(cat "$dir/about")
    }
    echo "directory ${dir#"$state"}"
    [ -z "$output" ] || echo "output $output"
    [ "$journal_hint" = - ] || [ -z "$about" ] || [ -e "$dir/entered" ] || {
        append_submission "$journal_hint" "$about" && true >"$dir/entered" && echo "serial $serial"
    }
    return 0
} 2>/dev/null

report_refusal() {
    echo "refused"
    cat "$dir/refused" 2>/dev/null || echo "sbatch refused the job"
}

# An intent without an election: another process is submitting, or was and died. After a time, and a
# search that found no job of this directory, sbatch runs again.
take_over() {
    last_attempt
    if [ "$age" -lt "$lost_after" ] || ! id=$(search); then
        echo "pending $age"
    elif [ -n "$id" ]; then
        elect "$id"
    elif mkdir "$dir/attempt.$((n + 1))" 2>/dev/null; then
        attempt_dir=$dir/attempt.$((n + 1))
        use_its_places
        attempt "$@"
    else
        echo "pending 0"
    fi
}

main "$@"

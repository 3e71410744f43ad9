# Submit once (see common.sh for the layout). $3 token, $4 name, $5 number, $6 the job's directory if it is to be made, below
# jobs/ and under a name that nobody has used, $7 scratch; the other words are sbatch's options. stdin: a tar of script,
# step, batch and secrets. Prints one line that says what holds now, then what Slurm said.
#
# Shell builtins where they do: every other word is a process on a login node, and a submission should cost what sbatch costs.
trap '' HUP PIPE # the bridge may go away at any moment; what was begun is finished
token=$3 name=$4 number=$5 own=jobs/$6 scratch=${7:-$HOME/}
shift 7

main() {
    tries=0
    while [ $tries -lt 5 ]; do
        tries=$((tries + 1))
        if newest && ! is_free; then
            join "$@"
            return
        fi
        claim && attempt "$@" && return
    done
    echo "pending 0"
}

# Whether the newest generation's name and number may be used again.
is_free() {
    [ -d "$dir" ] || return 0 # purged
    [ -e "$dir/answered" ] || return 1
    now=$(server_now) || unwritable "$state"
    [ $((now - $(stat -c %Y "$dir/answered"))) -ge 900 ]
}

# Makes the intent: the next generation's link, which only one can make. The directory is there before its link, under a name
# that nobody has looked for: a link without a directory means that the job was purged.
claim() {
    old=$generation old_target=$target
    generation=$((generation + 1))
    target=../../../$own
    dir=$state$own
    mkdir -p "$names" "$dir/attempt.1" "${scratch}.jarvice" || unwritable "$state or ${scratch}.jarvice"
    if ! ln -sn "$target" "$names/$generation" 2>/dev/null; then
        rmdir "$dir/attempt.1" "$dir" # somebody else was faster
        return 1
    fi
    if [ "$old" -gt 0 ] && [ "$(readlink "$names/$old")" != "$old_target" ]; then
        give_back # a purge and another submission were faster
        return 1
    fi
}

# Takes the intent back, when it is certain that no job came of it.
give_back() {
    rm -f "$names/$generation" "$dir/secrets"
    true >"$dir/answered" # for the purge
}

# The name and number are taken: tell whose job it is and how far it is.
join() {
    base=${target##*/}
    if [ "${base%.*}" != "$token" ]; then
        echo "conflict"
    else
        looks=0
        until known; do
            # Most often the same request came twice at once, and the other one is at it: it needs some milliseconds.
            looks=$((looks + 1))
            if [ $looks -gt 20 ]; then
                take_over "$@"
                return
            fi
            sleep 0.1
        done
    fi
}

# Tells the outcome of the submission, if there is one.
known() {
    if id=$(readlink "$dir/elected"); then
        echo "elected $id"
        echo "again"
    elif [ -s "$dir/refused" ]; then
        echo "refused"
        cat "$dir/refused"
    else
        return 1
    fi
}

# An intent without an election: somebody is at it, or was and died. After 180 s, longer than sbatch may take, and a search
# that found no job of this directory, sbatch runs again.
take_over() {
    n=1
    while [ -d "$dir/attempt.$((n + 1))" ]; do n=$((n + 1)); done
    last=$dir/attempt.$n
    [ -d "$last" ] || last=$names/$generation
    now=$(server_now) || unwritable "$state"
    age=$((now - $(stat -c %Y "$last")))
    if [ "$age" -lt 180 ] || ! id=$(search); then
        echo "pending $age"
    elif [ -n "$id" ]; then
        elect "$id"
    else
        mkdir "$dir/attempt.$((n + 1))" 2>/dev/null && attempt "$@" || echo "pending 0"
    fi
}

# Prints the id of a job that was made from this directory, or nothing; fails when nobody can tell.
search() {
    listed=$(squeue -h -u "$(id -un)" -t all -o '%A %o') || return 1
    found=$(printf '%s\n' "$listed" | grep -F " $dir/batch" | head -n 1)
    if [ -z "$found" ] && sacct -n -X -P -S now-1hour -o JobIDRaw >/dev/null 2>&1; then
        listed=$(sacct -n -X -P -u "$(id -un)" -S now-2days -o JobIDRaw,SubmitLine) || return 1
        found=$(printf '%s\n' "$listed" | tr '|' ' ' | grep -F "$dir/batch" | head -n 1)
    fi
    echo "${found%% *}"
}

# Runs sbatch. The attempt's directory is there already: only its maker comes here.
attempt() {
    if ! { tar -x -m -f - -C "$dir" && choose_output && true >"$dir/sbatch.out" && true >"$dir/sbatch.err"; }; then
        give_back
        unwritable "$dir or ${scratch}.jarvice"
    fi
    # sbatch repeats its request while the controller does not answer; 150 s of that, then it has failed.
    timeout 150 sbatch "$@" -o "$pattern" "$dir/batch" "$dir" "$scratch" >"$dir/sbatch.out" 2>"$dir/sbatch.err" </dev/null
    code=$?
    answer
    if [ $code = 0 ] && [ -n "$id" ]; then
        elect "$id"
    elif [ $code = 0 ] || [ $code = 124 ] || { [ $code -gt 128 ] && [ $code != 255 ]; } ||
        grep -Eq "$lost" "$dir/sbatch.err"; then
        echo "unknown"
        cat "$dir/sbatch.err" "$dir/sbatch.out"
    else
        refuse
    fi
}

# Sets id to sbatch's answer: the last line that is <id> or <id>;<cluster>. Sites wrap sbatch, and banners are not answers.
answer() {
    id=
    while read -r line || [ -n "$line" ]; do
        case ${line%%;*} in '' | *[!0-9]*) ;; *) id=${line%%;*} ;; esac
    done <"$dir/sbatch.out"
}

# Slurm said no: write that down for whoever asks for the same at this moment, and take the intent back.
refuse() {
    grep -hv '^$' "$dir/sbatch.err" "$dir/sbatch.out" >"$dir/refused" || echo "sbatch ended with exit code $code" >"$dir/refused"
    give_back
    [ -n "$made" ] && rm -f "$output"
    echo "refused"
    cat "$dir/refused"
}

# What sbatch says when its request may have reached the controller and the answer did not come back.
lost='[Tt]imed out|Zero Bytes were transmitted|Unexpected message received|Communication connection|Broken pipe|reset by peer|(send|receive|shutdown) failure'

# The job's output file: made here, so that two jobs of one name never write into one file. pattern: the same for sbatch,
# which expands % in it.
choose_output() {
    made=
    if ! [ -s "$dir/output" ]; then
        set -C
        for output in "$name" "$name.$number" "$name.$number.${own##*/}"; do
            output=${scratch}.jarvice/$output.out
            true 2>/dev/null >"$output" && made=yes && break
        done
        set +C
        printf '%s\n' "$output" >"$dir/output" || return 1
    fi
    read -r output <"$dir/output" # an earlier attempt's, if there was one: its job may yet be elected
    pattern=$output
    case $output in *%*) pattern=$(printf %s "$output" | sed 's/%/%%/g') ;; esac
}

# Everyone obeys the link, also when the job itself, or another attempt, made it first.
elect() {
    elected=$1
    ln -sn "$1" "$dir/elected" 2>/dev/null || elected=$(readlink "$dir/elected")
    [ -n "$elected" ] && [ "$elected" != "$1" ] && scancel "$1"
    [ -n "$elected" ] && echo "elected $elected" || echo "unknown"
}

main "$@"

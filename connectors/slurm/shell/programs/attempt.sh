# One attempt to submit a job, with the variables of the program submit: writes the job's files,
# runs sbatch, and elects the job.

# A job has the id and the working directory of its own directory, which an earlier request has
# made.
use_its_places() {
    [ -n "$kept" ] || return 0
    day=${dir%/*}
    kept=$(printf %s "${day##*/}" | tr -d -)-${dir##*.}
    [ -z "$new_work" ] || new_work=${scratch}.jarvice/work/$kept work=$new_work
    [ -z "$new_work" ] || mkdir -p "$new_work"
}

# Runs sbatch. Only the process that made the intent, or a later attempt's directory, comes here.
# attempt_dir: the directory for sbatch's words, another one for each attempt, since an earlier one
# may still be running.
attempt() {
    # Again: a refusal, or a purge, may have freed the key before this process made the intent.
    [ -z "$idempotency" ] || take_key || {
        give_back untried
        return
    }
    if ! { write_files && choose_output &&
        true >"$attempt_dir/sbatch.out" && true >"$attempt_dir/sbatch.err"; }; then
        [ "$attempt_dir" = "$dir" ] && give_back untried && unwritable "$dir or ${scratch}.jarvice"
        echo "unknown" # a job of an earlier attempt may be there
        echo "$dir or ${scratch}.jarvice cannot be written"
        return
    fi
    set -- "$@" ${work:+-D "$work"} -o "$pattern"
    limited sbatch "$@" "$dir/batch.$number.$name" "$dir" "$scratch" ${work:+"$work"}
    answer
    if [ $code = 0 ] && [ -n "$id" ]; then
        elect "$id"
    elif [ -n "$id" ] || [ $code = 0 ] || [ $code = 124 ] ||
        { [ $code -gt 128 ] && [ $code != 255 ]; } ||
        grep -Eq "$lost" "$attempt_dir/sbatch.err"; then
        [ -z "$helped" ] || send_helper rest # the watch is over; elsewhere a next request ends it
        echo "unknown"
        cat "$attempt_dir/sbatch.err" "$attempt_dir/sbatch.out"
    else
        refuse
    fi
}

write_files() {
    printf %s "$batch" >"$dir/batch.$number.$name" || return 1
    for file in script submitted step secrets about idempotency kept request_id; do
        eval "content=\$$file"
        [ -z "$content" ] || printf %s "$content" >"$dir/$file" || return 1
    done
} 2>/dev/null

# Runs sbatch with a time limit and sets code. Jobs get the login environment's umask. timeout(1)
# also ends what a script in place of sbatch has started. The two streams have a file each: what a
# site's plugin prints on stderr is no answer, and may lack a newline at its end.
limited() {
    if [ -n "$helped" ] && [ -z "$dssr_sbatch_is_script" ]; then
        send_helper watch $limit "${1##*/}"
    else
        set -- timeout $limit "$@"
    fi
    umask "$dssr_umask"
    # in this shell: some start a command without copying themselves then
    "$@" >"$attempt_dir/sbatch.out" 2>"$attempt_dir/sbatch.err" </dev/null 8>&- 9<&-
    code=$?
    umask 077
}

# Sets id to sbatch's answer: the last line that is <id> or <id>;<cluster>. Sites wrap sbatch, and
# banners are not answers.
answer() {
    id=
    while read -r line || [ -n "$line" ]; do
        case ${line%%;*} in '' | *[!0-9]*) ;; *) id=${line%%;*} ;; esac
    done <"$attempt_dir/sbatch.out"
}

# Slurm refused: record why, for other requests at this moment, and take the intent back.
refuse() {
    grep -hv '^$' "$attempt_dir/sbatch.err" "$attempt_dir/sbatch.out" >"$dir/refused" ||
        echo "sbatch ended with exit code $code" >"$dir/refused"
    # A corrected request may have the same key. It is free before the name is: who makes the next
    # intent takes the key after that.
    [ -z "$idempotency" ] || rm -f "$key"
    if give_back; then
        [ -n "$made" ] && rm -f "$output"
        [ -z "$new_work" ] || rmdir "$new_work"
        report_refusal
    elif ! known; then
        echo "unknown" # nothing can be written
        cat "$attempt_dir/sbatch.err" "$attempt_dir/sbatch.out"
    fi
}

# The job's output file: made here, so that two jobs of one name never write into one file. pattern:
# its name for sbatch, which expands % in it.
choose_output() {
    made=
    if ! [ -s "$dir/output" ]; then
        set -C
        for output in "$name" "$name.$number" "${own##*/}"; do
            output=${scratch}.jarvice/$output.out
            true 2>/dev/null >"$output" && made=yes && break
        done
        set +C
        [ -n "$made" ] || return 1
        printf '%s\n' "$output" >"$dir/output" || return 1
    else
        read -r output <"$dir/output" # an earlier attempt's: its job may yet be elected
    fi
    pattern=$output
    case $output in *%*) pattern=$(printf %s "$output" | sed 's/%/%%/g') ;; esac
}

# All processes obey the link, also when the job itself or another attempt made it first.
elect() {
    elected=$1
    make_link "$1" "$dir/elected" || elected=$(readlink "$dir/elected")
    [ -n "$elected" ] && [ "$elected" != "$1" ] &&
        timeout 20 scancel -t PENDING "$1" >/dev/null 2>&1 # a running one ends itself, in silence
    case $elected in
        "") echo "unknown" ;;
        refused) report_refusal ;;
        *)
            echo "elected $elected"
            id=$elected
            report_job
            ;;
    esac
}

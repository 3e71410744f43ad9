# Shared by the programs that the bridge runs on the login node. The first words of each are $1, the
# state directory, and $2, <kk>/<key>.
#
#   names/<kk>/<key>/<generation> -> ../../../jobs/<day>/<token>.<random>
#                      the intent: made by ln -sn, never changed
#   jobs/<day>/<token>.<random>/    the job's directory, in which
#     script submitted step batch.<number>.<name> secrets
#                      the files of the job; submitted is the script byte for byte as it came
#     about            what was asked for, as JSON; output has the place of the output
#     kept             the job's id, if its files are kept as long as its record
#     idempotency      the place of its key below keys/
#     request_id       the id of the request that submitted the job
#     sbatch.out sbatch.err refused
#                      what sbatch printed, and why it refused
#     attempt.<n>      made by mkdir before each sbatch but the first
#     elected -> id    the job's native id: made by the bridge from sbatch's answer, or by the job,
#                      whichever is first; or "refused", when Slurm refused the job
#     run -> n         which run of the job began last, by Slurm's count of its restarts
#     output           the path of the output file, until that is removed
#     served.<n>       where an interactive job's server is, by the job itself, in its run n
#     record           how the job ended, by its batch script
#     cancelled -> s   a cancellation through the bridge, by the file server's clock;
#                      cancelled.done: Slurm has accepted it
#     missing -> s     since when the controller does not list the job
#     silent -> s      when accounting was last asked for the job and did not answer
#     final -> ...     the first final answer given: state|elapsed seconds|reason
#     tail tail.size   the end of the output, and the size of all of it
#     answered         /exitstatus was answered; 15 minutes later name and number are free again
#     entered ended    there is an entry of the submission, or of the end, in the journal
#   keys/<kk>/<key> -> token
#                      which request a caller has sent with this Idempotency-Key
#   journal/<n / 1000>/<n> -> an entry (connectors/slurm/words/journal.py)
#                      submissions and ends of jobs, in one order for all bridges; no number below
#                      the highest one is free, except those of old shelves, which were removed
#
# Links are made with -n: without it, ln puts the new link into the directory to which an existing
# one leads, and succeeds. Files are made with `true >`: when a redirection of `:`, a special
# builtin, fails, POSIX ends the whole shell. Presence is tested by trying to create, or by reading
# a link's text, and never by stat: NFS caches absence.

begin() {
    umask 077
    state=${1:-$HOME/.jarvice/state/}
    names=${state}names/$2
}

unwritable() {
    echo "unwritable $1"
    exit 0
}

# The seconds since the epoch by the file server's clock, because the login node's may be wrong.
server_now() {
    probe=${state}.now.$dssr_self
    true >"$probe" || return 1
    stat -c %Y "$probe" || return 1
    rm -f "$probe"
}

# Sets generation to the newest one (0: there is none) and numbers to all of them.
count_generations() {
    generation=0 numbers=' '
    for link in "$names"/*; do
        n=${link##*/}
        case $n in *[!0-9]*) continue ;; esac
        numbers="$numbers$n "
        [ "$n" -gt "$generation" ] && generation=$n
    done
}

# Whether the listing of the directory $1 has an entry $2.
shows() {
    for entry in "$1"/*; do
        [ "$entry" = "$1/$2" ] && return
    done
    return 1
}

# Sets generation to $1, target to its link's text and dir to the job's directory.
go_to() {
    generation=$1
    target=$(readlink "$names/$generation") || return 1
    dir=$state${target#../../../}
}

newest() {
    count_generations
    [ "$generation" -gt 0 ] && go_to "$generation"
}

# Whether a directory is certainly missing or empty: one that cannot be read at the moment can be
# neither made nor removed.
gone() {
    mkdir -p "$1" && rmdir "$1"
} 2>/dev/null

# Whether id is the native id $1, or any if that is empty.
is_wanted() {
    case $id in "$1") ;; refused) return 1 ;; *) [ -z "$1$unelected" ] ;; esac
}

# Sets dir to the directory of the job with this key and the native id $1 (empty: of the newest
# one), and id to its native id. If there is none, unelected is the newest submission whose outcome
# is unknown, if there is one.
find_job() {
    count_generations
    [ "$generation" -gt 0 ] || gone "$names" || unwritable "$names"
    is_among_them "$1" && return
    [ "$numbers" = ' ' ] && return 1
    # NFS caches listings too, but not beyond a change that this host makes: another host may have
    # made a newer generation.
    listed=$numbers
    true 2>/dev/null >"$names/.$dssr_self" && rm -f "$names/.$dssr_self" || unwritable "$names"
    count_generations
    [ "$numbers" != "$listed" ] && is_among_them "$1"
}

is_among_them() {
    unelected=
    while [ "$generation" -gt 0 ]; do
        case $numbers in *" $generation "*) is_the_job "$1" && return ;; esac
        generation=$((generation - 1))
    done
    return 1
}

is_the_job() {
    if go_to "$generation"; then
        id=$(readlink "$dir/elected") && is_wanted "$1" && return
        [ -n "$id$unelected" ] || { ! [ -d "$dir" ] && gone "$dir"; } || unelected=$generation
    elif shows "$names" "$generation"; then # and not purged meanwhile
        unwritable "$names"
    fi
    return 1
}

# Stops where there is no such job, or where that is unknown. A job whose submission's outcome was
# lost is searched for in Slurm.
find_job_or_stop() {
    find_job "$1" && return
    if [ -n "$unelected" ]; then
        go_to "$unelected" || unwritable "$names"
        last_attempt
        found=$(search) || age=0
        [ -n "$found" ] && ln -sn "$found" "$dir/elected" 2>/dev/null
        unelected=
        id=$(readlink "$dir/elected") && is_wanted "$1" && return
        [ -n "$id" ] || [ "$age" -ge "$lost_after" ] || {
            echo "unelected"
            exit 0
        }
    fi
    echo "no_job"
    exit 0
}

lost_after=180 # seconds, longer than sbatch may take

# Sets n to the number of the last attempt to submit this generation's job, and age to the seconds
# since then.
last_attempt() {
    n=1
    while [ -d "$dir/attempt.$((n + 1))" ]; do n=$((n + 1)); done
    last=$dir/attempt.$n
    [ -d "$last" ] || last=$names/$generation
    now=$(server_now) && made=$(stat -c %Y "$last") && age=$((now - made)) || age=0
}

# Prints the id of a job that was made from dir, or nothing; fails when that is unknown.
search() {
    listed=$(timeout 3 squeue -h -a -u "$(id -un)" -t all -o '%A %o') || return 1
    found=$(printf '%s\n' "$listed" | grep -F " $dir/batch" | head -n 1)
    if [ -z "$found" ]; then
        columns=JobIDRaw,SubmitLine
        listed=$(timeout 3 sacct -n -X -P -u "$(id -un)" -S now-2days -o $columns 2>&1) || {
            is_unaccounted "$? $listed" && listed= || return 1
        }
        found=$(printf '%s\n' "$listed" | tr '|' ' ' | grep -F "$dir/batch" | head -n 1)
    fi
    echo "${found%% *}"
}

# Whether the exit code and words of sacct or sacctmgr say that the cluster keeps no accounting.
is_unaccounted() {
    case $1 in
        "126 "* | "127 "*) ;;
        *"accounting storage is disabled"* | *"supported accounting_storage plugin"*) ;;
        *) return 1 ;;
    esac
}

# Prints the outcome of an order: its exit code, then its words. The code is first because sites'
# banners have empty lines, and the bridge does not read beyond one.
report_outcome() {
    echo "code $1"
    printf '%s\n' "$2" | grep -v '^$'
}

# The end of the job's output, from where it is by now: at most its last $1 bytes, and of those the
# last $2 lines. Before it, the size of all of it.
output_end() {
    file=$(cat "$dir/output" 2>/dev/null)
    if [ -f "$dir/tail" ]; then
        file=$dir/tail
        echo "saved $(cat "$dir/tail.size")"
    fi
    size=$(size_of "$file")
    echo "size $size"
    echo
    [ "$size" -gt 0 ] || return
    # Most often the last few kilobytes hold more lines than are wanted; the first of them may be
    # cut.
    bytes=65536
    [ "$size" -gt $bytes ] && [ "$(tail -c $bytes "$file" | wc -l)" -gt "$2" ] || bytes=$1
    tail -c "$bytes" "$file" | tail -n "$2"
}

# In bytes. What is no regular file is empty: jobs can put a pipe or a device in place of their
# output, whose end would never come.
size_of() {
    [ -f "$1" ] && stat -L -c %s "$1" 2>/dev/null || echo 0
}

# Whether a row of squeue, which ends with the command, may be this job's; an empty row says
# nothing. After a reset Slurm's ids begin again from 1: a job with our id and another batch script
# is not ours.
fits() {
    case $1 in "" | *"|$dir/batch"*) ;; *) return 1 ;; esac
}

# Whether an order may be given to the controller's job $id; if not, prints why.
may_be_ordered() {
    case $(readlink "$dir/final") in
        "" | UNKNOWN*) may_be_ours ;; # a lost job may come back with its controller
        *)
            echo "job $id is already completing or completed"
            return 1
            ;;
    esac
}

# Whether the controller's job $id may be this one; if not, prints why. A controller that does not
# answer may have given the id away.
may_be_ours() {
    # 3 s, because squeue needs 18 s to report that the controller is away. Sites wrap squeue in
    # scripts that print banners.
    printed=$(timeout 3 squeue -h -a -t all -j "$id" -o '%A|%o' 2>&1) || case $?$printed in
        *"Invalid job id"*) ;;
        *)
            echo "Unable to contact slurm controller (squeue: ${printed:-no answer within 3 s})"
            return 1
            ;;
    esac
    row=$(printf '%s\n' "$printed" | grep "^$id|")
    fits "$row" && return
    echo "Invalid job id: $id is another job's now"
    return 1
}

# Gives the new file its name, unless there was one before: by now the output may be gone.
keep() {
    ln "$dir/new.$dssr_self" "$dir/$1" 2>/dev/null
    rm -f "$dir/new.$dssr_self"
    [ -f "$dir/$1" ]
}

# Prints the final answer and the end of the output, which is kept from the first time on: at most
# its last $1 bytes, and of those the last $2 lines. $3: "answer" for /exitstatus, from which on the
# time of the name and number runs; that is recorded before the answer leaves, because what follows
# may fail.
final_answer() {
    final=$(readlink "$dir/final") || unwritable "$dir"
    output=$(cat "$dir/output" 2>/dev/null)
    if [ ! -f "$dir/tail" ]; then
        size_of "$output" >"$dir/new.$dssr_self" && keep tail.size || unwritable "$dir"
        { [ ! -f "$output" ] || tail -c "$1" "$output"; } 2>/dev/null |
            tail -n "$2" >"$dir/new.$dssr_self" && keep tail ||
            unwritable "$dir"
    fi
    [ "$3" != answer ] || [ -e "$dir/answered" ] || [ -e "$dir/kept" ] ||
        true >"$dir/answered" || unwritable "$dir"
    echo "final $final"
    output_end "$1" "$2"
}

# Runs a command, which has $seconds for it, and prints a section: a line of $mark, which cannot be
# guessed, and the section's name $1; what the command says; a line of $mark and its exit code.
section() {
    printf '\n%s %s\n' "$mark" "$1"
    shift
    SLURM_TIME_FORMAT=%s timeout "$seconds" "$@" 2>&1
    code=$?
    printf '\n%s=%s\n' "$mark" $code
    return $code
}

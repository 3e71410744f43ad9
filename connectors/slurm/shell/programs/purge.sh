# Forget jobs whose end was reported more than $3 minutes ago, jobs that keep their files as long
# after their end, and after four times as long those whose end was never asked for, and the
# credentials of jobs that Slurm does not list any more. $2 is not used.

# Removes a job's record, and what it keeps as long as that. The record is renamed first: half a job
# would pass for one in use.
forget_job() {
    # The key first: who submits again with it joins this job, or takes it after that.
    { read -r key || [ -n "$key" ]; } <"$1/idempotency" && rm -f "${state}keys/$key"
    mv "$1" "$1.gone" || return
    # An empty id would lead to the directory of all jobs.
    if { read -r id || [ -n "$id" ]; } <"$1.gone/kept" && [ -n "$id" ]; then
        read -r output <"$1.gone/output" && rm -rf "${output%/*}/work/$id" "$output"
    fi
    rm -rf "$1.gone"
} 2>/dev/null

find "${state}jobs" -mindepth 3 -maxdepth 3 -mmin "+$3" '(' -name answered -o -name final ')' \
    2>/dev/null |
while read -r marked; do
    job=${marked%/*}
    case $marked in */final) [ -e "$job/kept" ] || continue ;; esac
    forget_job "$job"
done
find "${state}names" -mindepth 3 -maxdepth 3 -type l -mmin "+$3" 2>/dev/null |
while read -r link; do
    # A file server that fails for a moment shows no directory either.
    job=$(readlink "$link") && job=${state}${job#../../../} || continue
    ! [ -d "$job" ] && gone "$job" || continue
    rm -f "$link" && rmdir "${link%/*}" 2>/dev/null
done
# Keys of requests that never made a job.
tokens=" $(find "${state}jobs" -mindepth 2 -maxdepth 2 -type d -printf '%f ' 2>/dev/null)"
minutes=$(($3 * 4))
find "${state}keys" -mindepth 2 -type l -mmin "+$minutes" -printf '%p %l\n' 2>/dev/null |
while read -r key token; do
    case $tokens in *" $token."*) ;; *) rm -f "$key" ;; esac
done
find "${state}jobs" -mindepth 1 -maxdepth 1 -type d -empty -mmin +1440 -exec rmdir {} + 2>/dev/null
if now=$(server_now) && listed=$(timeout 5 squeue -h -a -t all -u "$(id -un)" -o '|%A|%o'); then
    # A job is forgotten when something that it left says that it has ended, and the controller
    # answers and does not list it: neither is enough alone. Of a job that left nothing, the time
    # since it is not listed is recorded, and runs from there.
    find "${state}jobs" -mindepth 2 -maxdepth 2 -type d -mmin "+$(($3 * 4))" 2>/dev/null |
    while read -r job; do
        id=$(readlink "$job/elected") || id=none
        case $listed in
            *"|$job/batch"* | *"|$id|"*) rm -f "$job/missing" ;;
            *)
                if [ -f "$job/record" ] || readlink "$job/final" ||
                    readlink "$job/cancelled" || readlink "$job/missing"; then
                    forget_job "$job"
                else
                    ln -sn "$now" "$job/missing"
                fi >/dev/null
                ;;
        esac
    done
    # Credentials of jobs that could not remove them (their node died), or that never existed.
    find "${state}jobs" -mindepth 3 -maxdepth 3 -name secrets -mmin +1440 2>/dev/null |
    while read -r secrets; do
        case $listed in *"|${secrets%secrets}batch"*) ;; *) rm -f "$secrets" ;; esac
    done
fi
# Scripts of checks whose shell was ended.
find "${state%/}" -maxdepth 1 -type f -name '.test.*' -mmin +60 -exec rm -f {} + 2>/dev/null
# Shelves of the journal whose jobs are forgotten. The newest stays, so that numbers go on.
newest=-1
for shelf in "${state}journal"/*; do
    [ "${shelf##*/}" -gt "$newest" ] && newest=${shelf##*/}
done 2>/dev/null
for shelf in "${state}journal"/*; do
    [ "${shelf##*/}" = "$newest" ] || [ ! -d "$shelf" ] ||
        [ -n "$(find "$shelf" -type l -mmin "-$(($3 * 4))" -print -quit)" ] || rm -rf "$shelf"
done
echo "purged"

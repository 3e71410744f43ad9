# Forget jobs whose end was reported more than $3 minutes ago, and after four times as long those
# whose end was never asked for, and the credentials of jobs that Slurm does not list any more. $2
# is not used.
find "${state}jobs" -mindepth 3 -maxdepth 3 -name answered -mmin "+$3" 2>/dev/null |
while read -r answered; do
    job=${answered%/answered}
    # renamed first: half a job would pass for one in use
    mv "$job" "$job.gone" && rm -rf "$job.gone"
done
find "${state}names" -mindepth 3 -maxdepth 3 -type l -mmin "+$3" 2>/dev/null |
while read -r link; do
    # A file server that fails for a moment shows no directory either.
    job=$(readlink "$link") && job=${state}${job#../../../} || continue
    ! [ -d "$job" ] && gone "$job" || continue
    rm -f "$link" && rmdir "${link%/*}" 2>/dev/null
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
                    rm -rf "$job"
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
echo "purged"

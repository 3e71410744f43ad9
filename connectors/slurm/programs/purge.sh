# Forget jobs whose end was answered more than $3 minutes ago, and the credentials of those that Slurm lists no more. $2 is not
# used.
find "${state}jobs" -mindepth 3 -maxdepth 3 -name answered -mmin "+$3" 2>/dev/null | while read -r answered; do
    rm -rf "${answered%/answered}"
done
find "${state}names" -mindepth 3 -maxdepth 3 -type l -mmin "+$3" 2>/dev/null | while read -r link; do
    [ -e "$link" ] || { rm -f "$link" && rmdir "${link%/*}" 2>/dev/null; }
done
find "${state}jobs" -mindepth 1 -maxdepth 1 -type d -empty -mmin +1440 -exec rmdir {} + 2>/dev/null
# Credentials of jobs that could not remove them (their node died), or that never came to be.
if listed=$(squeue -h -t all -u "$(id -un)" -o '%o'); then
    find "${state}jobs" -mindepth 3 -maxdepth 3 -name secrets -mmin +1440 2>/dev/null | while read -r secrets; do
        case $listed in *"${secrets%secrets}batch"*) ;; *) rm -f "$secrets" ;; esac
    done
fi
echo "purged"

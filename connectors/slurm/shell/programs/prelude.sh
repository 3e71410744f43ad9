# Run once in each remote shell: unset the variables by which the login environment would add
# options to sbatch, squeue and srun.
dssr_names='^S(BATCH|LURM|RUN|QUEUE|ACCT|CANCEL|CONTROL|INFO)_[A-Z0-9_]*='
for dssr_name in $(env | grep -E "$dssr_names" | cut -d= -f1); do
    case $dssr_name in SLURM_CONF | SLURM_CONF_SERVER) ;; *) unset "$dssr_name" ;; esac
done
dssr_umask=$(umask)         # for jobs
dssr_self=$(uname -n).$$    # in names of files that no other process uses
case $(command -v printf) in
*/*) # a program of its own would show what it writes, credentials too, in the process list
    echo "dssr: /bin/sh on $(hostname) has no printf built in; dash, bash and busybox have" >&2
    exit 1
    ;;
esac
dssr_has_helper= # until helper.sh has made some

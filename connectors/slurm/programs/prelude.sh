# Run once in each remote shell: options that the login environment would slip into sbatch, squeue and srun are taken out of it.
for dssr_name in $(env | grep -E '^S(BATCH|LURM|RUN|QUEUE|ACCT|CANCEL|CONTROL)_[A-Z0-9_]*=' | cut -d= -f1); do
    case $dssr_name in SLURM_CONF | SLURM_CONF_SERVER) ;; *) unset "$dssr_name" ;; esac
done
dssr_has_hands= # until hands.sh has made some

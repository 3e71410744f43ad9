# How Slurm is asked about jobs whose end is looked for: $1 seconds, $2 ids with commas between.
# Times are seconds since the epoch. Evidence is read from these columns.

ask_accounting() {
    columns=JobIDRaw,State,ElapsedRaw,AllocTRES,ExitCode,Start,End
    columns=$columns,TotalCPU,TRESUsageInTot,SubmitLine
    SLURM_TIME_FORMAT=%s timeout "$1" sacct -n -P -D -j "$2" -o $columns 2>&1
}

ask_queue() {
    SLURM_TIME_FORMAT=%s timeout "$1" squeue -h -a -t all -j "$2" -o '%A|%T|%M|%e|%r|%S|%o' 2>&1
}

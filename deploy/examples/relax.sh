#!/bin/bash
#SBATCH --job-name=relax
#SBATCH --time=10
# Prints its steps and writes a table that grows, as a simulation does: the portal draws it.
set -eu
echo "step,energy" >energy.csv
echo '{"title": "Energy", "x": "step", "y": ["energy"], "data": "energy.csv"}' >energy.plot.json
for step in $(seq 1 120); do
    awk -v s="$step" 'BEGIN { printf "%d,%.4f\n", s, -10 + 5 * exp(-s / 20) }' >>energy.csv
    printf '\033[32mstep %3d\033[0m  %s\n' "$step" "$(tail -n 1 energy.csv)"
    sleep 0.5
done
energy=$(tail -n 1 energy.csv | cut -d , -f 2)
echo "{\"energy\": $energy, \"steps\": 120, \"converged\": true}" >results.json

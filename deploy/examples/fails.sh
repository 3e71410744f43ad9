#!/bin/bash
#SBATCH --job-name=fails
# Ends with an error, to show what the portal says about that.
echo "reading input.dat"
cat input.dat

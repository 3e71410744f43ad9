#!/bin/bash
#SBATCH --time=08:00:00
# Starts the service: dssr runs this script in each job, in the directory that was copied. The time
# is that of one job; the next job takes over before it is up.
set -euo pipefail

packages=optional # hello.py does without
. ./venv.sh
# exec: the program gets the signals, and the job sees how it ends.
exec "$run" hello.py

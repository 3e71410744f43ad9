#!/bin/bash
#SBATCH --time=08:00:00
# Starts the service: dssr runs this script in each job, in the directory that was copied.
set -euo pipefail

. ./venv.sh
exec "$venv/bin/python" echo.py

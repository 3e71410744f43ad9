#!/bin/bash
#SBATCH --time=24:00:00
# Starts the service: dssr runs this script in each job, in the directory that was copied.
set -euo pipefail

. ./venv.sh
# The token: from the environment, because all users of the node can read command lines. $DSSR_TOKEN
# is the service's own, the same in all its jobs; --env JUPYTER_TOKEN takes another one.
export JUPYTER_TOKEN=${JUPYTER_TOKEN:-$DSSR_TOKEN}
# Connection files of kernels hold keys, and a kernel ends with its job: a directory of this job.
export JUPYTER_RUNTIME_DIR=$DSSR_WORK_DIR/jupyter
# Not ~/.jupyter, which may set a port or a password.
export JUPYTER_CONFIG_DIR=$PWD/.jupyter
exec "$venv/bin/python" -m jupyterlab --config=jupyter_server_config.py

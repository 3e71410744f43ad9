#!/bin/bash
#SBATCH --time=08:00:00
# Starts the service: dssr runs this script in each job, in the directory that was copied.
set -euo pipefail

. ./venv.sh
# --unix-socket: no other user of the node can reach it.
# --allow-websocket-origin: Panel cannot know the port at which browsers come here. The address
#   itself refuses WebSockets of pages of other sites.
# --liveness: the path /liveness, which answers when the server can run pages.
exec "$venv/bin/python" -m panel serve app.py --index app --liveness \
    --unix-socket "$DSSR_SOCKET" \
    --allow-websocket-origin "*"

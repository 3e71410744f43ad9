# What Slurm hides from this user: PrivateData in slurm.conf and slurmdbd.conf, and the user's
# rights. $2 is not used, $3 seconds for each command.
echo "visibility"
echo "user $(id -un)"
timeout "$3" scontrol show config 2>/dev/null |
    sed -n 's/^PrivateData *= */controller /p; s/^SlurmUser *= *\([^( ]*\).*/slurm \1/p'
timeout "$3" sacctmgr -n show configuration 2>/dev/null | sed -n 's/^PrivateData *= */accounting /p'
printed=$(timeout "$3" sacctmgr -n -P show user "$(id -un)" withcoord format=admin,coord 2>&1)
code=$?
# A user whom accounting does not know, or without accounting, has no special rights.
[ "$code$printed" = 0 ] || is_unaccounted "$code $printed" && printed='None|'
printf '%s\n' "$printed" | sed -n 's/^\([A-Za-z ]*\)|\(.*\)$/level \1\ncoordinates \2/p'

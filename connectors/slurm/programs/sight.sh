# What Slurm hides from this user: PrivateData in slurm.conf and slurmdbd.conf, and whether he is above that.
echo "sight"
scontrol show config 2>/dev/null | sed -n 's/^PrivateData *= */controller /p'
sacctmgr -n show configuration 2>/dev/null | sed -n 's/^PrivateData *= */accounting /p'
sacctmgr -n -P show user "$(id -un)" format=admin 2>/dev/null | sed 's/^/level /'

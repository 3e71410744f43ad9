# What the login shell prints and how long it takes before it runs a command, when it starts as sshd
# starts it: bash reads its rc file for sshd only where SHLVL is not set.
entry=$(getent passwd "$(id -u)")
shell=${entry##*:}
shell=${shell:-/bin/sh}
began=$(date +%s%N)
printed=$(env -u SHLVL "$shell" -c 'exec /bin/sh' </dev/null 2>&1)
ended=$(date +%s%N)
echo "shell $shell"
echo "milliseconds $(((ended - began) / 1000000))"
echo
printf '%s' "$printed"

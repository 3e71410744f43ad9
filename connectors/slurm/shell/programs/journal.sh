# The entries of the journal after the number $3 in their order, each on a line, at most 500.
# "whole": all of them in any order, each with its number before it, and then the directories of all
# jobs. $2 is not used.
echo "after $3"
if [ "$3" = whole ]; then
    echo
    find "${state}journal" -mindepth 2 -maxdepth 2 -type l -printf '%f %l\n' 2>/dev/null
    echo "directories"
    find "${state}jobs" -mindepth 2 -maxdepth 2 -type d -printf 'jobs/%P\n' 2>/dev/null
    exit 0
fi
# NFS caches that a name is not there, but not beyond a change that this host makes.
shelf=${state}journal/$(($3 / 1000))
for place in "${state}journal" "$shelf"; do
    true >"$place/.$dssr_self" && rm -f "$place/.$dssr_self"
done 2>/dev/null
number=$3
set --
while [ $# -lt 500 ]; do
    number=$((number + 1))
    link=${state}journal/$((number / 1000))/$number
    [ -L "$link" ] || break
    set -- "$@" "$link"
done
echo
[ $# = 0 ] || readlink "$@"

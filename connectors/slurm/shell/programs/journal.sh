# The journal after the number $3: "first <number>" and its entries in their order, each on a line; at
# most 500, or all of them for 0. For 0 every entry has its number before it, and the directories of
# all jobs follow. $2 is not used.
echo "after $3"
if [ "$3" = 0 ]; then
    echo
    find "${state}journal" -mindepth 2 -maxdepth 2 -type l -printf '%f %l\n' 2>/dev/null
    echo "directories"
    find "${state}jobs" -mindepth 2 -maxdepth 2 -type d -printf 'jobs/%P\n' 2>/dev/null
    exit 0
fi
# NFS caches that a name is not there, but not beyond a change that this host makes.
shelf=${state}journal/$(($3 / 1000))
{ true >"${state}journal/.$dssr_self" && true >"$shelf/.$dssr_self" &&
    rm -f "${state}journal/.$dssr_self" "$shelf/.$dssr_self"; } 2>/dev/null
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

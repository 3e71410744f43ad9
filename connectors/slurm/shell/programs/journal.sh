# The entries of the journal after the number $3 in their order, each on a line, at most 500.
# "whole": all of them in any order, each with its number before it, then the directories of all
# jobs, and "complete" where all of that could be read. $2 is not used.

# What find prints below the directory $1. One that is certainly missing is empty.
list() {
    place=$1
    shift
    find "$place" -ignore_readdir_race -mindepth 2 -maxdepth 2 "$@" 2>/dev/null || gone "$place"
}

if [ "$3" = whole ]; then
    echo "after $3"
    echo
    list "${state}journal" -type l -printf '%f %l\n' && echo "directories" &&
        # A job that is being forgotten has another name.
        list "${state}jobs" -type d ! -name '*.gone' -printf 'jobs/%P\n' && echo "complete"
    exit 0
fi
# NFS caches that a name is not there, but not beyond a change that this host makes.
shelf=${state}journal/$(($3 / 1000))
for place in "${state}journal" "$shelf"; do
    true >"$place/.$dssr_self" && rm -f "$place/.$dssr_self"
done 2>/dev/null
after=$3 number=$3
set --
while [ $# -lt 500 ]; do
    number=$((number + 1))
    link=${state}journal/$((number / 1000))/$number
    [ -L "$link" ] || break
    set -- "$@" "$link"
done
# One that cannot be read would give those behind it another number.
entries=
[ $# = 0 ] || entries=$(readlink "$@") || unwritable "${state}journal"
echo "after $after"
echo
[ $# = 0 ] || printf '%s\n' "$entries"

# The entries of the journal after the number $3 in their order, each on a line, at most 500.
# "whole": those of the shelf $4 and the next ones in any order, each with its number before it,
# then "next" and the shelf to go on with. After the last shelf come the directories of all jobs,
# and "complete". An answer without either line could not be read completely. $2 is not used.
most_shelves=20 # of 1000 entries, most of which have 500 to 900 bytes: an answer has 64 MB at most

read_whole() {
    first=$1 next=
    echo "after whole"
    echo
    shelves=$(find "${state}journal" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n') ||
        gone "${state}journal" || return
    set --
    for shelf in $(printf '%s\n' "$shelves" | sort -n); do
        [ "$shelf" -ge "$first" ] || continue
        [ $# -lt $most_shelves ] || next=$shelf
        [ -z "$next" ] || break
        set -- "$@" "${state}journal/$shelf"
    done
    [ $# = 0 ] || find "$@" -ignore_readdir_race -mindepth 1 -type l -printf '%f %l\n' || return
    if [ -n "$next" ]; then
        echo "next $next"
        return
    fi
    echo "directories"
    # A job that is being forgotten has another name.
    find "${state}jobs" -ignore_readdir_race -mindepth 2 -maxdepth 2 -type d ! -name '*.gone' \
        -printf 'jobs/%P\n' || gone "${state}jobs" || return
    echo "complete"
} 2>/dev/null

if [ "$3" = whole ]; then
    read_whole "$4"
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

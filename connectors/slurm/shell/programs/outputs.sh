# Parts of the output of several jobs. $2 is not used, $3 a mark that no output can hold, $4 bytes
# at most of each; then for each job its directory below the state directory and the place to begin
# at. Prints for each a line with the place, the size of the output and whether the job has ended
# (yes, no, or soon), the bytes, and the mark.
echo "outputs"
echo
mark=$3 limit=$4
shift 4
while [ $# -ge 2 ]; do
    dir=$state$1 offset=$2 file= ended=no
    read -r file <"$dir/output"
    # Before the size is read. A record is not enough: the job may run again.
    [ -f "$dir/record" ] && ended=soon
    [ -L "$dir/final" ] && ended=yes
    [ -d "$dir" ] || ! gone "$dir" || ended=yes # the job was forgotten
    saved=
    if [ -f "$dir/tail" ] && ! [ -f "$file" ]; then
        read -r saved <"$dir/tail.size"
        file=$dir/tail
    fi
    size=$(size_of "$file")
    cut=$((${saved:-$size} - size)) # bytes that were not kept
    [ "$offset" -ge "$cut" ] || offset=$cut
    echo "$1 $offset ${saved:-$size} $ended"
    [ "$offset" -ge "${saved:-$size}" ] ||
        tail -c "+$((offset - cut + 1))" "$file" | head -c "$limit"
    printf '%s' "$mark"
    shift 2
done 2>/dev/null

# Enter jobs whose submission is not in the journal: the bridge ended between the two, or the shelf
# with the entry was removed while the job ran. $2 is not used, $3 a word that no other call has, $4
# a number of the journal that is taken; then the directories below the state directory.
own=$3 serial=$4
shift 4
for name; do
    dir=$state$name output=
    id=$(readlink "$dir/elected") && [ "$id" != refused ] && about=$(cat "$dir/about") || continue
    read -r output <"$dir/output" || read -r output <"$dir/output.removed"
    append_submission "$serial" "$about" && true >"$dir/entered"
done 2>/dev/null
echo "entered"

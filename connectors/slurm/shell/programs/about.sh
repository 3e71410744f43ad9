# What is known of the submission of a job of this user, by its id. $2 is not used, $3 the day and
# $4 the rest of the id. Nothing is known of a job without a native id.
for dir in "${state}jobs/$3"/*."$4"; do
    id=$(readlink "$dir/elected") && [ -f "$dir/about" ] || continue
    output=
    for file in output output.removed; do
        read -r output <"$dir/$file" && break
    done
    printf '%s\n' "directory ${dir#"$state"}" "elected $id" "output $output"
    while IFS= read -r about || [ -n "$about" ]; do
        printf 'about %s\n' "$about"
    done <"$dir/about"
done 2>/dev/null
echo "read"

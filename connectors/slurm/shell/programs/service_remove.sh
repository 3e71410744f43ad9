# Removes a service's folder. $3 its parent (empty: the user's own), $4 its name. Every generation
# must have ended, or be one that may not begin.
parent=${3:-$HOME/.dssr/services} service=$4
folder=${parent%/}/$service
[ -r "$folder/gen" ] && [ -L "$folder/current" ] || {
    why_unread "$folder/gen" "$3"
    exit 0
}
for generation in "$folder"/gen/*; do
    lists "$generation" end || [ "$(readlink "$generation/begun")" = abandoned ] || {
        [ -d "$generation" ] || continue
        id=$(readlink "$generation/elected") && ask_job "$id" "${generation##*/}" &&
            [ "$state" = gone ] && [ -O "$generation" ] && continue
        echo "alive ${generation##*/}"
        exit 0
    }
done
rm -rf "$folder" 2>/dev/null || unwritable "$folder"
echo "removed $folder"

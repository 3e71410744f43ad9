# What a generation has printed. $3 the parent of the service's folder (empty: the user's own), $4
# its name, $5 the generation, $6 the offset ("-N": the last N bytes), $7 the most bytes.
parent=${3:-$HOME/.dssr/services}
file=${parent%/}/$4/gen/$5/output
[ -f "$file" ] && [ -r "$file" ] || {
    why_unread "$file" "$3"
    exit 0
}
echo "size $(size_of "$file")"
echo
case $6 in
    -*) tail -c "${6#-}" "$file" ;;
    *) tail -c "+$(($6 + 1))" "$file" ;;
esac | head -c "$7"

# Where an interactive job's server is, by the job's own word. $3 native id, $4 bytes of the
# screenshot that the job offers; 0: the address alone.
find_job_or_stop "$3"
served=served.$(readlink "$dir/run" || echo 0)
# Listed, because NFS caches the absence of a name that is looked up.
case " $(echo $(ls "$dir")) " in
*" $served "*) ;;
*)
    echo "unserved"
    exit 0
    ;;
esac
echo "served"
echo
if [ "$4" = 0 ]; then
    cat "$dir/$served"
else
    # A plain file alone: from a FIFO, this would read for ever.
    { read -r address && read -r screenshot && [ -f "$screenshot" ] && head -c "$4" "$screenshot"
    } <"$dir/$served"
fi 2>/dev/null

# Let a held job start. $3 native id.
find_job_or_stop "$3"
said=$(may_be_ours && scontrol release "$id" 2>&1)
echo "code $?" # first: sites' banners have empty lines, and what comes after one is not read
printf '%s\n' "$said" | grep -v '^$'

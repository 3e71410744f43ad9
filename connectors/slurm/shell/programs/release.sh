# Let a held job start. $3 native id.
find_job_or_stop "$3"
said=$(may_be_ordered && scontrol release "$id" 2>&1)
tell_outcome $? "$said"

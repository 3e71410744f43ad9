# Keep a job that waits from starting. $3 native id.
find_job_or_stop "$3"
printed=$(may_be_ordered && scontrol hold "$id" 2>&1)
report_outcome $? "$printed"

# What sbatch prints when its request may have reached the controller and the answer was lost,
# unreadable or not verified (munged was restarted meanwhile).
lost='[Tt]imed out|Zero Bytes were transmitted|Unexpected message received'
lost="$lost|Communication connection|Broken pipe|reset by peer|(send|receive|shutdown) failure"
lost="$lost|slurm_unpack_received_msg|Header lengths|Insane message|[Pp]rotocol [Vv]ersion"
lost="$lost|[Ii]ncomplete packet"

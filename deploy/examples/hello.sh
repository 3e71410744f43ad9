#!/bin/bash
#SBATCH --time=00:05:00
echo "Hello from $(uname -n)"
for step in 1 2 3; do
    echo "step $step of 3"
    sleep 1
done
echo "Done"

#!/bin/bash
# Stop what up.sh has started.
for file in /run/slurmd.pid /run/slurmctld.pid /run/munge/munged.pid; do
  [ -s "$file" ] || continue
  pid=$(cat "$file")
  kill "$pid" 2> /dev/null
  for _ in $(seq 100); do
    kill -0 "$pid" 2> /dev/null || break
    sleep .1
  done
done

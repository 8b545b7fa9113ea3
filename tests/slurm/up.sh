#!/bin/bash
# Start a SLURM of one node, of Debian's slurmctld, slurmd, slurm-client and munge. Only as root, and only on a
# machine that may be thrown away: /etc/slurm/*.conf are written over.
set -eu
HOST=$(hostname -s)
CPUS=$(nproc)
MEMORY=$(($(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 - 1024))
mkdir -p /etc/slurm /var/spool/slurmctld /var/spool/slurmd /var/log/slurm /run/munge /var/log/munge /var/lib/munge
grep -qE "[[:space:]]$HOST(\$|[[:space:]])" /etc/hosts || echo "127.0.0.1 $HOST" >> /etc/hosts
[ -s /etc/munge/munge.key ] || {
  install -d -o munge -g munge -m 700 /etc/munge
  head -c 1024 /dev/urandom > /etc/munge/munge.key
}
chown -R munge:munge /run/munge /var/log/munge /var/lib/munge /etc/munge
chmod 400 /etc/munge/munge.key
chmod 755 /run/munge
# cred_expire and sched_interval: a job that goes back to the queue starts again in seconds, not in minutes.
cat > /etc/slurm/slurm.conf <<CONF
ClusterName=local
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=2,batch_sched_delay=0
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=3600
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=$MEMORY State=UNKNOWN
PartitionName=debug Nodes=$HOST Default=YES MaxTime=INFINITE State=UP
CONF
echo 'CgroupAutomount=no' > /etc/slurm/cgroup.conf
munge -n < /dev/null > /dev/null 2>&1 || timeout 20 runuser -u munge -- /usr/sbin/munged
timeout 20 slurmctld
timeout 20 slurmd
for _ in $(seq 60); do
  [ "$(timeout 5 sinfo -h -o %T 2> /dev/null)" = idle ] && exit 0
  sleep 1
done
echo "the node did not become idle; see /var/log/slurm" >&2
exit 1

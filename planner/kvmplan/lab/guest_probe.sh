#!/bin/sh
# Pings the IPv6 address given fifty times a second and writes each answer with its number to the console; begins again,
# at number 0, where the NIC has gone and come. Writes down too how often each NIC has lost or got its carrier.
export PATH=/bin
exec </dev/null >/dev/console 2>/dev/null
# An address is used at once, not first asked about for a second.
echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad

while :; do
  ping -6 -i 0.02 "$1" || sleep 0.05
done &

while :; do
  for path in /sys/class/net/*; do
    [ -e "$path/device" ] || continue
    read -r count <"$path/carrier_changes" || continue
    nic=${path##*/}
    eval "old=\$carrier_$nic"
    [ "$old" = "$count" ] && continue
    eval "carrier_$nic=\$count"
    echo "kvmplan-lab: $nic carrier $count"
  done
  sleep 0.1
done &

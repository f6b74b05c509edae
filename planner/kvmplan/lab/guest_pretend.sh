#!/bin/sh
# pretend WHAT VALUE TARGET: greets TARGET as somebody else, and prints how that was answered; then all is as before.
# WHAT is "mac", "ip" or "arp": whose sender's address VALUE is.
export PATH=/bin
for path in /sys/class/net/*; do
  [ -e "$path/device" ] && nic=${path##*/}
done
case $1 in
  mac)
    own=$(cat "/sys/class/net/$nic/address")
    ip link set "$nic" address "$2"
    ping -c 2 -W 1 "$3"
    ip link set "$nic" address "$own"
    ;;
  ip)
    ip addr add "$2/32" dev "$nic"
    ping -c 2 -W 1 -I "$2" "$3"
    ip addr del "$2/32" dev "$nic"
    ;;
  arp)
    ip addr add "$2/32" dev "$nic"
    arping -c 2 -w 3 -I "$nic" -s "$2" "$3"
    ip addr del "$2/32" dev "$nic"
    ;;
esac

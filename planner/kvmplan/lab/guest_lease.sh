#!/bin/sh
# What a lab guest does with a DHCP lease; udhcpc passes it in the environment.
export PATH=/bin
case $1 in
  deconfig)
    ip -4 addr flush dev "$interface" 2>/dev/null
    ip link set "$interface" up
    ;;
  bound | renew)
    ip addr replace "$ip/${mask:-24}" dev "$interface"
    ip -o -4 addr show dev "$interface" | while read -r _ _ _ old _; do
      [ "$old" = "$ip/${mask:-24}" ] || ip addr del "$old" dev "$interface"
    done
    for via in $router; do
      ip route replace default via "$via" dev "$interface" metric "$(cat "/sys/class/net/$interface/ifindex")"
      break
    done
    : >/etc/resolv.conf
    for server in $dns; do
      echo "nameserver $server" >>/etc/resolv.conf
    done
    if [ "$1" = bound ]; then
      echo "kvmplan-lab: $interface $(cat "/sys/class/net/$interface/address") has $ip/${mask:-24}" >/dev/console
    fi
    ;;
esac

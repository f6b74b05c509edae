#!/bin/sh
# PID 1 of a lab guest: loads its drivers, serves its pages, and brings up every NIC that is there or comes later.
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /run /tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
name=$(sed -n 's/.*kvmplan\.guest=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -z "$name" ]; then
  echo "kvmplan-lab: alive"
  poweroff -f
fi
hostname "$name"
echo "hello from $name" >/www/index.html
for module in /modules/*.ko; do
  [ -e "$module" ] && insmod "$module"
done
ip link set lo up
httpd -p 8080 -h /www
nc -ll -p 7777 -e cat &
exec 3<>/dev/ttyS1
stty raw -echo <&3
/etc/line <&3 >&3 2>/dev/null &
echo "kvmplan-lab: $name is up"

grep -q ' kvmplan\.carrier' /proc/cmdline && carrier=yes

# A NIC is known by name and index, so that one unplugged and another plugged in at its place are two.
while :; do
  for path in /sys/class/net/*; do
    [ -e "$path/device" ] || continue
    nic=${path##*/}
    seen=/run/nic.$nic.$(cat "$path/ifindex")
    if [ -e "$seen" ]; then
      # As most systems do when a cable was pulled and is plugged in again: let go of the lease and ask for another.
      [ -z "$carrier" ] || [ "$(cat "$path/carrier" 2>/dev/null)" != 1 ] && continue
      changes=$(cat "$path/carrier_changes")
      [ "$changes" = "$(cat "/run/carrier.$nic")" ] && continue
      echo "$changes" >"/run/carrier.$nic"
      kill -USR2 "$(cat "$seen")"
      kill -USR1 "$(cat "$seen")"
      continue
    fi
    ip link set "$nic" up
    cat "$path/carrier_changes" >"/run/carrier.$nic"
    udhcpc -f -i "$nic" -s /etc/lease -x "hostname:$name" -t 15 -T 1 -A 1 >/dev/null 2>&1 &
    echo $! >"$seen"
    echo "kvmplan-lab: $nic $(cat "$path/address") plugged"
  done
  for seen in /run/nic.*; do
    [ -e "$seen" ] || continue
    nic=${seen#/run/nic.}
    index=${nic##*.}
    nic=${nic%.*}
    [ "$(cat "/sys/class/net/$nic/ifindex" 2>/dev/null)" = "$index" ] && continue
    kill "$(cat "$seen")" 2>/dev/null
    rm -f "$seen"
    echo "kvmplan-lab: $nic unplugged"
  done
  sleep 1
done

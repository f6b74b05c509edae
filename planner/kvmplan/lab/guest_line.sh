#!/bin/sh
# Runs scripts that come in by the serial line, one after another, and says what came of them (see line.py).
export PATH=/bin
while read -r token script; do
  [ -n "$script" ] || continue
  echo "$script" | base64 -d >/run/script
  sh /run/script </dev/null >/run/said 2>&1
  echo "$token $? $(base64 -w 0 /run/said)"
done

#!/bin/sh
# Makes the golden files of the present format: make.sh PROGRAM NUMBER FOLDER
set -eu
program=$(realpath "$1")
folder=$(realpath "$3")
cd "$(mktemp -d)"
awk 'BEGIN {
  print "timestamp,device_id,power,voltage,current,power_factor,energy_wh"
  for (i = 0; i < 4400; i++)
    printf "%d,late,%d.5,,,,\n", 1696118400 + i * 60, i * i % 97
  for (i = 0; i < 300; i++) {
    printf "%d,plug,,%d.%d,0.%03d,0.9%d,\n", 1696118400 + i * 900, 220 + i % 9,
      i % 10, i * 7 % 1000, i % 10
    printf "%d,meter,,,,,%d.123456789\n", 1696118400 + i * 900, i
  }
  print "-86400,old,0.000000001,,,,"
  print "garbage"
  print "1696118400,late,x,,,,"
}' > first.csv
awk 'BEGIN {
  print "timestamp,device_id,power"
  for (i = 0; i < 12; i++)
    printf "%d,late,%d\n", 1696118400 + i * 7170, i
  print "4133894400,plug,1"
}' > second.csv
"$program" import --quiet --db format.db first.csv
"$program" import --quiet --db format.db second.csv
"$program" export format.db > format.csv
"$program" report --json format.db > format.json
for kind in db csv json; do
    gzip -9 -n -c "format.$kind" > "$folder/format-$2.$kind.gz"
done

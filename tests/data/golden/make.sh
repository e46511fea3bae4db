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
# local times of the night of a clock change, a counter that was reset, returned
# energy, and a file whose readings are removed again
awk 'BEGIN {
  print "time,device_id,energy_total_wh,energy_returned_wh"
  for (i = 0; i < 200; i++) {
    hour = int(i / 4)
    hour -= hour > 26 ? 1 : 0
    printf "2023-10-%02d %02d:%02d,counter,%d,%d\n", 28 + int(hour / 24),
      hour % 24, i % 4 * 15, i < 150 ? 5000 + i * 40 : (i - 150) * 40, i % 5
  }
}' > local.csv
awk 'BEGIN {
  print "timestamp,device_id,power"
  for (i = 0; i < 50; i++)
    printf "%d,late,%d\n", 1696118430 + i * 600, 7 + i
}' > removed.csv
zone= more=
if [ "$2" -ge 3 ]; then
    zone="--tz Europe/Brussels" more="local.csv removed.csv"
fi
"$program" import --quiet --db format.db $zone first.csv $more
"$program" import --quiet --db format.db second.csv
if [ "$2" -ge 3 ]; then
    "$program" forget --quiet format.db removed.csv
    "$program" forget --quiet format.db --device meter --until 2023-10-01T06:00
fi
"$program" export format.db > format.csv
"$program" report --json format.db > format.json
for kind in db csv json; do
    gzip -9 -n -c "format.$kind" > "$folder/format-$2.$kind.gz"
done

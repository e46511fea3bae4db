# mawk does the work of the benchmark in one pass. Times are compared as text,
# which their form allows, so it is spared reading them.
#
#     mawk -f mawk_peer.awk FOLDER/readings_*.csv

BEGIN { FS = "," }

FNR == 1 { next }

{
    power = $3 * $4 * $5
    square = $5 * $5
    efficiency = $5 * exp(-4 * square * (1 - square)) / (1 + log(1 + $4))
    if (!($2 in count) || $1 < first[$2]) first[$2] = $1
    if ($1 > last[$2]) last[$2] = $1
    count[$2]++
    power_sum[$2] += power
    efficiency_sum[$2] += efficiency
}

function instant(text) {
    sub(" ", "T", text)
    return text "Z"
}

END {
    for (id in count) {
        total += count[id]
        all_power += power_sum[id]
        all_efficiency += efficiency_sum[id]
    }
    printf "{\"total\":%d,\"mean_power_w\":%.17g,\"efficiency\":%.17g,",
        total, all_power / total, all_efficiency / total
    printf "\"per_device\":{"
    for (id in count) {
        printf "%s\"%s\":[%d,%.17g,%.17g,\"%s\",\"%s\"]", comma, id,
            count[id], power_sum[id] / count[id],
            efficiency_sum[id] / count[id], instant(first[id]),
            instant(last[id])
        comma = ","
    }
    print "},\"load_s\":null,\"analytics_s\":null}"
}

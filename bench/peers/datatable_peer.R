# R's data.table does the work of the benchmark: fread with all cores and the
# column types given, one grouped query.
#
#     Rscript datatable_peer.R FOLDER

suppressPackageStartupMessages(library(data.table))
setDTthreads(0)
folder <- commandArgs(trailingOnly = TRUE)[1]
clock <- function() as.numeric(proc.time()["elapsed"])

started <- clock()
files <- sort(list.files(folder, "^readings_.*[.]csv$", full.names = TRUE))
types <- c(timestamp = "POSIXct", device_id = "character",
           voltage = "numeric", current = "numeric", power_factor = "numeric")
readings <- rbindlist(lapply(files, fread, sep = ",", header = TRUE,
                             colClasses = types, tz = "UTC",
                             showProgress = FALSE))
loaded <- clock()
readings[, power := voltage * current * power_factor]
readings[, efficiency := power_factor *
           exp(-4 * power_factor^2 * (1 - power_factor^2)) /
           (1 + log1p(current))]
devices <- readings[, .(count = .N, power = mean(power),
                        efficiency = mean(efficiency),
                        first = min(timestamp), last = max(timestamp)),
                    by = device_id]
finished <- clock()

instant <- function(times) {
  format(as.POSIXct(times, origin = "1970-01-01", tz = "UTC"),
         "%Y-%m-%dT%H:%M:%SZ", tz = "UTC")
}
rows <- devices[, sprintf('"%s":[%d,%.17g,%.17g,"%s","%s"]', device_id, count,
                          power, efficiency, instant(first), instant(last))]
cat(sprintf(paste0('{"version":"%s","total":%d,"mean_power_w":%.17g,',
                   '"efficiency":%.17g,"per_device":{'),
            packageVersion("data.table"), nrow(readings),
            mean(readings$power), mean(readings$efficiency)))
cat(rows, sep = ",")
cat(sprintf('},"load_s":%.3f,"analytics_s":%.3f}\n',
            loaded - started, finished - loaded))

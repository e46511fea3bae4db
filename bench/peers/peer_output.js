// What the Node.js peers share: finding the files, and printing the answer.

'use strict';

const fs = require('fs');
const path = require('path');

/** The files of readings of a folder, plain or packed, sorted by name. */
function readingFiles(folder) {
  return fs.readdirSync(folder)
    .filter((name) => /^readings_.*\.csv(\.gz|\.zst)?$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

/** Whether lines of a plain file end with CR LF; packed ones are not opened. */
function hasCrLf(name) {
  if (!name.endsWith('.csv')) {
    return false;
  }
  const start = Buffer.alloc(4096);
  const file = fs.openSync(name, 'r');
  fs.readSync(file, start);
  fs.closeSync(file);
  return start.includes('\r\n');
}

/**
 * Prints the answer as JSON. Each row is a device: [id, count, mean_power_w,
 * efficiency, first, last]; the figures over all readings follow from them.
 */
function printAnswer(version, rows, loadS, analyticsS) {
  let total = 0;
  let power = 0;
  let efficiency = 0;
  const perDevice = {};
  for (const [id, ...values] of rows) {
    values[0] = Number(values[0]);
    const [count, meanPower, meanEfficiency] = values;
    total += count;
    power += count * meanPower;
    efficiency += count * meanEfficiency;
    perDevice[id] = values;
  }
  fs.writeSync(1, JSON.stringify({
    version,
    total,
    mean_power_w: power / total,
    efficiency: efficiency / total,
    per_device: perDevice,
    load_s: loadS,
    analytics_s: analyticsS,
  }));
}

/** Seconds on a clock that only runs forward. */
function now() {
  return Number(process.hrtime.bigint()) / 1e9;
}

module.exports = { readingFiles, hasCrLf, printAnswer, now };

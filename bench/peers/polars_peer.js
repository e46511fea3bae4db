// Polars does the work of the benchmark: one lazy query straight over the CSV
// files, with all cores and the column types given.
//
//     node polars_peer.js FOLDER

'use strict';

const path = require('path');
const pl = require('nodejs-polars');
const { printAnswer, now } = require('./peer_output');

const schema = {
  timestamp: pl.Datetime('ms'),
  device_id: pl.Utf8,
  voltage: pl.Float64,
  current: pl.Float64,
  power_factor: pl.Float64,
};

const started = now();
const factor = pl.col('power_factor');
const square = factor.mul(factor);
const result = pl.scanCSV(path.join(process.argv[2], 'readings_*.csv'),
  { schema, hasHeader: true })
  .withColumns(
    pl.col('voltage').mul(pl.col('current')).mul(factor).alias('power'),
    factor.mul(square.mul(pl.lit(1).sub(square)).mul(-4).exp())
      .div(pl.col('current').add(1).log(Math.E).add(1)).alias('efficiency'))
  .groupBy('device_id')
  .agg(
    pl.len().alias('count'),
    pl.col('power').mean().alias('mean_power_w'),
    pl.col('efficiency').mean().alias('mean_efficiency'),
    pl.col('timestamp').min().alias('first'),
    pl.col('timestamp').max().alias('last'))
  .collectSync();
const text = (instant) => new Date(instant).toISOString().replace('.000', '');
const rows = result.rows().map(([id, count, power, efficiency, first, last]) =>
  [id, count, power, efficiency, text(first), text(last)]);
printAnswer(require('nodejs-polars/package.json').version, rows, null,
  now() - started);

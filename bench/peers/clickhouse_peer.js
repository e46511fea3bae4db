// ClickHouse (as the library chDB) does the work of the benchmark: one query
// straight over the CSV files, with all cores and the column types given.
//
//     node clickhouse_peer.js FOLDER

'use strict';

const path = require('path');
const { query } = require('chdb');
const { printAnswer, now } = require('./peer_output');

const columns = 'timestamp DateTime(\\\'UTC\\\'), device_id String, '
  + 'voltage Float64, current Float64, power_factor Float64';

const statement = (folder) => `
  SELECT device_id, toUInt32(count()), avg(power), avg(efficiency),
         formatDateTime(min(timestamp), '%Y-%m-%dT%H:%i:%SZ'),
         formatDateTime(max(timestamp), '%Y-%m-%dT%H:%i:%SZ')
  FROM (
    SELECT timestamp, device_id, voltage * current * power_factor AS power,
           power_factor
             * exp(-4 * power_factor * power_factor
                   * (1 - power_factor * power_factor))
             / (1 + log1p(current)) AS efficiency
    FROM file('${folder}/readings_*.csv', 'CSVWithNames', '${columns}'))
  GROUP BY device_id`;

const started = now();
const version = query('SELECT version()', 'TabSeparated').toString().trim();
const opened = now();
const answer = query(statement(path.resolve(process.argv[2])),
  'JSONCompactEachRow').toString();
const lines = answer.split('\n').filter(Boolean);
const rows = lines.map((line) => JSON.parse(line));
printAnswer(version, rows, opened - started, now() - opened);

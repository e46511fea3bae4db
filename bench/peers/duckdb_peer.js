// DuckDB does the work of the benchmark: one query straight over the CSV
// files, plain or packed, with all cores, the column types given and nothing left to guess.
//
//     node duckdb_peer.js FOLDER

'use strict';

const { DuckDBInstance, version } = require('@duckdb/node-api');
const { readingFiles, hasCrLf, printAnswer, now } = require('./peer_output');

const query = (files) => `
  SELECT device_id, count(*), avg(power), avg(efficiency),
         strftime(min(timestamp), '%Y-%m-%dT%H:%M:%SZ'),
         strftime(max(timestamp), '%Y-%m-%dT%H:%M:%SZ')
  FROM (
    SELECT timestamp, device_id, voltage * current * power_factor AS power,
           power_factor
             * exp(-4 * power_factor * power_factor
                   * (1 - power_factor * power_factor))
             / (1 + ln(1 + current)) AS efficiency
    FROM read_csv([${files.map((name) => `'${name}'`).join(', ')}],
      auto_detect = false, header = true, delim = ',', quote = '"',
      escape = '"', new_line = '${hasCrLf(files[0]) ? '\\r\\n' : '\\n'}',
      columns = {'timestamp': 'TIMESTAMP', 'device_id': 'VARCHAR',
                 'voltage': 'DOUBLE', 'current': 'DOUBLE',
                 'power_factor': 'DOUBLE'}))
  GROUP BY device_id`;

async function main() {
  const started = now();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('SET preserve_insertion_order = false');
  const opened = now();
  const result = await connection.runAndReadAll(
    query(readingFiles(process.argv[2])));
  const rows = result.getRows();
  printAnswer(version(), rows, opened - started, now() - opened);
}

main();

// DuckDB as a store: readings kept in a database file of its own, asked later.
//
//     node duckdb_store.js load FOLDER FILE double|decimal
//     node duckdb_store.js report FILE
//     node duckdb_store.js query FILE QUESTION N
//     node duckdb_store.js open FILE QUESTION N
//
// QUESTION is JSON: device, since, until (each may be null), every (hour or
// day) and energy (whether it is asked for). query asks it N times of an open
// database, after once uncounted when N is above 1; open opens and closes the
// file each time. All print JSON.

'use strict';

const fs = require('fs');
const { DuckDBInstance, version } = require('@duckdb/node-api');
const { readingFiles, printAnswer, now } = require('./peer_output');
const { loadQuery, reportQuery, powerQuery, energyQuery } =
  require('./duckdb_tables');

const READ_ONLY = { access_mode: 'READ_ONLY' };

async function load(folder, file, kind) {
  const started = now();
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(loadQuery(readingFiles(folder), kind));
  await connection.run('CHECKPOINT');
  const counted = await connection.runAndReadAll(
    'SELECT count(*) FROM readings');
  connection.closeSync();
  instance.closeSync();
  fs.writeSync(1, JSON.stringify({
    version: version(),
    total: Number(counted.getRows()[0][0]),
    inside_s: now() - started,
  }));
}

async function report(file) {
  const started = now();
  const instance = await DuckDBInstance.create(file, READ_ONLY);
  const connection = await instance.connect();
  await connection.run('SET preserve_insertion_order = false');
  const opened = now();
  const result = await connection.runAndReadAll(reportQuery);
  printAnswer(version(), result.getRows(), opened - started, now() - opened);
}

/** Rows as numbers: start in ms, readings, mean, least, greatest, kWh. */
function numbers(result) {
  return result.getRows().map((row) => row.map(Number));
}

async function ask(file, question, n, reopens) {
  const query = question.energy ? energyQuery(question) : powerQuery(question);
  const timesS = [];
  let instance = null;
  let connection = null;
  let rows = [];
  for (let turn = n > 1 ? -1 : 0; turn < n; turn += 1) {
    const began = now();
    if (!connection) {
      instance = await DuckDBInstance.create(file, READ_ONLY);
      connection = await instance.connect();
    }
    const asked = reopens ? began : now();
    rows = numbers(await connection.runAndReadAll(query));
    if (reopens) {
      connection.closeSync();
      instance.closeSync();
      connection = null;
    }
    if (turn >= 0) {
      timesS.push(now() - asked);
    }
  }
  fs.writeSync(1, JSON.stringify({ version: version(), times_s: timesS, rows }));
}

function main([command, ...words]) {
  switch (command) {
    case 'load':
      return load(words[0], words[1], words[2]);
    case 'report':
      return report(words[0]);
    case 'query':
    case 'open':
      return ask(words[0], JSON.parse(words[1]), Number(words[2]),
        command === 'open');
    default:
      throw new Error(`no such command: ${command}`);
  }
}

main(process.argv.slice(2));

// What is said to DuckDB when it keeps readings in a file: the two sets of
// column types, and the queries.

'use strict';

/**
 * Types of the measured columns: as the other peer has them, and exact ones
 * that just hold what wattle generate makes.
 */
const COLUMN_TYPES = {
  double: ['DOUBLE', 'DOUBLE', 'DOUBLE'],
  decimal: ['DECIMAL(4,1)', 'DECIMAL(7,3)', 'DECIMAL(3,2)'],
};

/** Makes the table out of CSV files whose types are given, not guessed. */
function loadQuery(files, kind) {
  const [voltage, current, factor] = COLUMN_TYPES[kind];
  return `
    CREATE TABLE readings AS
    SELECT * FROM read_csv([${files.map((name) => `'${name}'`).join(', ')}],
      auto_detect = false, header = true, delim = ',', quote = '"',
      escape = '"', new_line = '\\n',
      columns = {'timestamp': 'TIMESTAMP', 'device_id': 'VARCHAR',
                 'voltage': '${voltage}', 'current': '${current}',
                 'power_factor': '${factor}'})
    ORDER BY device_id, timestamp`;
}

/** The formulas in floating point, whatever the types of the columns. */
const reportQuery = `
  SELECT device_id, count(*), avg(power), avg(efficiency),
         strftime(min(timestamp), '%Y-%m-%dT%H:%M:%SZ'),
         strftime(max(timestamp), '%Y-%m-%dT%H:%M:%SZ')
  FROM (
    SELECT timestamp, device_id, v * i * f AS power,
           f * exp(-4 * f * f * (1 - f * f)) / (1 + ln(1 + i)) AS efficiency
    FROM (SELECT timestamp, device_id, voltage::DOUBLE AS v,
                 current::DOUBLE AS i, power_factor::DOUBLE AS f
          FROM readings))
  GROUP BY device_id`;

/** The condition on devices and times; a limit that is absent is no limit. */
function condition(question, last) {
  const parts = [];
  if (question.device) {
    parts.push(`device_id = '${question.device}'`);
  }
  if (question.since) {
    parts.push(`timestamp >= TIMESTAMP '${question.since}'`);
  }
  if (question.until) {
    parts.push(`timestamp ${last} TIMESTAMP '${question.until}'`);
  }
  return parts.length ? `WHERE ${parts.join(' AND ')}` : '';
}

const POWER = 'voltage::DOUBLE * current::DOUBLE * power_factor::DOUBLE';

/**
 * Readings and power by hour or day, without energy: no reading is looked at
 * beside its neighbour.
 */
function powerQuery(question) {
  const bucket = `date_trunc('${question.every}', timestamp)`;
  return `
    SELECT epoch_ms(${bucket}) AS start, count(*), avg(power), min(power),
           max(power)
    FROM (SELECT timestamp, ${POWER} AS power FROM readings
          ${condition(question, '<')})
    GROUP BY start ORDER BY start`;
}

/**
 * The same with energy: the area under the straight line from each reading to
 * the next of its device, at most an hour later. Generated readings fall on
 * the ends of hours, so no step has to be split.
 */
function energyQuery(question) {
  const until = question.until
    ? `WHERE timestamp < TIMESTAMP '${question.until}'` : '';
  return `
    SELECT epoch_ms(date_trunc('${question.every}', timestamp)) AS start,
           count(*), avg(power), min(power), max(power),
           coalesce(sum(CASE WHEN step_ms <= 3600000
                        THEN (power + next_power) * step_ms END), 0) / 7.2e9
    FROM (
      SELECT timestamp, power, lead(power) OVER device AS next_power,
             epoch_ms(lead(timestamp) OVER device) - epoch_ms(timestamp)
               AS step_ms
      FROM (SELECT device_id, timestamp, ${POWER} AS power FROM readings
            ${condition(question, '<=')})
      WINDOW device AS (PARTITION BY device_id ORDER BY timestamp))
    ${until}
    GROUP BY start ORDER BY start`;
}

module.exports = { loadQuery, reportQuery, powerQuery, energyQuery };

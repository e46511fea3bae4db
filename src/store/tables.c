/*
 * tables.c - tables for the program, views for people.
 *
 * The texts are the format: an object of a database counts as ours only if its
 * SQL is one of these statements (tables_compare).
 */
#include "store/tables.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define TABLES_PLACE                                                           \
    "CREATE TABLE place(file INTEGER PRIMARY KEY, real_path TEXT NOT NULL, "   \
    "ends_record INTEGER NOT NULL, value_kind INTEGER NOT NULL, "              \
    "content INTEGER NOT NULL);"                                               \
    "CREATE INDEX place_by_path ON place(real_path);"                          \
    "CREATE INDEX place_by_content ON place(content);"

#define TABLES_DELTA                                                           \
    "CREATE TABLE delta("                                                      \
    "  device INTEGER NOT NULL, time_ms INTEGER NOT NULL,"                     \
    "  n_duplicates INTEGER NOT NULL, n_rounded INTEGER NOT NULL," /* data     \
                                                                      lines    \
                                                                      that a   \
                                                                      chunk    \
                                                                      counts   \
                                                                      as well; \
                                                                      0 = none \
                                                                    */         \
    "  n_shadowed INTEGER NOT NULL,"                                           \
    "  data BLOB NOT NULL, checksum INTEGER NOT NULL,"                         \
    "  PRIMARY KEY(device, time_ms)) WITHOUT ROWID;"

/* Keys of meta that came with format 2; format 1 had the first 5 measures. */
#define META_NEW_IN_2                                                          \
    "INSERT INTO meta VALUES('zone', 'UTC'), ('max_gap_ms', 3600000), "        \
    "('n_measures', 5);"

#define TABLES_LOCAL_FILE                                                      \
    "CREATE TABLE local_file("                                                 \
    "  file INTEGER PRIMARY KEY,"                                              \
    "  zone TEXT NOT NULL, has_times INTEGER NOT NULL,"                        \
    "  states BLOB NOT NULL, checksum INTEGER NOT NULL);"

const char tables_place[] = TABLES_PLACE;
#define TABLES_FORGOTTEN                                                       \
    "CREATE TABLE forgotten("                                                  \
    "  number INTEGER PRIMARY KEY,"                                            \
    "  forgotten_at TEXT NOT NULL, what TEXT NOT NULL,"                        \
    "  n_readings INTEGER NOT NULL, checksum INTEGER NOT NULL);"               \
    "CREATE TABLE forgotten_data("                                             \
    "  number INTEGER PRIMARY KEY,"                                            \
    "  forgotten INTEGER NOT NULL, device INTEGER NOT NULL,"                   \
    "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"                   \
    "  n_readings INTEGER NOT NULL, data BLOB NOT NULL,"                       \
    "  checksum INTEGER NOT NULL);"                                            \
    "INSERT INTO meta VALUES('forgotten', 0);"

/* of rejected lines, those that name a device */
#define TABLES_REJECT_DEVICE                                                   \
    "CREATE TABLE reject_device("                                              \
    "  file INTEGER NOT NULL, device INTEGER NOT NULL,"                        \
    "  n INTEGER NOT NULL, checksum INTEGER NOT NULL,"                         \
    "  PRIMARY KEY(file, device)) WITHOUT ROWID;"

const char tables_new_in_3[] =
    TABLES_LOCAL_FILE TABLES_FORGOTTEN TABLES_REJECT_DEVICE;
const char tables_new_in_2[] = TABLES_DELTA META_NEW_IN_2;

const char tables_all[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('generation', 0), ('lost', 0),"
    "  ('metered', x'c294d3380580062d');" /* no device: see metered.c */
    META_NEW_IN_2 "CREATE TABLE device("
    "  number INTEGER PRIMARY KEY,"
    "  device_id TEXT NOT NULL UNIQUE,"
    "  name TEXT, location TEXT, rated_w REAL,"
    "  checksum INTEGER NOT NULL);"
    "CREATE TABLE file("
    "  number INTEGER PRIMARY KEY,"
    "  path TEXT NOT NULL,"
    "  is_usable INTEGER NOT NULL,"
    "  problem TEXT,"
    "  size_bytes INTEGER NOT NULL,"
    "  modified_ns INTEGER NOT NULL,"
    "  n_lines INTEGER NOT NULL,"
    "  n_rejects INTEGER NOT NULL,"
    "  file_lines INTEGER NOT NULL," /* LF before the end, header included */
    "  parts BLOB,"
    "  imported_at TEXT NOT NULL,"
    "  checksum INTEGER NOT NULL);"
    "CREATE INDEX file_by_path ON file(path);"
    "CREATE INDEX file_by_size ON file(size_bytes);"
    /* where a file was; of files that came with format 1 there may be none */
    TABLES_PLACE "CREATE TABLE reject("
    "  file INTEGER NOT NULL, line INTEGER NOT NULL,"
    "  reason INTEGER NOT NULL, raw BLOB NOT NULL, checksum INTEGER NOT NULL,"
    "  PRIMARY KEY(file, line)) WITHOUT ROWID;"
    "CREATE TABLE reject_count("
    "  file INTEGER NOT NULL, reason INTEGER NOT NULL, n INTEGER NOT NULL,"
    "  PRIMARY KEY(file, reason)) WITHOUT ROWID;"
    "CREATE TABLE chunk("
    "  number INTEGER PRIMARY KEY,"
    "  device INTEGER NOT NULL,"
    "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    "  n_readings INTEGER NOT NULL,"
    "  n_duplicates INTEGER NOT NULL, n_rounded INTEGER NOT NULL,"
    "  energy_kwh REAL, mean_power_w REAL,"
    "  min_power_w REAL, max_power_w REAL,"
    "  summary BLOB NOT NULL, checksum INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX chunk_by_time ON chunk(device, first_ms, last_ms);"
    "CREATE TABLE chunk_data("
    "  number INTEGER PRIMARY KEY,"
    "  checksum INTEGER NOT NULL, data BLOB NOT NULL);" TABLES_DELTA
    "CREATE TABLE rollup("
    "  number INTEGER PRIMARY KEY," /* device * 2^24 + day + 2^23 */
    "  n_readings INTEGER NOT NULL,"
    "  mean_mw INTEGER, min_mw INTEGER, max_mw INTEGER,"
    "  energy_mwh INTEGER NOT NULL,"
    "  hours INTEGER NOT NULL, hour_low_mwh INTEGER NOT NULL,"
    "  hour_mwh BLOB NOT NULL);"
    "CREATE TABLE correction("
    "  number INTEGER PRIMARY KEY,"
    "  device INTEGER NOT NULL,"
    "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    "  n_replaced INTEGER NOT NULL, imported_at TEXT NOT NULL,"
    "  checksum INTEGER NOT NULL);";

/* Laid out as SQL is read. */
/* clang-format off */

/* A time in ms as text. */
#define TIME_TEXT(ms)                                                          \
    "strftime('%Y-%m-%dT%H:%M:%SZ', (" ms ") / 1000.0, 'unixepoch')"

#define FIRST_MS                                                               \
    "SELECT min(t) FROM ("                                                     \
    "SELECT min(first_ms) AS t FROM chunk WHERE device = d.number UNION ALL "  \
    "SELECT min(time_ms) FROM delta WHERE device = d.number)"

#define LAST_MS                                                                \
    "SELECT max(t) FROM ("                                                     \
    "SELECT max(last_ms) AS t FROM chunk WHERE device = d.number UNION ALL "   \
    "SELECT max(time_ms) FROM delta WHERE device = d.number)"

/* Days of a device: rollup.h numbers them. */
#define JOIN_DAYS                                                              \
    "FROM device d JOIN rollup r ON r.number"                                  \
    "    BETWEEN d.number * 16777216 AND d.number * 16777216 + 16777215"
#define DAY "(r.number % 16777216 - 8388608)"

/* Digit k (from 1) of x, as a number. */
#define DIGIT(k) "instr('123456789ABCDEF', substr(x, " #k ", 1))"

const char tables_views[] =
    "CREATE VIEW devices AS SELECT"
    "  d.device_id, d.name, d.location, d.rated_w,"
    "  (SELECT ifnull(sum(n_readings), 0) FROM chunk WHERE device = d.number)"
    "  + (SELECT count(*) FROM delta WHERE device = d.number AND n_shadowed = 0)"
    "    AS n_readings,"
    "  " TIME_TEXT("(" FIRST_MS ")") " AS first,"
    "  " TIME_TEXT("(" LAST_MS ")") " AS last"
    "  FROM device d ORDER BY d.device_id;"

    "CREATE VIEW files AS SELECT"
    "  path, size_bytes, n_lines, n_rejects, problem, imported_at"
    "  FROM file ORDER BY number;"

    "CREATE VIEW corrections AS SELECT"
    "  d.device_id, c.n_replaced,"
    "  " TIME_TEXT("c.first_ms") " AS first,"
    "  " TIME_TEXT("c.last_ms") " AS last, c.imported_at"
    "  FROM correction c JOIN device d ON d.number = c.device"
    "  ORDER BY c.number;";

#define DAILY(energy, mean)                                                    \
    "CREATE VIEW daily AS SELECT"                                              \
    "  d.device_id, date(" DAY " * 86400, 'unixepoch') AS day, r.n_readings,"  \
    "  " energy " AS energy_kwh, r.mean_mw / 1e3 AS " mean ","                 \
    "  r.min_mw / 1e3 AS min_power_w, r.max_mw / 1e3 AS max_power_w"           \
    "  " JOIN_DAYS ";"

/*
 * x: the hour as 12 hexadecimal digits. The limit keeps SQLite from computing
 * it for each digit once more.
 */
#define HOURLY(z, energy)                                                            \
    "CREATE VIEW hourly AS SELECT"                                             \
    "  d.device_id,"                                                           \
    "  strftime('%Y-%m-%dT%H:%M:%S" z ","                                      \
    "    " DAY " * 86400 + h.value * 3600, 'unixepoch') AS hour," \
    "  " energy "(r.hour_low_mwh + (SELECT" \
    "    " DIGIT(1) " * 17592186044416 + " DIGIT(2) " * 1099511627776 +" \
    "    " DIGIT(3) " * 68719476736 + " DIGIT(4) " * 4294967296 +" \
    "    " DIGIT(5) " * 268435456 + " DIGIT(6) " * 16777216 +" \
    "    " DIGIT(7) " * 1048576 + " DIGIT(8) " * 65536 +" \
    "    " DIGIT(9) " * 4096 + " DIGIT(10) " * 256 +" \
    "    " DIGIT(11) " * 16 + " DIGIT(12) \
    "    FROM (SELECT substr('000000000000' || substr(hex(r.hour_mwh)," \
    "      h.value * (length(r.hour_mwh) / 12) + 1," \
    "      length(r.hour_mwh) / 12), -12) AS x LIMIT 1))) / 1e6" \
    "    AS energy_kwh" \
    "  " JOIN_DAYS \
    "  JOIN json_each(" \
    "    '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23]') h" \
    "  WHERE r.hours >> h.value & 1;"

/*
 * Whether a device has energies, which the rollup does not know: a bit of
 * meta.metered, behind a checksum of eight bytes.
 */
#define IS_METERED                                                             \
    "(SELECT instr('0123456789ABCDEF', substr(hex(value), d.number / 8 * 2 + " \
    "17 + (d.number % 8 < 4), 1)) - 1 >> d.number % 4 & 1 FROM meta WHERE "     \
    "key = 'metered' AND length(value) > 8 + d.number / 8)"

/* What format 2 had: hours of UTC, energies at an instant. */
const char tables_days_2[] = DAILY("r.energy_mwh / 1e6", "mean_power_w")
    HOURLY("Z'", "");

/* Hours of the database's zone, without an offset. */
const char tables_days[] =
    DAILY("iif(ifnull(" IS_METERED ", 0), NULL, r.energy_mwh / 1e6)",
          "reading_mean_w")
    HOURLY("' || (SELECT iif(value = 'UTC', 'Z', '') FROM meta WHERE key ="
           " 'zone')", "iif(ifnull(" IS_METERED ", 0), NULL, 1) * ")
    "CREATE VIEW rejected_lines AS SELECT"
    "  f.path, r.line, CASE r.reason WHEN 0 THEN 'quote' WHEN 1 THEN 'fields'"
    "    WHEN 2 THEN 'timestamp' WHEN 3 THEN 'device' WHEN 4 THEN 'missing'"
    "    WHEN 5 THEN 'number' WHEN 6 THEN 'range' END AS reason,"
    "  CAST(r.raw AS TEXT) AS text"
    "  FROM reject r JOIN file f ON f.number = r.file"
    "  ORDER BY r.file, r.line;";

/* clang-format on */

const char tables_drop_views[] =
    "DROP VIEW IF EXISTS devices; DROP VIEW IF EXISTS files;"
    "DROP VIEW IF EXISTS corrections; DROP VIEW IF EXISTS daily;"
    "DROP VIEW IF EXISTS hourly; DROP VIEW IF EXISTS rejected_lines;";

/*
 * Where a statement of a text makes an object of that name: at its CREATE; NULL
 * when none does. len: of the statement, without its semicolon.
 */
static const char *
find_in_text(const char *text, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    for (const char *at = text; (at = strstr(at, "CREATE ")) != NULL; at++) {
        const char *word = at + strlen("CREATE ");
        word += strncmp(word, "UNIQUE ", 7) == 0 ? 7 : 0;
        word += strcspn(word, " ") + 1; /* TABLE, INDEX, VIEW */
        if (strncasecmp(word, name, name_len) != 0 ||
            strchr("( ", word[name_len]) == NULL)
            continue;
        *len = strcspn(at, ";");
        return at;
    }
    return NULL;
}

static const char *
find_statement(const char *const *texts, const char *name, size_t *len)
{
    const char *found = NULL;
    for (; *texts != NULL && found == NULL; texts++)
        found = find_in_text(*texts, name, len);
    return found;
}

enum tables_kind
tables_compare(const struct tables_format *format, const char *name,
               const char *sql)
{
    size_t len = 0;
    const char *wanted = find_statement(format->tables, name, &len);
    if (wanted == NULL)
        wanted = find_statement(format->views, name, &len);
    if (wanted == NULL)
        return TABLES_FOREIGN;
    return sql != NULL && strlen(sql) == len && memcmp(sql, wanted, len) == 0
               ? TABLES_OURS
               : TABLES_FALSE;
}

bool
tables_is_needed(const char *sql)
{
    static const char table[] = "CREATE TABLE ";
    return strncmp(sql, table, sizeof(table) - 1) == 0;
}

size_t
tables_count_needed(const struct tables_format *format)
{
    size_t n = 0;
    for (const char *const *text = format->tables; *text != NULL; text++) {
        for (const char *at = *text; (at = strstr(at, "CREATE ")) != NULL; at++)
            n += tables_is_needed(at) ? 1 : 0;
    }
    return n;
}

const struct tables_format *
tables_format_of(const struct tables_format *format, int64_t version)
{
    while (format != NULL && format->version != version)
        format = format->readable;
    return format;
}

/*
 * test_power_cut.c - the power fails at any moment of an import: what was not
 * synced may be there, not there, or torn at 512 bytes.
 *
 * SQLite's files go through a layer that writes down every write, truncation
 * and sync of the database and its journal. From that list the files are made
 * as a disk may hold them after a cut; they must be a whole database in the
 * state before the import or after it, and the import must run again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generate/counter_hash.h"
#include "wattle/import.h"
#include "wattle/maintain.h"
#include "wattle/stdio.h"

enum { SECTOR = 512, N_FILES = 3, N_RANDOM_CUTS = 40 };

static uint64_t seed_counter;

static uint64_t
below(uint64_t limit)
{
    return counter_hash(15, seed_counter++) % limit;
}

/* Of the database, its write-ahead log and its rollback journal. */
static const char *const ends[N_FILES] = {"", "-wal", "-journal"};

/* ---- the list of what was done ------------------------------------------ */

enum kind { DO_WRITE, DO_TRUNCATE, DO_SYNC };

struct action {
    enum kind kind;
    int file; /* see ends */
    sqlite3_int64 at;
    size_t len;
    uint8_t *bytes;
};

static struct action *actions;
static size_t n_actions, action_cap;
static bool is_recording;
static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER;

static void
record(enum kind kind, int file, sqlite3_int64 at, const void *bytes,
       size_t len)
{
    pthread_mutex_lock(&recording);
    if (is_recording && file >= 0) {
        if (n_actions == action_cap) {
            action_cap = 2 * action_cap + 64;
            actions = realloc(actions, action_cap * sizeof(*actions));
            assert_non_null(actions);
        }
        struct action *a = &actions[n_actions++];
        *a = (struct action){kind, file, at, len, NULL};
        if (len > 0) {
            a->bytes = malloc(len);
            assert_non_null(a->bytes);
            memcpy(a->bytes, bytes, len);
        }
    }
    pthread_mutex_unlock(&recording);
}

static void
forget_actions(void)
{
    for (size_t i = 0; i < n_actions; i++)
        free(actions[i].bytes);
    n_actions = 0;
}

/* ---- a layer over SQLite's files ---------------------------------------- */

struct watched {
    sqlite3_file base;
    int file;
    sqlite3_file *real; /* behind this structure */
};

static sqlite3_file *
real_of(sqlite3_file *file)
{
    return ((struct watched *)file)->real;
}

static int
on_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int
on_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, n, at);
}

static int
on_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    record(DO_WRITE, ((struct watched *)file)->file, at, from, (size_t)n);
    return real_of(file)->pMethods->xWrite(real_of(file), from, n, at);
}

static int
on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    record(DO_TRUNCATE, ((struct watched *)file)->file, size, NULL, 0);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int
on_sync(sqlite3_file *file, int flags)
{
    (void)flags; /* nothing is really synced: it would only take time */
    record(DO_SYNC, ((struct watched *)file)->file, 0, NULL, 0);
    return SQLITE_OK;
}

static int
on_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int
on_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int
on_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int
on_reserved(sqlite3_file *file, int *is_locked)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file),
                                                       is_locked);
}

static int
on_control(sqlite3_file *file, int what, void *value)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, value);
}

static int
on_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int
on_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int
on_shm_map(sqlite3_file *file, int page, int size, int extends,
           void volatile **to)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extends,
                                            to);
}

static int
on_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), at, n, flags);
}

static void
on_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int
on_shm_unmap(sqlite3_file *file, int deletes)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), deletes);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static sqlite3_vfs layer, *below_layer;

static int
on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
        int *out_flags)
{
    struct watched *w = (struct watched *)file;
    (void)vfs;
    w->real = (sqlite3_file *)(w + 1);
    w->file = (flags & SQLITE_OPEN_MAIN_DB) != 0        ? 0
              : (flags & SQLITE_OPEN_WAL) != 0          ? 1
              : (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 ? 2
                                                        : -1;
    int result =
        below_layer->xOpen(below_layer, name, w->real, flags, out_flags);
    file->pMethods = w->real->pMethods != NULL ? &methods : NULL;
    return result;
}

/*
 * A journal is gone when it is deleted: the next one of its name is another
 * file, and what both have must not be mixed.
 */
static int
on_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder)
{
    size_t len = strlen(name), end = strlen(ends[2]);
    (void)vfs;
    if (len > end && strcmp(name + len - end, ends[2]) == 0) {
        record(DO_TRUNCATE, 2, 0, NULL, 0);
        record(DO_SYNC, 2, 0, NULL, 0);
    }
    return below_layer->xDelete(below_layer, name, syncs_folder);
}

static int
set_up(void **state)
{
    (void)state;
    below_layer = sqlite3_vfs_find(NULL);
    layer = *below_layer;
    layer.zName = "watched";
    layer.szOsFile = (int)sizeof(struct watched) + below_layer->szOsFile;
    layer.xOpen = on_open;
    layer.xDelete = on_delete;
    return sqlite3_vfs_register(&layer, 1);
}

static int
tear_down(void **state)
{
    (void)state;
    forget_actions();
    free(actions);
    return sqlite3_vfs_unregister(&layer);
}

/* ---- files as the disk may hold them ------------------------------------ */

struct image {
    uint8_t *bytes;
    size_t len, cap;
};

static void
grow(struct image *image, size_t len)
{
    if (len > image->cap) {
        image->cap = 2 * len;
        image->bytes = realloc(image->bytes, image->cap);
        assert_non_null(image->bytes);
    }
    if (len > image->len)
        memset(image->bytes + image->len, 0, len - image->len);
    image->len = len > image->len ? len : image->len;
}

static void
put(struct image *image, size_t at, const uint8_t *bytes, size_t len)
{
    grow(image, at + len);
    if (len > 0)
        memcpy(image->bytes + at, bytes, len);
}

static void
apply(struct image *image, const struct action *a)
{
    if (a->kind == DO_TRUNCATE && (size_t)a->at <= image->len)
        image->len = (size_t)a->at;
    else if (a->kind == DO_TRUNCATE)
        grow(image, (size_t)a->at);
    else if (a->kind == DO_WRITE)
        put(image, (size_t)a->at, a->bytes, a->len);
}

/* A write of which each sector may have reached the disk. */
static void
apply_torn(struct image *image, const struct action *a)
{
    for (size_t from = 0; from < a->len;) {
        size_t end =
            ((size_t)a->at + from) / SECTOR * SECTOR + SECTOR - (size_t)a->at;
        end = end < a->len ? end : a->len;
        if (below(2) == 0)
            put(image, (size_t)a->at + from, a->bytes + from, end - from);
        from = end;
    }
}

enum loss { ALL_WRITTEN, NONE_WRITTEN, SOME_WRITTEN };

/* The files when the power fails before action `cut`. */
static void
make_images(struct image images[N_FILES], size_t cut, enum loss loss)
{
    for (int file = 0; file < N_FILES; file++) {
        size_t synced = 0;
        for (size_t i = 0; i < cut; i++)
            if (actions[i].file == file && actions[i].kind == DO_SYNC)
                synced = i;
        for (size_t i = 0; i < cut; i++) {
            const struct action *a = &actions[i];
            uint64_t fate = loss == SOME_WRITTEN ? below(3) : 0;
            if (a->file != file)
                continue;
            if (i < synced || loss == ALL_WRITTEN ||
                (loss == SOME_WRITTEN && fate == 0))
                apply(&images[file], a);
            else if (loss == SOME_WRITTEN && fate == 1 && a->kind == DO_WRITE)
                apply_torn(&images[file], a);
        }
    }
}

/* ---- databases ----------------------------------------------------------- */

static char folder[] = "/tmp/wattle-cut-XXXXXX";
static char live[64], copy[64];

static void
side_of(const char *database, const char *end, char side[96])
{
    snprintf(side, 96, "%s%s", database, end);
}

static void
remove_database(const char *database)
{
    char side[96];
    for (int i = 0; i < N_FILES; i++) {
        side_of(database, ends[i], side);
        unlink(side);
    }
    side_of(database, "-shm", side);
    unlink(side);
}

static void
write_image(const char *path, const struct image *image)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (image->len > 0)
        assert_int_equal(fwrite(image->bytes, 1, image->len, file), image->len);
    fclose(file);
}

static void
read_image(const char *path, struct image *image)
{
    uint8_t room[65536];
    size_t n;
    FILE *file = fopen(path, "r");
    image->len = 0;
    if (file == NULL)
        return;
    while ((n = fread(room, 1, sizeof(room), file)) > 0)
        put(image, image->len, room, n);
    fclose(file);
}

static void
import_file(const char *database, const char *readings)
{
    struct wattle_import *import;
    struct wattle_import_options options;
    struct wattle_error error = {0};
    wattle_import_options_init(&options);
    options.n_threads = 2;
    assert_int_equal(wattle_import_open(&import, database, &options, &error),
                     WATTLE_OK);
    assert_int_equal(wattle_import_add_path(import, readings, &error),
                     WATTLE_OK);
    if (wattle_import_run(import, &error) != WATTLE_OK)
        fail_msg("import: %s", error.message);
    wattle_import_close(import);
}

/* All readings as text; NULL when there is no database yet. */
static char *
export_all(const char *database)
{
    struct wattle_export_options options;
    struct wattle_error error;
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    const struct wattle_writer out = wattle_stdio_writer(file);
    wattle_export_options_init(&options);
    int status = wattle_database_export(database, &options, &out, NULL, &error);
    fclose(file);
    if (status == WATTLE_OK)
        return text;
    free(text);
    return NULL;
}

static bool
is_state(const char *found, const char *wanted)
{
    return found != NULL && wanted != NULL && strcmp(found, wanted) == 0;
}

static const char none[] = "timestamp,device_id,power\n";

/* What is found after a cut. */
static void
check_copy(const char *readings, const char *before, const char *after)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_error error;
    char *found = export_all(copy);
    if (found == NULL) /* no table yet: only when there was nothing before */
        assert_null(before);
    else
        assert_true(is_state(found, before) || is_state(found, after) ||
                    (before == NULL && strcmp(found, none) == 0));
    if (found != NULL) {
        assert_int_equal(
            wattle_database_check(copy, NULL, NULL, NULL, &result, &error),
            WATTLE_OK);
        assert_int_equal(result.n_problems, 0);
    }
    free(found);
    import_file(copy, readings);
    found = export_all(copy);
    assert_true(is_state(found, after));
    free(found);
    assert_int_equal(
        wattle_database_check(copy, NULL, NULL, NULL, &result, &error),
        WATTLE_OK);
    assert_int_equal(result.n_problems, 0);
}

static void
cut_at(size_t cut, enum loss loss, const struct image start[N_FILES],
       const char *readings, const char *before, const char *after)
{
    struct image images[N_FILES] = {{0}};
    char side[96];
    for (int i = 0; i < N_FILES; i++)
        put(&images[i], 0, start[i].bytes, start[i].len);
    make_images(images, cut, loss);
    remove_database(copy);
    for (int i = 0; i < N_FILES; i++) {
        side_of(copy, ends[i], side);
        if (i == 0 || images[i].len > 0)
            write_image(side, &images[i]);
    }
    check_copy(readings, before, after);
    for (int i = 0; i < N_FILES; i++)
        free(images[i].bytes);
}

/* Readings of a few devices: times from `first` on, every step seconds. */
static void
write_readings(const char *path, int first, int step, int n, int salt)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "timestamp,device_id,power\n");
    for (int i = 0; i < n; i++)
        fprintf(file, "%d,dev%d,%d.%d\n", 1696118400 + (first + i) * step,
                i % 3, (i * i + salt) % 2999, i % 10);
    fprintf(file, "garbage\n");
    fclose(file);
}

/* Records an import into `live`, then cuts the power again and again. */
static void
cut_import(const char *readings)
{
    struct image start[N_FILES] = {{0}};
    char side[96];
    for (int i = 0; i < N_FILES; i++) {
        side_of(live, ends[i], side);
        read_image(side, &start[i]);
    }
    char *before = start[0].len > 0 ? export_all(live) : NULL;
    forget_actions();
    is_recording = true;
    import_file(live, readings);
    is_recording = false;
    char *after = export_all(live);
    assert_non_null(after);
    assert_true(n_actions > 10);
    for (size_t i = 0; i <= n_actions; i++) {
        bool is_sync = i > 0 && actions[i - 1].kind == DO_SYNC;
        bool is_next = i < n_actions && actions[i].kind == DO_SYNC;
        bool is_odd = i < n_actions && actions[i].kind == DO_TRUNCATE;
        for (int loss = 0; loss < 3; loss++) {
            if (is_sync || is_next || is_odd || i == n_actions ||
                below(3 * n_actions) < N_RANDOM_CUTS)
                cut_at(i, (enum loss)loss, start, readings, before, after);
        }
    }
    for (int i = 0; i < N_FILES; i++)
        free(start[i].bytes);
    free(before);
    free(after);
}

static void
imports_survive_a_power_cut(void **state)
{
    (void)state;
    char first[64], second[64], late[64];
    assert_non_null(mkdtemp(folder));
    snprintf(live, sizeof(live), "%s/live.db", folder);
    snprintf(copy, sizeof(copy), "%s/copy.db", folder);
    snprintf(first, sizeof(first), "%s/first.csv", folder);
    snprintf(second, sizeof(second), "%s/second.csv", folder);
    snprintf(late, sizeof(late), "%s/late.csv", folder);
    write_readings(first, 0, 60, 15000, 0);
    write_readings(second, 14000, 60, 9000, 7);
    write_readings(late, 100, 977, 60, 3);
    cut_import(first);  /* a database that is new */
    cut_import(second); /* more, and some in place of others */
    cut_import(late);   /* few, beside the chunks */
    remove_database(live);
    remove_database(copy);
    unlink(first);
    unlink(second);
    unlink(late);
    rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_survive_a_power_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

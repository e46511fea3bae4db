/*
 * known_files.c - what of the files given is in the database already.
 *
 * A file is known by its content, hashed in parts of 4 MiB; its place, size
 * and time only save the hashing. Of each file nothing, its new end, or all is
 * left to be read. Of files given twice the later one is read.
 */
#include "run/known_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/buffer.h"
#include "base/cores.h"
#include "base/error.h"
#include "run/recognise.h"

#define NOTHING SIZE_MAX

static int
n_hash_threads(const struct importer *im)
{
    return im->options->n_threads > 0 ? im->options->n_threads
                                      : (int)cores_available();
}

/* Hashes a file before it is read; false when it cannot be read. */
static bool
hash_file(const struct importer *im, const struct source *source,
          struct importer_file *file)
{
    struct fingerprint *fingerprint = &file->fingerprint;
    if (source->has_whole_hash) {
        if (fingerprint->n_parts > 0) {
            fingerprint->hashes[0] = source->whole_hash;
            fingerprint->is_done[0] = 1;
        }
        return true;
    }
    int fd = source_open(source, NULL);
    bool is_read =
        fd >= 0 && fingerprint_hash(fingerprint, fd, n_hash_threads(im));
    if (fd >= 0)
        close(fd);
    return is_read;
}

/*
 * Whether a file is, up to its known size, what was imported. A large one of
 * the same place, size and time is looked at in two places only.
 */
static bool
is_head_known(const struct importer *im, const struct source *source,
              const struct catalog_file *known, bool is_thorough)
{
    if (known->n_parts == 0 ||
        known->n_parts != fingerprint_n_parts(known->size_bytes))
        return false;
    if (source->has_whole_hash && known->size_bytes == source->size_bytes)
        return source->whole_hash == known->parts[0];
    int fd = source_open(source, NULL);
    bool is_same =
        fd >= 0 && fingerprint_is_head(fd, known->size_bytes, known->parts,
                                       is_thorough, n_hash_threads(im));
    if (fd >= 0)
        close(fd);
    return is_same;
}

/* Whether the byte before the end of what is known ends a line. */
static bool
ends_line(const struct source *source, uint64_t size_bytes)
{
    char last = '\0';
    int fd = source_open(source, NULL);
    bool is_end = fd >= 0 && pread(fd, &last, 1, (off_t)size_bytes - 1) == 1 &&
                  (last == '\n' || (last == '\r' && source->has_bare_cr));
    if (fd >= 0)
        close(fd);
    return is_end;
}

/*
 * Whether a file that was imported is read again, all of it: when the caller
 * says so, or when its column `value` means something else now, since what was
 * imported is then of a wrong unit; or when what was assumed then is said now.
 */
static bool
is_read_again(const struct importer *im, const struct source *source,
              const struct catalog_file *known)
{
    const int now = recognise_value_kind(source);
    return im->is_again ||
           (known->value_kind > 0 && now > 0 && known->value_kind != now) ||
           (known->is_value_assumed && now > 0 && !source->is_value_assumed);
}

/* What was said about a file once holds until another thing is said. */
static void
keep_value_kind(struct source *source, const struct catalog_file *known)
{
    if (source->is_value_assumed && known->value_kind > 0 &&
        !known->is_value_assumed)
        recognise_set_value_kind(source, known->value_kind);
}

/* A zone that stays open until the importer is released. */
static int
open_zone(struct importer *im, const char *name,
          const struct wattle_zone **zone, struct wattle_error *error)
{
    for (size_t i = 0; i < im->n_zones; i++) {
        *zone = im->zones[i];
        if (strcmp(wattle_zone_name(*zone), name) == 0)
            return WATTLE_OK;
    }
    struct wattle_zone **zones = buffer_grow_array(
        im->zones, &im->zone_cap, im->n_zones + 1, sizeof(*zones));
    if (zones == NULL)
        return error_memory(error);
    im->zones = zones;
    const int status = wattle_zone_open(&zones[im->n_zones], name, error);
    *zone = zones[im->n_zones];
    im->n_zones += status == WATTLE_OK ? 1 : 0;
    return status;
}

/*
 * The same for times without an offset: of a file that has some, the zone
 * stays, until another one is said.
 */
static int
keep_zone(struct importer *im, struct source *source,
          struct importer_file *file, int64_t number,
          struct wattle_error *error)
{
    local_file_release(&file->local);
    if (number == 0 || source->recognition == NULL)
        return WATTLE_OK;
    int status = local_file_read(&file->local, &im->db, number, error);
    const char *name = file->local.zone;
    if (status != WATTLE_OK || name == NULL)
        return status;
    const struct wattle_zone *zone = NULL;
    struct wattle_error why = {0};
    status = open_zone(im, name, &zone, &why);
    if (status != WATTLE_OK)
        return error_set_at(error, status, source->path, 0,
                            "was imported with times in %s, and %s", name,
                            why.message);
    const bool is_other =
        im->is_zone_said && !zone_is_same(zone, im->options->zone);
    if (is_other && file->local.has_times)
        file->moves_from = zone;
    if (!is_other)
        recognise_set_zone(source, zone, NULL);
    return WATTLE_OK;
}

/* Whether a file may be, or begin with, what was imported of it. */
static bool
is_then(const struct source *source, const struct catalog_file *known)
{
    return source->kind == SOURCE_PLAIN
               ? known->size_bytes <= source->size_bytes
               : known->size_bytes == source->size_bytes;
}

/*
 * A file that is read again in another zone: what it gave is removed first,
 * which takes the file as it was.
 */
static int
move_file(const struct importer *im, const struct source *source,
          struct importer_file *file, const struct catalog_file *known,
          struct wattle_error *error)
{
    if (known->n_parts > 0 && is_then(source, known) &&
        is_head_known(im, source, known, true)) {
        file->taken_back = *known;
        file->taken_back.parts = NULL;
        file->is_again = true;
        file->value_kind_before = known->value_kind;
        return WATTLE_OK;
    }
    return error_set_at(
        error, WATTLE_ERR_USAGE, source->path, 0,
        "was imported with times in %s and has changed since, so its readings "
        "of then cannot be told from others; remove them with 'wattle "
        "forget', or import it into another database",
        wattle_zone_name(file->moves_from));
}

/* Of what is read from its start, nothing is known. */
static void
forget_states(struct importer_file *file)
{
    local_states_release(&file->local.states);
}

int
known_files_line_end(const struct source *source)
{
    return source->has_bare_cr ? CATALOG_ENDS_CR : CATALOG_ENDS_LF;
}

/* Whether a file has grown since it was imported, at its end alone. */
static bool
has_grown(const struct importer *im, const struct source *source,
          const struct catalog_file *known)
{
    return source->kind == SOURCE_PLAIN && source->is_usable &&
           known->number != 0 && !known->has_problem &&
           known->ends_record == known_files_line_end(source) &&
           known->size_bytes >= source->data_offset &&
           known->size_bytes < source->size_bytes &&
           ends_line(source, known->size_bytes) &&
           is_head_known(im, source, known, true);
}

/* What was there before need not be hashed again, but for its last part. */
static void
skip_known(const struct importer *im, struct source *source,
           struct importer_file *file)
{
    const struct catalog_file *known = &file->known;
    file->history = (struct local_history){&im->devices, &file->local.states};
    recognise_set_zone(source, source->recognition->zone, &file->history);
    size_t n_full = (size_t)(known->size_bytes / FINGERPRINT_PART_BYTES);
    memcpy(file->fingerprint.hashes, known->parts,
           n_full * sizeof(*file->fingerprint.hashes));
    memset(file->fingerprint.is_done, 1, n_full);
    source_skip(source, known->size_bytes, known->file_lines);
}

static int
compare_sizes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The sizes of all files that were given, in order. */
static int
list_sizes(struct importer *im, struct wattle_error *error)
{
    const struct source_list *list = im->sources;
    im->sizes = calloc(list->n + 1, sizeof(*im->sizes));
    if (im->sizes == NULL)
        return error_memory(error);
    im->n_sizes = list->n;
    for (size_t i = 0; i < list->n; i++)
        im->sizes[i] = list->sources[i].size_bytes;
    qsort(im->sizes, list->n, sizeof(*im->sizes), compare_sizes);
    return WATTLE_OK;
}

/* Whether another file, here or in the database, may have the same content. */
static int
has_same_size(struct importer *im, uint64_t size_bytes, bool *has,
              struct wattle_error *error)
{
    const uint64_t *at = bsearch(&size_bytes, im->sizes, im->n_sizes,
                                 sizeof(size_bytes), compare_sizes);
    const uint64_t *end = im->sizes + im->n_sizes;
    *has = at != NULL && ((at > im->sizes && at[-1] == size_bytes) ||
                          (at + 1 < end && at[1] == size_bytes));
    return *has ? WATTLE_OK
                : catalog_files_has_size(&im->catalog, size_bytes, has, error);
}

/*
 * Whether the database has a file of this content. Of a file that was imported
 * with another content since, `latest` is the number: it counts again.
 */
static int
find_same_content(struct importer *im, struct source *source,
                  struct importer_file *file, int64_t latest, bool *is_known,
                  struct wattle_error *error)
{
    const struct fingerprint *fingerprint = &file->fingerprint;
    struct catalog_file same;
    int status = catalog_files_find_content(
        &im->catalog, fingerprint->size_bytes, fingerprint->hashes,
        fingerprint->n_parts, &same, error);
    free((void *)same.parts);
    *is_known = same.number != 0 && (latest == 0 || same.number == latest);
    if (*is_known) {
        keep_value_kind(source, &same);
        status = keep_zone(im, source, file, same.number, error);
        forget_states(file);
    }
    if (status == WATTLE_OK && *is_known && file->moves_from != NULL) {
        *is_known = false;
        file->is_again = true;
        file->value_kind_before = same.value_kind;
        file->taken_back = same;
        file->taken_back.parts = NULL;
    } else if (*is_known && is_read_again(im, source, &same)) {
        *is_known = false;
        file->is_again = true;
        file->value_kind_before = same.value_kind;
        file->replaced = same;
        file->replaced.parts = NULL;
    }
    return status;
}

/* Finds out what is to be read of a file: all, its new end, or nothing. */
static int
examine(struct importer *im, size_t at, bool *is_known,
        struct wattle_error *error)
{
    struct source *source = &im->sources->sources[at];
    struct importer_file *file = &im->files[at];
    struct catalog_file *known = &file->known;
    struct fingerprint *fingerprint = &file->fingerprint;
    bool needs_hash = false;
    int64_t void_number = 0;
    int status = catalog_files_find_path(&im->catalog, file->real_path,
                                         source->path, true, known, error);
    if (status == WATTLE_OK && known->number != 0 && known->n_lines == 0 &&
        known->size_bytes == 0) {
        /* what it was before may be there again */
        void_number = known->number;
        free((void *)known->parts);
        status = catalog_files_find_path(&im->catalog, file->real_path,
                                         source->path, false, known, error);
    }
    if (status != WATTLE_OK)
        return status;
    keep_value_kind(source, known);
    status = keep_zone(im, source, file, known->number, error);
    if (status != WATTLE_OK)
        return status;
    if (file->moves_from != NULL)
        status = move_file(im, source, file, known, error);
    if (status != WATTLE_OK)
        return status;
    const bool is_again =
        file->moves_from != NULL ||
        (known->number != 0 && is_read_again(im, source, known));
    *is_known = !is_again && known->number != 0 &&
                known->size_bytes == fingerprint->size_bytes &&
                known->modified_ns == source->modified_ns &&
                is_head_known(im, source, known, false);
    if (*is_known)
        return WATTLE_OK;
    fingerprint->n_parts = fingerprint_n_parts(fingerprint->size_bytes);
    fingerprint->hashes =
        calloc(fingerprint->n_parts + 1, sizeof(*fingerprint->hashes));
    fingerprint->is_done = calloc(fingerprint->n_parts + 1, 1);
    if (fingerprint->hashes == NULL || fingerprint->is_done == NULL)
        return error_memory(error);
    if (is_again && known->n_parts > 0) {
        file->is_again = true;
        file->value_kind_before = known->value_kind;
        if (file->moves_from == NULL)
            file->replaced = *known;
        file->replaced.parts = NULL;
    } else if (has_grown(im, source, known)) {
        skip_known(im, source, file);
        return WATTLE_OK;
    }
    forget_states(file);
    /* what gave no line yet is replaced by what it has become */
    int64_t latest = known->n_parts > 0 ? known->number : 0;
    free((void *)known->parts);
    *known = (struct catalog_file){.number = void_number};
    status = has_same_size(im, fingerprint->size_bytes, &needs_hash, error);
    if (status == WATTLE_OK && needs_hash && hash_file(im, source, file))
        status = find_same_content(im, source, file, latest, is_known, error);
    return status;
}

/* Of a file that has grown, what is kept of its rejects already. */
static int
count_kept(struct importer *im, struct importer_file *file,
           struct wattle_error *error)
{
    if (file->known.n_rejects == 0)
        return WATTLE_OK;
    return catalog_rejects_count(&im->db, file->number, &file->room.n_lines,
                                 &file->room.n_bytes, error);
}

static void
release_file(struct importer_file *file)
{
    free(file->real_path);
    free(file->fingerprint.hashes);
    free(file->fingerprint.is_done);
    free((void *)file->known.parts);
    local_file_release(&file->local);
}

/*
 * A file that is given twice is read once: as the later one, because of
 * readings of one time the later file's counts. A file that has grown stays,
 * for its row does. Files of one size are hashed; their numbers stand in a
 * table that is at most half full. Returns which is dropped: NOTHING, `at` or
 * one before.
 */
static size_t
find_repeated(struct importer *im, size_t at)
{
    const struct fingerprint *fingerprint = &im->files[at].fingerprint;
    const size_t len = fingerprint->n_parts * sizeof(*fingerprint->hashes);
    if (fingerprint->n_parts == 0 || !fingerprint_is_done(fingerprint))
        return NOTHING;
    size_t mask = im->n_slots - 1;
    size_t slot = XXH3_64bits_withSeed(fingerprint->hashes, len,
                                       fingerprint->size_bytes) &
                  mask;
    for (; im->slots[slot] != 0; slot = (slot + 1) & mask) {
        size_t before = im->slots[slot] - 1;
        const struct importer_file *other = &im->files[before];
        if (other->fingerprint.size_bytes != fingerprint->size_bytes ||
            memcmp(other->fingerprint.hashes, fingerprint->hashes, len) != 0)
            continue;
        if (other->known.number != 0)
            return at;
        im->slots[slot] = at + 1;
        return before;
    }
    im->slots[slot] = at + 1;
    return NOTHING;
}

static int
make_slots(struct importer *im, struct wattle_error *error)
{
    im->n_slots = 16;
    while (im->n_slots < 2 * im->sources->n)
        im->n_slots *= 2;
    im->slots = calloc(im->n_slots, sizeof(*im->slots));
    return im->slots != NULL ? WATTLE_OK : error_memory(error);
}

/* What each file is known by. */
static int
name_files(struct importer *im, struct wattle_error *error)
{
    struct source_folder folder = {0};
    int status = WATTLE_OK;
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++) {
        const struct source *source = &im->sources->sources[i];
        struct importer_file *file = &im->files[i];
        file->is_file = source->inode != 0;
        file->fingerprint.size_bytes = source->size_bytes;
        file->real_path = importer_has_rows_name(im, source)
                              ? strdup(im->rows_name)
                              : source_real_path(source, &folder);
        if (file->real_path == NULL)
            status = error_memory(error);
    }
    source_folder_release(&folder);
    return status;
}

/* Takes out of the list what need not be read. */
static int
drop_known(struct importer *im, uint8_t *is_dropped, struct wattle_error *error)
{
    struct source_list *list = im->sources;
    int64_t next = 0;
    int status = catalog_next_file(&im->db, &next, error);
    for (size_t i = 0; i < list->n && status == WATTLE_OK; i++) {
        struct importer_file *file = &im->files[i];
        bool is_known = false;
        if (file->is_file)
            status = examine(im, i, &is_known, error);
        else if (importer_has_rows_name(im, &list->sources[i]))
            status = catalog_files_find_path(&im->catalog, file->real_path,
                                             im->rows_name, true, &file->known,
                                             error);
        size_t dropped = i;
        if (status == WATTLE_OK && !is_known)
            dropped = find_repeated(im, i);
        if (status == WATTLE_OK && dropped != NOTHING) {
            is_dropped[dropped] = 1;
            im->n_known_files++;
        }
        if (dropped == i)
            continue;
        file->number = file->known.number != 0 ? file->known.number : next++;
        if (status == WATTLE_OK)
            status = count_kept(im, file, error);
    }
    for (size_t i = 0; i < list->n; i++) {
        if (is_dropped[i] != 0)
            release_file(&im->files[i]);
    }
    source_list_drop(list, is_dropped, im->files, sizeof(*im->files));
    return status;
}

int
known_files_recognise(struct importer *im, struct wattle_error *error)
{
    const struct format_options formats = {.value_kind =
                                               im->options->value_kind};
    const struct source_options how = {.window_log =
                                           im->options->zstd_window_log,
                                       .may_grow = true,
                                       .is_final = true};
    int status = WATTLE_OK;
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++)
        status =
            recognise_source(&im->sources->sources[i], &how, &formats, error);
    return status;
}

/* What was imported of a file, by its place, else by its content. */
static int
find_imported(struct importer *im, struct source *source,
              struct importer_file *file, struct wattle_error *error)
{
    struct catalog_file *known = &file->known;
    struct fingerprint *fingerprint = &file->fingerprint;
    int status = catalog_files_find_path(&im->catalog, file->real_path,
                                         source->path, false, known, error);
    if (status != WATTLE_OK || known->number != 0)
        return status;
    fingerprint->n_parts = fingerprint_n_parts(fingerprint->size_bytes);
    fingerprint->hashes =
        calloc(fingerprint->n_parts + 1, sizeof(*fingerprint->hashes));
    fingerprint->is_done = calloc(fingerprint->n_parts + 1, 1);
    if (fingerprint->hashes == NULL || fingerprint->is_done == NULL)
        return error_memory(error);
    if (!hash_file(im, source, file))
        return WATTLE_OK;
    return catalog_files_find_content(&im->catalog, fingerprint->size_bytes,
                                      fingerprint->hashes, fingerprint->n_parts,
                                      known, error);
}

void
known_files_set_then(struct source *source, const struct catalog_file *known)
{
    recognise_force_value_kind(source, known->value_kind);
    source->holds_rest = false;
    source->ends_here = known->size_bytes < source->size_bytes;
    source->size_bytes = known->size_bytes;
}

/* A file whose rows say what they are is recognised by what was said then. */
static int
recognise_then(struct importer *im, struct source *source, int value_kind,
               struct wattle_error *error)
{
    const struct format_options formats = {.value_kind = value_kind};
    const struct source_options how = {.window_log =
                                           im->options->zstd_window_log,
                                       .may_grow = true,
                                       .is_final = true};
    source_forget(source);
    return recognise_source(source, &how, &formats, error);
}

static int
require(struct importer *im, size_t at, struct wattle_error *error)
{
    struct source *source = &im->sources->sources[at];
    struct importer_file *file = &im->files[at];
    struct catalog_file *known = &file->known;
    int status = WATTLE_OK;
    if (file->is_file)
        status = find_imported(im, source, file, error);
    if (status == WATTLE_OK && source->problem != NULL && known->value_kind > 0)
        status = recognise_then(im, source, known->value_kind, error);
    if (status != WATTLE_OK)
        return status;
    if (source->problem != NULL)
        return error_set_at(error, WATTLE_ERR_USAGE, source->path, 0, "%s",
                            source->problem);
    if (known->number == 0)
        return error_set_at(error, WATTLE_ERR_USAGE, source->path, 0,
                            "was not imported into this database");
    if (known->n_parts == 0 || !is_then(source, known) ||
        !is_head_known(im, source, known, true))
        return error_set_at(error, WATTLE_ERR_USAGE, source->path, 0,
                            "has changed since it was imported, so its "
                            "readings cannot be told from others; say which "
                            "with --device, --since and --until");
    file->taken_back = *known;
    file->taken_back.parts = NULL;
    known_files_set_then(source, known);
    return keep_zone(im, source, file, known->number, error);
}

int
known_files_require(struct importer *im, struct wattle_error *error)
{
    im->files = calloc(im->sources->n + 1, sizeof(*im->files));
    int status = im->files != NULL ? WATTLE_OK : error_memory(error);
    if (status == WATTLE_OK)
        status = name_files(im, error);
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++)
        status = require(im, i, error);
    return status;
}

int
known_files_examine(struct importer *im, struct wattle_error *error)
{
    im->files = calloc(im->sources->n + 1, sizeof(*im->files));
    uint8_t *is_dropped = calloc(im->sources->n + 1, 1);
    int status = WATTLE_OK;
    if (im->files == NULL || is_dropped == NULL)
        status = error_memory(error);
    if (status == WATTLE_OK)
        status = name_files(im, error);
    if (status == WATTLE_OK)
        status = list_sizes(im, error);
    if (status == WATTLE_OK)
        status = make_slots(im, error);
    if (status == WATTLE_OK)
        status = drop_known(im, is_dropped, error);
    free(is_dropped);
    return status;
}

bool
known_files_settle(const struct source *source, struct importer_file *file)
{
    struct fingerprint *fingerprint = &file->fingerprint;
    struct stat info;
    if (!source->is_usable || fingerprint->hashes == NULL ||
        (source->problem != NULL && source->kind == SOURCE_PLAIN))
        return false;
    if (source->kind == SOURCE_PLAIN)
        fingerprint_cut(fingerprint,
                        source->has_open_header && source->holds_rest
                            ? 0
                            : file->end_bytes);
    /*
     * What was hashed before it was decoded may have grown since, or changed:
     * the next import sees that. So may a file whose time has changed and whose
     * size has not: a write sets the time first. What is hashed now must be
     * what was decoded.
     */
    bool may_change = fingerprint_is_done(fingerprint);
    int fd = source_open(source, NULL);
    bool is_settled =
        fd >= 0 && fingerprint_finish(fingerprint, fd) &&
        fstat(fd, &info) == 0 &&
        ((may_change && (uint64_t)info.st_size >= source->size_bytes) ||
         source_modified_ns(&info) == source->modified_ns);
    if (fd >= 0)
        close(fd);
    return is_settled;
}

void
known_files_release(struct importer *im)
{
    for (size_t i = 0; im->files != NULL && i < im->sources->n; i++)
        release_file(&im->files[i]);
    free(im->files);
    free(im->sizes);
    free(im->slots);
    for (size_t i = 0; i < im->n_zones; i++)
        wattle_zone_close(im->zones[i]);
    free(im->zones);
}

/*
 * known_files.h - which of an import's files are new, and from where on.
 */
#ifndef RUN_KNOWN_FILES_H
#define RUN_KNOWN_FILES_H

#include <stdbool.h>

#include "run/importer.h"

/*
 * Makes im->files and takes out of im->sources what need not be read; of a
 * file that has grown only its end stays. WATTLE_ERR_USAGE when a file would
 * be read another way than before, or another status; the error is set.
 * Release them in any case.
 */
int known_files_examine(struct importer *im, struct wattle_error *error);
void known_files_release(struct importer *im);

/* Finds out what all sources hold, to take them back. */
int known_files_recognise(struct importer *im, struct wattle_error *error);

/* Makes a source, for a while, what it was when it was imported. */
void known_files_set_then(struct source *source,
                          const struct catalog_file *known);

/*
 * Makes im->files for sources that were imported, to be read as they were then.
 * WATTLE_ERR_USAGE when one was not, or is not what it was any more.
 */
int known_files_require(struct importer *im, struct wattle_error *error);

/*
 * Hashes what is left of what was read; false when that is not to be known
 * again: it cannot be read any more, or was written over meanwhile.
 */
bool known_files_settle(const struct source *source,
                        struct importer_file *file);

/* How lines of a source end (CATALOG_ENDS_LF, CATALOG_ENDS_CR): a file may
 * gain CR until that is another way. */
int known_files_line_end(const struct source *source);

#endif

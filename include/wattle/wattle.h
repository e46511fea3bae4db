/*
 * wattle.h - everything of libwattle, and its version.
 */
#ifndef WATTLE_WATTLE_H
#define WATTLE_WATTLE_H

#include "wattle/answers.h"
#include "wattle/batch.h"
#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/generate.h"
#include "wattle/import.h"
#include "wattle/maintain.h"
#include "wattle/query.h"
#include "wattle/report.h"
#include "wattle/sql.h"
#include "wattle/text.h"
#include "wattle/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WATTLE_VERSION "0.1.0"

/* The version of the library in use; static text. */
const char *wattle_version(void);

#ifdef __cplusplus
}
#endif

#endif

/*
 * wattle.h - everything of libwattle but what is experimental.
 *
 * What holds files is opened and closed, what is memory alone is made and
 * freed. A handle belongs to one thread at a time; each header says what may be
 * called from elsewhere. A function that fails leaves its handle as it was,
 * unless it says otherwise: what could not be added is not there, and the next
 * call may succeed. After fork() the child must not use handles of the parent,
 * nor close them: they hold connections of SQLite and may hold threads.
 */
#ifndef WATTLE_WATTLE_H
#define WATTLE_WATTLE_H

#include "wattle/result.h"
#include "wattle/append.h"
#include "wattle/batch.h"
#include "wattle/cancel.h"
#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/forget.h"
#include "wattle/import.h"
#include "wattle/maintain.h"
#include "wattle/measure.h"
#include "wattle/query.h"
#include "wattle/report.h"
#include "wattle/sql.h"
#include "wattle/text.h"
#include "wattle/version.h"
#include "wattle/writer.h"
#include "wattle/zone.h"

#endif

/*
 * wattle.h - everything of libwattle but what is experimental.
 */
#ifndef WATTLE_WATTLE_H
#define WATTLE_WATTLE_H

#include "wattle/result.h"
#include "wattle/append.h"
#include "wattle/batch.h"
#include "wattle/cancel.h"
#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/import.h"
#include "wattle/maintain.h"
#include "wattle/measure.h"
#include "wattle/query.h"
#include "wattle/report.h"
#include "wattle/sql.h"
#include "wattle/text.h"
#include "wattle/version.h"
#include "wattle/writer.h"

#endif

/*
 * device_table.c - a registry, and what is known of each id beside it.
 *
 * Name, location and rated power. Each text is a copy that the table owns. The
 * first entry of an id counts; one whose id is empty or too long is ignored.
 */
#include "model/device_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wattle/error.h"

void
device_table_init(struct device_table *table)
{
    *table = (struct device_table){.cap = 0};
    registry_init(&table->ids);
}

void
device_table_release(struct device_table *table)
{
    for (uint32_t i = 0; i < table->ids.n_devices; i++) {
        free((char *)table->infos[i].name);
        free((char *)table->infos[i].location);
    }
    free(table->infos);
    registry_release(&table->ids);
    device_table_init(table);
}

static int
copy_text(const char *text, const char **copy)
{
    *copy = NULL;
    if (text == NULL || text[0] == '\0')
        return WATTLE_OK;
    *copy = strdup(text);
    return *copy != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

int
device_table_add(struct device_table *table, const char *id, const char *name,
                 const char *location, double rated_w, bool is_inactive)
{
    size_t len = strlen(id);
    if (len == 0 || len > REGISTRY_MAX_ID ||
        registry_find(&table->ids, id, len) != REGISTRY_NO_DEVICE)
        return WATTLE_OK;
    struct device_info info = {NULL, NULL, rated_w, is_inactive};
    size_t wanted = (size_t)table->ids.n_devices + 1;
    struct device_info *grown =
        buffer_grow_array(table->infos, &table->cap, wanted, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    table->infos = grown;
    if (copy_text(name, &info.name) != WATTLE_OK ||
        copy_text(location, &info.location) != WATTLE_OK ||
        registry_add(&table->ids, id, len) == REGISTRY_NO_DEVICE) {
        free((char *)info.name);
        free((char *)info.location);
        return WATTLE_ERR_MEMORY;
    }
    table->infos[wanted - 1] = info;
    return WATTLE_OK;
}

const struct device_info *
device_table_find(const struct device_table *table, const char *id)
{
    uint32_t number = registry_find(&table->ids, id, strlen(id));
    return number != REGISTRY_NO_DEVICE ? &table->infos[number] : NULL;
}

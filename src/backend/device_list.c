/*
 * device_list.c - a growing list that owns its texts.
 *
 * A back end adds the devices in any order and then sorts the list by the
 * bytes of the ids. What is computed over a back end goes through it from
 * front to back. An empty text counts as not known.
 */
#include "backend/device_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wattle/error.h"

static bool
copy_text(const char *text, char **copy)
{
    *copy = NULL;
    if (text == NULL || text[0] == '\0')
        return true;
    *copy = strdup(text);
    return *copy != NULL;
}

int
device_list_add(struct device_list *list, uint32_t number, const char *id,
                const char *name, const char *location)
{
    struct listed_device *items =
        buffer_grow_array(list->items, &list->cap, list->n + 1, sizeof(*items));
    if (items == NULL)
        return WATTLE_ERR_MEMORY;
    list->items = items;
    struct listed_device device = {.number = number};
    if (!copy_text(id, &device.id) || !copy_text(name, &device.name) ||
        !copy_text(location, &device.location)) {
        free(device.id);
        free(device.name);
        return WATTLE_ERR_MEMORY;
    }
    items[list->n++] = device;
    return WATTLE_OK;
}

void
device_list_cut(struct device_list *list, size_t n)
{
    for (size_t i = n; i < list->n; i++) {
        free(list->items[i].id);
        free(list->items[i].name);
        free(list->items[i].location);
    }
    list->n = n < list->n ? n : list->n;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct listed_device *x = a, *y = b;
    return strcmp(x->id, y->id);
}

void
device_list_sort(struct device_list *list)
{
    if (list->n > 1)
        qsort(list->items, list->n, sizeof(*list->items), compare_ids);
}

void
device_list_release(struct device_list *list)
{
    device_list_cut(list, 0);
    free(list->items);
    *list = (struct device_list){0};
}

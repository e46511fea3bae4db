/*
 * reader_mmap.c - views straight into the page cache.
 *
 * The file is mapped in windows, so that resident memory stays bounded. A
 * window that is not in the page cache is read instead, view by view: pages
 * that come one by one, as they are touched, come slowly. Where the last page
 * leaves no slack behind the file's end, the last view is a copy, too. A file
 * that cannot be mapped, or one more than there are slots for, is left to
 * pread.
 *
 * A file that shrinks while it is mapped raises SIGBUS. While any window
 * exists a handler is in place that puts zero pages over the lost part and
 * marks the window; other SIGBUS go on to the handler that was there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "input/reader.h"
#include "simd/kernels.h"

#define WINDOW_BYTES ((size_t)4 << 20)
#define MAX_WINDOWS  256

/* Windows that the handler knows; a slot is free when start is 0. */
static struct {
    _Atomic uintptr_t start, end;
    _Atomic bool is_broken;
} windows[MAX_WINDOWS];

static uintptr_t page_bytes; /* set before the handler; 4 to 64 KiB */
static struct sigaction previous_action;
static pthread_mutex_t handler_lock = PTHREAD_MUTEX_INITIALIZER;

static void
on_sigbus(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    for (size_t i = 0; i < MAX_WINDOWS; i++) {
        uintptr_t start = atomic_load(&windows[i].start);
        uintptr_t end = atomic_load(&windows[i].end);
        if (start == 0 || at < start || at >= end)
            continue;
        uintptr_t page = at - at % page_bytes;
        void *patch = mmap((void *)page, end - page, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (patch == MAP_FAILED)
            break;
        atomic_store(&windows[i].is_broken, true);
        return;
    }
    /* not ours: what was there before gets it when it is raised again */
    sigaction(SIGBUS, &previous_action, NULL);
}

/* Puts the handler in place, also when somebody has replaced it. */
static void
install_handler(void)
{
    struct sigaction present, action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    pthread_mutex_lock(&handler_lock);
    sigaction(SIGBUS, NULL, &present);
    if (present.sa_sigaction != on_sigbus) {
        page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
        previous_action = present;
        sigaction(SIGBUS, &action, NULL);
    }
    pthread_mutex_unlock(&handler_lock);
}

struct mmap_reader {
    struct reader base;
    uint8_t *map; /* the window, NULL = none */
    size_t map_len;
    uint64_t map_offset;
    size_t slot;   /* in `windows` */
    uint8_t *copy; /* a view that is not mapped */
    size_t copy_cap;
    uint64_t copy_until; /* views that begin before are copies */
    uint64_t page;
};

static bool
take_slot(struct mmap_reader *r)
{
    for (size_t i = 0; i < MAX_WINDOWS; i++) {
        uintptr_t free_slot = 0;
        if (atomic_compare_exchange_strong(&windows[i].start, &free_slot,
                                           UINTPTR_MAX)) {
            atomic_store(&windows[i].is_broken, false);
            r->slot = i;
            return true;
        }
    }
    return false;
}

static void
unmap(struct mmap_reader *r)
{
    if (r->map == NULL)
        return;
    r->base.is_cut = r->base.is_cut || atomic_load(&windows[r->slot].is_broken);
    atomic_store(&windows[r->slot].start, UINTPTR_MAX);
    munmap(r->map, r->map_len);
    r->map = NULL;
}

/*
 * Whether a window from `offset` on seems to be in the page cache: its begin,
 * middle and end are.
 */
static bool
is_cached(const struct mmap_reader *r, uint64_t offset)
{
    uint8_t byte;
    struct iovec one = {&byte, 1};
    if (offset >= r->base.end)
        return false;
    uint64_t last = offset + WINDOW_BYTES - 1;
    last = last < r->base.end ? last : r->base.end - 1;
    const uint64_t places[] = {offset, offset + (last - offset) / 2, last};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (preadv2(r->base.fd, &one, 1, (off_t)places[i], RWF_NOWAIT) < 0)
            return false;
    }
    return true;
}

static int
map_window(struct mmap_reader *r, uint64_t start, size_t len,
           struct wattle_error *error)
{
    unmap(r);
    r->map_offset = start - start % r->page;
    uint64_t end = start + len + KERNEL_SLACK;
    if (end < r->map_offset + WINDOW_BYTES)
        end = r->map_offset + WINDOW_BYTES;
    end = end < r->base.end ? end : r->base.end;
    r->map_len = (size_t)(end - r->map_offset);
    void *map = mmap(NULL, r->map_len, PROT_READ, MAP_PRIVATE, r->base.fd,
                     (off_t)r->map_offset);
    if (map == MAP_FAILED)
        return error_set_at(error, WATTLE_ERR_IO, r->base.source->path, 0,
                            "cannot map it: %s", strerror(errno));
    r->map = map;
    uintptr_t rounded = (r->map_len + r->page - 1) / r->page * r->page;
    atomic_store(&windows[r->slot].end, (uintptr_t)map + rounded);
    atomic_store(&windows[r->slot].start, (uintptr_t)map);
    return WATTLE_OK;
}

/* Cuts the view at the file's present size when the file has shrunk. */
static void
check_size(struct mmap_reader *r)
{
    struct stat info;
    struct reader *base = &r->base;
    bool broken = r->map != NULL && atomic_load(&windows[r->slot].is_broken);
    if (!base->is_at_end && !broken)
        return;
    if (fstat(base->fd, &info) != 0 || (uint64_t)info.st_size >= base->end)
        return;
    uint64_t size = (uint64_t)info.st_size;
    base->is_cut = true;
    base->is_at_end = true;
    if (base->offset + base->len > size)
        base->len = base->offset < size ? (size_t)(size - base->offset) : 0;
}

/*
 * Whether a view that ends there has its slack in a mapping: the last page
 * goes on with zeros behind the file's end.
 */
static bool
has_slack(const struct mmap_reader *r, uint64_t end)
{
    uint64_t used = r->base.end % r->page;
    return end + KERNEL_SLACK <= r->base.end ||
           (used != 0 && r->page - used >= KERNEL_SLACK);
}

/* Brings the view into memory of our own. */
static int
view_copy(struct mmap_reader *r, struct wattle_error *error)
{
    struct reader *base = &r->base;
    size_t wanted = base->len + KERNEL_SLACK;
    if (wanted > r->copy_cap) {
        wanted += base->block_bytes / 4; /* what is left over varies */
        free(r->copy);
        r->copy = calloc(1, wanted);
        r->copy_cap = r->copy != NULL ? wanted : 0;
    }
    if (r->copy == NULL)
        return error_memory(error);
    size_t at = 0;
    while (at < base->len) {
        ssize_t n = pread(base->fd, r->copy + at, base->len - at,
                          (off_t)(base->offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_at(error, WATTLE_ERR_IO, base->source->path, 0,
                                "cannot read it: %s", strerror(errno));
        if (n == 0)
            break;
        at += (size_t)n;
    }
    if (at < base->len)
        base->is_cut = base->is_at_end = true;
    base->len = at;
    base->data = r->copy;
    unmap(r);
    return WATTLE_OK;
}

/*
 * Has the pages of the view mapped now: the kernel maps sixteen at a time, and
 * text that is mapped can be brought into the cache ahead of its use.
 */
static void
touch(const struct reader *base)
{
    const size_t stride = 65536;
    size_t at = stride - (uintptr_t)base->data % stride;
    for (; at < base->len; at += stride)
        (void)*(const volatile uint8_t *)(base->data + at);
}

/*
 * Whether a view is to be copied: one that has no slack behind it, or one of
 * a window that is not cached.
 */
static bool
is_for_copy(struct mmap_reader *r, uint64_t start, uint64_t end)
{
    if (!has_slack(r, end))
        return true;
    if (start >= r->copy_until && !is_cached(r, start))
        r->copy_until = start + WINDOW_BYTES;
    return start < r->copy_until;
}

static bool
is_mapped(const struct mmap_reader *r, uint64_t start, uint64_t end)
{
    uint64_t wanted = end + KERNEL_SLACK;
    wanted = wanted < r->base.end ? wanted : r->base.end;
    return r->map != NULL && start >= r->map_offset &&
           wanted <= r->map_offset + r->map_len;
}

static int
more(struct reader *base, size_t used, struct wattle_error *error)
{
    struct mmap_reader *r = (struct mmap_reader *)base;
    if (base->is_at_end) {
        base->data += used;
        base->offset += used;
        base->len -= used;
        return WATTLE_OK;
    }
    uint64_t start = base->offset + used;
    uint64_t end = base->offset + base->len + base->block_bytes;
    base->is_at_end = end >= base->end;
    end = base->is_at_end ? base->end : end;
    base->offset = start;
    base->len = (size_t)(end > start ? end - start : 0);
    int status = WATTLE_OK;
    bool is_there = is_mapped(r, start, end) && has_slack(r, end);
    if (!is_there && is_for_copy(r, start, end)) {
        status = view_copy(r, error);
    } else {
        if (!is_there)
            status = map_window(r, start, base->len, error);
        if (status == WATTLE_OK) {
            base->data = r->map + (start - r->map_offset);
            touch(base);
        }
    }
    if (status == WATTLE_OK)
        check_size(r);
    return status;
}

static void
close_reader(struct reader *base)
{
    struct mmap_reader *r = (struct mmap_reader *)base;
    unmap(r);
    atomic_store(&windows[r->slot].start, 0);
    close(base->fd);
    free(r->copy);
    free(r);
}

static const struct reader_ops ops = {"mmap", more, close_reader};

/* Some file systems have no maps. */
static bool
can_map(int fd, size_t page)
{
    void *map = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map != MAP_FAILED)
        munmap(map, page);
    return map != MAP_FAILED;
}

struct reader *
reader_mmap_open(struct source *source, uint64_t offset, size_t block_bytes,
                 struct wattle_error *error)
{
    install_handler();
    int fd = source_open(source, error);
    if (fd < 0)
        return NULL;
    struct mmap_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        close(fd);
        error_memory(error);
        return NULL;
    }
    r->page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!can_map(fd, r->page) || !take_slot(r)) {
        free(r);
        close(fd);
        return reader_buffer_open(source, offset, block_bytes, error);
    }
    r->base.ops = &ops;
    r->base.source = source;
    r->base.block_bytes = block_bytes;
    r->base.fd = fd;
    r->base.offset = offset;
    r->base.end = source->size_bytes;
    return &r->base;
}

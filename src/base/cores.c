/*
 * cores.c - what the scheduler allows, not what the machine has.
 *
 * The affinity mask is read at each call, so taskset and cpusets count. The
 * CPU quota of a control group is not looked at. When the mask cannot be read,
 * every core that is online counts.
 */
#include "base/cores.h"

#include <sched.h>
#include <unistd.h>

unsigned
cores_available(void)
{
    cpu_set_t cores;
    long n;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        n = CPU_COUNT(&cores);
    else /* more cores than the set has room for */
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

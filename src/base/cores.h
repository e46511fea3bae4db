/*
 * cores.h - how many threads can run at once.
 */
#ifndef BASE_CORES_H
#define BASE_CORES_H

/* The cores that this process may run on; at least 1. */
unsigned cores_available(void);

#endif

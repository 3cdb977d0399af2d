/* The stations of a request on its way through the kernel, noted with their time while `trace on` holds;
 * /proc/trace shows them. */
#pragma once
#include <stdbool.h>

struct text;

/* From now on, from an empty list; or no more. */
void trace_switch(bool on);
void trace(const char *text, ...);
void trace_tell(struct text *to);

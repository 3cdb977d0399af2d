/* Text that grows: what a file of /proc will say. */
#pragma once

struct text;
void proc_print(struct text *to, const char *text, ...);

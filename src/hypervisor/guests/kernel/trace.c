/* They go to memory, not to the console: what is watched must not be disturbed by the watching. */
#include "trace.h"
#include "proc.h"
#include "text.h"
#include "timer.h"

#define EVENTS 60

struct event {
  uint64_t time;
  char text[48];
};

static struct event events[EVENTS];
static uint32_t count, lost;
static bool enabled;

void trace_switch(bool on) {
  enabled = on;
  if (on) count = lost = 0;
}

struct place {
  char *at, *end;
};

static void put(char c, void *context) {
  struct place *place = context;
  if (place->at < place->end) *place->at++ = c;
}

void trace(const char *text, ...) {
  if (!enabled) return;
  if (count == EVENTS) {
    lost++;
    return;
  }
  struct event *event = &events[count++];
  event->time = time_now();
  struct place place = {event->text, event->text + sizeof event->text - 1};
  va_list arguments;
  va_start(arguments, text);
  format(put, &place, text, arguments);
  va_end(arguments);
  *place.at = 0;
}

void trace_tell(struct text *to) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t fraction, seconds = (uint32_t)divide(microseconds(events[i].time), 1000000, &fraction);
    proc_print(to, "[%5u.%06u] %s\n", seconds, fraction, events[i].text);
  }
  if (lost > 0) proc_print(to, "%u more were not noted\n", lost);
}

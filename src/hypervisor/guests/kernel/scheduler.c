/*
 * Who runs. The kernel itself runs with interrupts off (sstatus.SIE = 0) from trap to return, so it needs no
 * locks against itself: it is interrupted only where it says so, by going to sleep here.
 */
#include <stddef.h>
#include "log.h"
#include "process.h"
#include "riscv.h"
#include "timer.h"
#include "trap.h"

void context_switch(struct context *from, struct context *to);

/* Round robin: the first that is ready after the one that ran last. */
static struct process *next(void) {
  struct process *from = current != NULL ? current : processes;
  for (int i = 1; i <= MAX_PROCESSES; i++) {
    struct process *p = processes + (from - processes + i) % MAX_PROCESSES;
    if (p->state == READY) return p;
  }
  return NULL;
}

bool another_is_ready(void) {
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++)
    if (p != current && p->state == READY) return true;
  return false;
}

static uint64_t next_deadline(void) {
  uint64_t earliest = NEVER;
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++)
    if (p->state == SLEEPING && p->deadline < earliest) earliest = p->deadline;
  return earliest;
}

void timer_arm_for_sleepers(void) { timer_arm(next_deadline()); }

/* Nobody can run: stand still until a device or the alarm calls (WFI wakes on a pending interrupt though SIE
 * is 0). */
static void idle(void) {
  timer_arm_for_sleepers();
  wait_for_interrupt();
  interrupts_handle();
}

void schedule(void) {
  if (current != NULL && current->state == RUNNING) current->state = READY;
  struct process *p;
  while ((p = next()) == NULL) idle();
  struct process *former = current;
  static struct context boot; /* the boot's stack: left for ever */
  current = p;
  p->state = RUNNING;
  if (p == former) return;
  root_table_use(p->space.root);
  context_switch(former != NULL ? &former->context : &boot, &p->context);
}

bool sleep_on(const void *channel, uint64_t deadline) {
  if (current->killed) return false;
  current->channel = channel;
  current->deadline = deadline;
  current->state = SLEEPING;
  schedule();
  bool woken = current->channel == NULL;
  current->channel = NULL;
  return woken && !current->killed;
}

void wake(const void *channel) {
  if (channel == NULL) return;
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++) {
    if (p->state != SLEEPING || p->channel != channel) continue;
    p->channel = NULL;
    p->state = READY;
  }
}

void processes_wake_expired(void) {
  uint64_t now = time_now();
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++)
    if (p->state == SLEEPING && p->deadline <= now) p->state = READY;
}

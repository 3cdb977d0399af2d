/* Processes: a program in user mode with an address space, open files and a kernel stack of its own. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "addressSpace.h"
#include "systemCalls.h"
#include "timer.h"
#include "trap.h"

#define MAX_PROCESSES 24
#define MAX_FILES 12

enum state { UNUSED, READY, RUNNING, SLEEPING, ZOMBIE };

/* What a switch between two kernel stacks has to keep (trapEntry.S). */
struct context {
  uint32_t ra, sp, s[12];
};

struct process {
  int pid, parent;
  enum state state;
  char name[16];
  struct address_space space;
  uint8_t *stack;
  struct context context;
  const void *channel; /* what it sleeps for */
  uint64_t deadline;   /* and until when at the latest */
  bool killed;
  int exit_code;
  struct file *files[MAX_FILES];
  char directory[MAX_PATH];
  uint64_t time;   /* ticks in user mode, up to the last trap */
  uint32_t faults; /* pages brought in at their first touch */
};

extern struct process *current;
extern struct process processes[MAX_PROCESSES];

/* Process 1, which begins in the kernel at `begin`. */
void process_first(void (*begin)(void));
/* The system calls of the same names; results as there. */
int process_fork(void);
int process_exec(const char *path, char *const *argv);
void process_exit(int code) __attribute__((noreturn));
int process_wait(int pid, int *code, bool hang);
int process_kill(int pid);
/* The top of a process's kernel stack, where its trap frame lies. */
struct trap_frame *process_frame(const struct process *p);
struct process *process_of(int pid);

/* Gives the hart to the next process that can use it; comes back when this one's turn comes. */
void schedule(void);
/* Sleeps until `wake(channel)`, until `deadline`, or until the process is killed; false in the last two
 * cases. */
bool sleep_on(const void *channel, uint64_t deadline);
void wake(const void *channel);
void processes_wake_expired(void);
bool another_is_ready(void);
/* An alarm for the first sleeper that has a deadline. */
void timer_arm_for_sleepers(void);

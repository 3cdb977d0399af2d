/* The life of a process. Who runs when is in scheduler.c, loading a program in exec.c. */
#include "process.h"
#include "file.h"
#include "log.h"
#include "pages.h"
#include "riscv.h"
#include "text.h"

struct process processes[MAX_PROCESSES];
struct process *current;
static int last_pid;

struct trap_frame *process_frame(const struct process *p) {
  return (struct trap_frame *)(p->stack + PAGE_SIZE - sizeof(struct trap_frame));
}

/* Runs a function at the top of a fresh kernel stack when it is first scheduled. */
static void begin_with(struct process *p, void (*function)(void)) {
  p->context = (struct context){.ra = (uint32_t)function, .sp = (uint32_t)process_frame(p)};
}

static struct process *allocate(void) {
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++) {
    if (p->state != UNUSED) continue;
    memset(p, 0, sizeof *p);
    p->stack = page_allocate();
    if (p->stack == NULL) return NULL;
    p->pid = ++last_pid;
    p->state = SLEEPING; /* nobody runs it before it is complete */
    p->deadline = NEVER;
    return p;
  }
  return NULL;
}

void process_first(void (*begin)(void)) {
  struct process *p = allocate();
  if (p == NULL || !address_space_create(&p->space)) panic("no memory for the first process");
  copy_text(p->name, "init", sizeof p->name);
  copy_text(p->directory, "/", sizeof p->directory);
  begin_with(p, begin);
  p->state = READY;
}

int process_fork(void) {
  struct process *child = allocate();
  if (child == NULL) return -EAGAIN;
  if (!address_space_copy(&child->space, &current->space)) {
    page_free(child->stack);
    child->state = UNUSED;
    return -ENOMEM;
  }
  child->parent = current->pid;
  copy_text(child->name, current->name, sizeof child->name);
  copy_text(child->directory, current->directory, sizeof child->directory);
  for (int fd = 0; fd < MAX_FILES; fd++)
    if ((child->files[fd] = current->files[fd]) != NULL) child->files[fd]->references++;
  *process_frame(child) = *process_frame(current);
  process_frame(child)->x[10] = 0; /* fork's result in the child */
  begin_with(child, enter_user);
  child->state = READY;
  return child->pid;
}

void process_exit(int code) {
  if (current->pid == 1) panic("init ended with code %d", code);
  for (int fd = 0; fd < MAX_FILES; fd++)
    if (current->files[fd] != NULL) file_close(current->files[fd]);
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++)
    if (p->state != UNUSED && p->parent == current->pid) p->parent = 1;
  current->exit_code = code;
  current->state = ZOMBIE; /* until its parent asks: someone has to be told the code */
  wake(process_of(current->parent));
  wake(process_of(1));
  schedule();
  panic("process %d goes on after its end", current->pid);
}

static void bury(struct process *p) {
  address_space_free(&p->space);
  page_free(p->stack);
  p->state = UNUSED;
}

int process_wait(int pid, int *code, bool hang) {
  for (;;) {
    bool has_children = false;
    for (struct process *p = processes; p < processes + MAX_PROCESSES; p++) {
      if (p->state == UNUSED || p->parent != current->pid || (pid != -1 && p->pid != pid)) continue;
      has_children = true;
      if (p->state != ZOMBIE) continue;
      int found = p->pid;
      *code = p->exit_code;
      bury(p);
      return found;
    }
    if (!has_children) return -ECHILD;
    if (!hang) return 0;
    if (!sleep_on(current, NEVER)) return -EINTR;
  }
}

struct process *process_of(int pid) {
  for (struct process *p = processes; p < processes + MAX_PROCESSES; p++)
    if (p->state != UNUSED && p->pid == pid) return p;
  return NULL;
}

/* It ends on its way back to user mode, where the kernel holds nothing for it any more. */
int process_kill(int pid) {
  if (pid == -1) {
    for (struct process *each = processes; each < processes + MAX_PROCESSES; each++)
      if (each->state != UNUSED && each != current && each->pid != 1) process_kill(each->pid);
    return 0;
  }
  struct process *p = process_of(pid);
  if (p == NULL || p->state == ZOMBIE) return -ENOENT;
  if (pid == 1) return -EPERM;
  p->killed = true;
  if (p->state == SLEEPING) p->state = READY;
  return 0;
}

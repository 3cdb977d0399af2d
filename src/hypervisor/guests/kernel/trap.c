#include "trap.h"
#include "console.h"
#include "log.h"
#include "plic.h"
#include "process.h"
#include "riscv.h"
#include "syscall.h"
#include "timer.h"

/* How long a program runs while another waits for its turn. */
#define QUANTUM_MILLISECONDS 10

void trap_vector(void);
extern char probe_begin[], probe_end[], probe_failed[];

static uint64_t entered_user;

void trap_init(void) {
  csr_write(stvec, (uint32_t)trap_vector);
  csr_write(sscratch, 0); /* "the kernel runs" */
  csr_set(sie, INTERRUPT_TIMER | INTERRUPT_EXTERNAL);
}

void interrupts_handle(void) {
  uint32_t pending = csr_read(sip);
  if (pending & INTERRUPT_EXTERNAL) plic_handle();
  if (pending & INTERRUPT_TIMER) {
    timer_interrupt();
    console_poll();
  }
}

static const char *name_of(uint32_t cause) {
  switch (cause) {
    case 0: return "instruction address misaligned";
    case CAUSE_INSTRUCTION_ACCESS: return "instruction access fault";
    case 2: return "illegal instruction";
    case 3: return "breakpoint";
    case 4: return "load address misaligned";
    case CAUSE_LOAD_ACCESS: return "load access fault";
    case 6: return "store address misaligned";
    case CAUSE_STORE_ACCESS: return "store access fault";
    case CAUSE_INSTRUCTION_PAGE: return "instruction page fault";
    case CAUSE_LOAD_PAGE: return "load page fault";
    case CAUSE_STORE_PAGE: return "store page fault";
    default: return "unexpected trap";
  }
}

static uint32_t access_of(uint32_t cause) {
  if (cause == CAUSE_INSTRUCTION_PAGE) return PTE_X;
  return cause == CAUSE_LOAD_PAGE ? PTE_R : cause == CAUSE_STORE_PAGE ? PTE_W : 0;
}

static void exception_from_user(struct trap_frame *frame, uint32_t cause, uint32_t value) {
  if (cause == CAUSE_ECALL_FROM_U) {
    frame->x[SEPC] += 4; /* go on after the ecall */
    syscall_handle(frame);
  } else if (access_of(cause) != 0 && value < USER_TOP &&
             address_space_fault(&current->space, value, access_of(cause))) {
    current->faults++; /* the instruction runs again, and now finds its page */
  } else {
    log_line("%s[%d]: %s at pc 0x%x, address 0x%x", current->name, current->pid, name_of(cause),
             frame->x[SEPC], value);
    process_exit(139);
  }
}

static void trap_from_kernel(struct trap_frame *frame, uint32_t cause, uint32_t value) {
  uint32_t pc = frame->x[SEPC];
  if (pc >= (uint32_t)probe_begin && pc < (uint32_t)probe_end) {
    frame->x[A0] = cause;
    frame->x[SEPC] = (uint32_t)probe_failed;
    return;
  }
  panic("%s in the kernel: scause 0x%x, sepc 0x%x, stval 0x%x, ra 0x%x", name_of(cause), cause, pc, value,
        frame->x[1]);
}

void enter_user(void) {
  entered_user = time_now();
  asm volatile("mv sp, %0\n j trap_return" ::"r"(process_frame(current)));
  __builtin_unreachable();
}

void trap_handle(struct trap_frame *frame) {
  uint32_t cause = csr_read(scause), value = csr_read(stval);
  if (frame->sstatus & SSTATUS_SPP) {
    trap_from_kernel(frame, cause, value);
    return;
  }
  current->time += time_now() - entered_user;
  if (cause & CAUSE_INTERRUPT) {
    interrupts_handle();
    schedule(); /* the others' turn */
  } else {
    exception_from_user(frame, cause, value);
  }
  if (current->killed) process_exit(130);
  /* With nobody else to run, only sleepers need the alarm. */
  if (another_is_ready()) timer_arm(time_now() + ticks_from_milliseconds(QUANTUM_MILLISECONDS));
  timer_arm_for_sleepers();
  entered_user = time_now();
}

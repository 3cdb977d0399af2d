/** The OOM killer, mm/oom_kill.c: who dies when memory cannot be had, and what the kernel log says of it. */
import type { MemoryController } from '../cgroup/memory.ts';
import { PAGE } from '../cgroup/values.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { PROCESS_TEXT } from './taskMemory.ts';

/** A process that is never chosen: oom_score_adj says so. */
const OOM_SCORE_ADJ_MIN = -1000;

function spared(kernel: Kernel, task: Task): boolean {
  return !task.alive || task === kernel.rootPidNamespace.init || task.oomScoreAdj === OOM_SCORE_ADJ_MIN;
}

/** Pages that killing it would give back, with what oom_score_adj adds: of 1000 parts of `pages`, all that could be used. */
function badness(task: Task, pages: number): number {
  const { memory } = task;
  const held = Math.floor((memory.resident + memory.kernel.total / 2) / PAGE);
  return held + task.oomScoreAdj * Math.floor(pages / 1000);
}

/** /proc/PID/oom_score: from 0, two thirds of a thousand for nothing at all, to 1333. */
export function oomScore(kernel: Kernel, task: Task): number {
  if (spared(kernel, task)) return 0;
  const pages = kernel.options.memory / PAGE;
  const points = 1000 + Math.trunc((badness(task, pages) * 1000) / pages);
  return Math.max(0, Math.trunc((points * 2) / 3));
}

function processesOf(kernel: Kernel, full: MemoryController): Task[] {
  if (full.parent === null) return [...kernel.rootPidNamespace.tasks.values()].filter((task) => task.alive);
  return [...full.cgroup.descendants()].flatMap((cgroup) => cgroup.processes);
}

/** Of equals the one that was seen last. */
function chooseVictim(kernel: Kernel, full: MemoryController): Task | null {
  const pages = Math.floor(Math.min(full.max, kernel.options.memory) / PAGE);
  let chosen: Task | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const task of processesOf(kernel, full)) {
    if (spared(kernel, task) || task.memory.reaped) continue;
    const points = badness(task, pages);
    if (points < most) continue;
    chosen = task;
    most = points;
  }
  return chosen;
}

/** Kills for what `task` wanted and `full` could not give; the victim's memory is free at once (the OOM reaper). False: nobody could be killed. */
export function killForMemory(kernel: Kernel, full: MemoryController, task: Task): boolean {
  const victim = chooseVictim(kernel, full);
  report(kernel, full, task, victim);
  if (victim === null) return false;
  const group = oomGroupOf(victim, full);
  kill(kernel, full, victim);
  if (group !== null) {
    group.count('oom_group_kill');
    kernel.log.write(`Tasks in ${group.cgroup.path} are going to be killed due to memory.oom.group set`);
    for (const other of processesOf(kernel, group))
      if (!other.memory.reaped && !spared(kernel, other)) kill(kernel, full, other);
  }
  return true;
}

/** memory.oom.group: the topmost group with it, from the victim's up to the one that is full. */
function oomGroupOf(victim: Task, full: MemoryController): MemoryController | null {
  let group: MemoryController | null = null;
  for (let at: MemoryController | null = victim.cgroup.effectiveMemory; at !== null; at = at.parent) {
    if (at.oomGroup) group = at;
    if (at === full) break;
  }
  return group;
}

function kill(kernel: Kernel, full: MemoryController, victim: Task): void {
  const { memory } = victim;
  const kib = (bytes: number) => `${Math.floor(bytes / 1024)}kB`;
  const why = full.parent === null ? 'Out of memory' : 'Memory cgroup out of memory';
  kernel.log.write(
    `${why}: Killed process ${kernel.rootPid(victim)} (${victim.comm}) total-vm:${kib(memory.space)}, ` +
      `anon-rss:${kib(memory.anonymous)}, file-rss:${kib(PROCESS_TEXT)}, shmem-rss:0kB, UID:${victim.credentials.uid} ` +
      `pgtables:${kib(memory.kernel.total / 2)} oom_score_adj:${victim.oomScoreAdj}`,
  );
  victim.cgroup.effectiveMemory.count('oom_kill');
  kernel.trace.emit('oom.kill', kernel.name, {
    pid: kernel.rootPid(victim),
    comm: victim.comm,
    cgroup: victim.cgroup.path,
    limit: full.cgroup.path,
  });
  // None of its threads goes on, not even to the end of what it does.
  for (const engine of victim.engines) engine.hold(true);
  kernel.signals.send(victim, 'KILL');
  memory.free();
  memory.reaped = true;
}

function report(kernel: Kernel, full: MemoryController, task: Task, victim: Task | null): void {
  const own = full.parent !== null;
  const kib = (bytes: number) =>
    bytes === Number.POSITIVE_INFINITY ? 9007199254740988 : Math.floor(bytes / 1024);
  const { kinds } = full;
  kernel.log.write(
    `${task.comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=${task.oomScoreAdj}`,
    ...(own
      ? [
          `memory: usage ${kib(full.usage)}kB, limit ${kib(full.max)}kB, failcnt ${full.localEvents.max}`,
          `swap: usage 0kB, limit ${kib(full.swapMax)}kB, failcnt 0`,
          `Memory cgroup stats for ${full.cgroup.path}:`,
        ]
      : ['Mem-Info:']),
    `anon ${kinds.anon}`,
    `file ${kinds.file + kinds.shmem}`,
    `kernel ${kinds.kernel}`,
    `shmem ${kinds.shmem}`,
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
    ...processesOf(kernel, full).map((one) => taskLine(kernel, one)),
    ...(victim === null ? [] : [verdict(kernel, full, victim)]),
  );
  if (victim === null) kernel.log.write('Out of memory and no killable processes...');
}

function taskLine(kernel: Kernel, task: Task): string {
  const { memory } = task;
  const pid = kernel.rootPid(task);
  const pages = (bytes: number) => Math.floor(bytes / PAGE);
  const cell = (value: number, width: number) => String(value).padStart(width);
  return [
    `[${cell(pid, 7)}]`,
    cell(task.credentials.uid, 5),
    cell(pid, 5),
    cell(pages(memory.space), 8),
    cell(pages(memory.resident), 8),
    cell(pages(memory.anonymous), 8),
    cell(pages(memory.resident - memory.anonymous), 8),
    cell(0, 9),
    cell(memory.kernel.total / 2, 8),
    cell(0, 8),
    cell(task.oomScoreAdj, 13),
    task.comm,
  ].join(' ');
}

function verdict(kernel: Kernel, full: MemoryController, victim: Task): string {
  const own = full.parent !== null;
  const constraint = own ? 'CONSTRAINT_MEMCG' : 'CONSTRAINT_NONE';
  const place = own ? `oom_memcg=${full.cgroup.path}` : 'global_oom';
  return (
    `oom-kill:constraint=${constraint},nodemask=(null),cpuset=/,mems_allowed=0,${place},` +
    `task_memcg=${victim.cgroup.path},task=${victim.comm},pid=${kernel.rootPid(victim)},uid=${victim.credentials.uid}`
  );
}

/** Signals, signal(7): numbers of x86 and most other architectures, and what each does by default. */

const table = {
  HUP: [1, 'term', 'Hangup'],
  INT: [2, 'term', 'Interrupt'],
  QUIT: [3, 'core', 'Quit'],
  ILL: [4, 'core', 'Illegal instruction'],
  TRAP: [5, 'core', 'Trace/breakpoint trap'],
  ABRT: [6, 'core', 'Aborted'],
  BUS: [7, 'core', 'Bus error'],
  FPE: [8, 'core', 'Floating point exception'],
  KILL: [9, 'term', 'Killed'],
  USR1: [10, 'term', 'User defined signal 1'],
  SEGV: [11, 'core', 'Segmentation fault'],
  USR2: [12, 'term', 'User defined signal 2'],
  PIPE: [13, 'term', 'Broken pipe'],
  ALRM: [14, 'term', 'Alarm clock'],
  TERM: [15, 'term', 'Terminated'],
  CHLD: [17, 'ignore', 'Child exited'],
  CONT: [18, 'continue', 'Continued'],
  STOP: [19, 'stop', 'Stopped (signal)'],
  TSTP: [20, 'stop', 'Stopped'],
  TTIN: [21, 'stop', 'Stopped (tty input)'],
  TTOU: [22, 'stop', 'Stopped (tty output)'],
  URG: [23, 'ignore', 'Urgent I/O condition'],
  XCPU: [24, 'core', 'CPU time limit exceeded'],
  XFSZ: [25, 'core', 'File size limit exceeded'],
  WINCH: [28, 'ignore', 'Window changed'],
  IO: [29, 'term', 'I/O possible'],
  PWR: [30, 'term', 'Power failure'],
  SYS: [31, 'core', 'Bad system call'],
} as const satisfies Record<string, readonly [number, DefaultAction, string]>;

export type DefaultAction = 'term' | 'core' | 'ignore' | 'stop' | 'continue';
/** A signal's name without SIG. */
export type SignalName = keyof typeof table;

/** Signals in the order in which they came. Never changed: a process gets another list, which its children may have too. */
export type SignalList = readonly SignalName[];

export const NO_SIGNALS: SignalList = Object.freeze([]);

export function withSignal(list: SignalList, signal: SignalName): SignalList {
  return list.includes(signal) ? list : list.concat(signal);
}

export function withoutSignal(list: SignalList, signal: SignalName): SignalList {
  return list.includes(signal) ? list.filter((other) => other !== signal) : list;
}

/** All signals in the order of their numbers. */
export const signalNames = Object.keys(table) as readonly SignalName[];

export function signalNumber(name: SignalName): number {
  return table[name][0];
}

export function defaultAction(name: SignalName): DefaultAction {
  return table[name][1];
}

/** strsignal(3): what a shell prints about a child that died of it. */
export function strsignal(name: SignalName): string {
  return table[name][2];
}

/** Reads `9`, `KILL` or `SIGKILL` in any case; null for anything else. */
export function parseSignal(text: string): SignalName | null {
  const bare = text.toUpperCase().replace(/^SIG/, '');
  if (Object.hasOwn(table, bare)) return bare as SignalName;
  return signalNames.find((name) => String(table[name][0]) === text) ?? null;
}

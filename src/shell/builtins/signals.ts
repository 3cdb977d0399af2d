/** kill and trap. */
import { isOsError } from '../../base/index.ts';
import { parseSignal, type SignalName, type Sys, signalNames, signalNumber, sys } from '../../linux/index.ts';
import { isSignal, setTrap } from '../exec/signals.ts';
import { quoteWord } from '../expand/quote.ts';
import { isStopped } from '../state/jobs.ts';
import { printError, type Shell, type TrapName } from '../state/shell.ts';
import { findJob } from './jobs.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';

function parseTrapName(text: string): TrapName | null {
  const upper = text.toUpperCase().replace(/^SIG/, '');
  if (text === '0' || upper === 'EXIT') return 'EXIT';
  if (upper === 'ERR' || upper === 'DEBUG') return upper;
  return parseSignal(text);
}

/** Number of a condition; EXIT first, the shell's own after the signals. */
function trapOrder(name: TrapName): number {
  return isSignal(name) ? signalNumber(name) : name === 'EXIT' ? 0 : 100;
}

function trapLabel(name: TrapName): string {
  return isSignal(name) ? `SIG${name}` : name;
}

function* listTraps(shell: Shell, names: readonly TrapName[]): Sys<void> {
  const lines = [...names]
    .sort((a, b) => trapOrder(a) - trapOrder(b))
    .filter((name) => shell.traps.has(name))
    .map((name) => `trap -- ${quoteWord(shell.traps.get(name)!, true)} ${trapLabel(name)}\n`);
  yield* shell.print(lines.join(''));
}

/** The table of `kill -l` and `trap -l`: five a line. */
function* listSignals(shell: Shell): Sys<void> {
  let text = '';
  for (const [i, name] of signalNames.entries()) {
    const entry = `${String(signalNumber(name)).padStart(2)}) SIG${name}`;
    const last = i % 5 === 4 || i === signalNames.length - 1;
    text += last ? `${entry}\n` : `${entry}\t`;
  }
  yield* shell.print(text);
}

function* trap(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'trap', table.trap!.synopsis, 'lp', args);
  if (options === null) return 2;
  if (options.has('l')) {
    yield* listSignals(shell);
    return 0;
  }
  const { rest } = options;
  if (rest.length === 0) {
    yield* listTraps(shell, [...shell.traps.keys()]);
    return 0;
  }
  const resetsAll = rest.length === 1 || /^\d+$/.test(rest[0]!);
  const action = options.has('p') || rest[0] === '-' || resetsAll ? null : rest[0]!;
  const specs = options.has('p') || (resetsAll && rest[0] !== '-') ? rest : rest.slice(1);
  let status = 0;
  const names: TrapName[] = [];
  for (const spec of specs) {
    const name = parseTrapName(spec);
    if (name === null) {
      yield* shell.complain(`trap: ${spec}: invalid signal specification`);
      status = 1;
    } else names.push(name);
  }
  if (options.has('p')) yield* listTraps(shell, names);
  else {
    for (const name of names) {
      const fixed = isSignal(name) && shell.ignoredAtStart.has(name) && !shell.interactive;
      if (!fixed && name !== 'KILL' && name !== 'STOP') yield* setTrap(shell, name, action);
    }
  }
  return status;
}

function* listKillSignals(shell: Shell, specs: readonly string[]): Sys<number> {
  if (specs.length === 0) {
    yield* listSignals(shell);
    return 0;
  }
  let status = 0;
  for (const spec of specs) {
    const number = /^\d+$/.test(spec) ? Number(spec) : null;
    const name = parseSignal(number !== null && number > 128 ? String(number - 128) : spec);
    if (name !== null) yield* shell.print(`${number === null ? signalNumber(name) : name}\n`);
    else {
      yield* shell.complain(`kill: ${spec}: invalid signal specification`);
      status = 1;
    }
  }
  return status;
}

function* kill(shell: Shell, args: readonly string[]): Sys<number> {
  const usage = `kill: usage: ${table.kill!.synopsis}\n`;
  let rest = [...args];
  let signal: SignalName | 0 = 'TERM';
  const [first] = rest;
  if (first === '-l' || first === '-L') return yield* listKillSignals(shell, rest.slice(1));
  if (first?.startsWith('-') && first !== '--' && first.length > 1) {
    const separate = first === '-s' || first === '-n';
    const spec = separate ? rest[1] : first.replace(/^-[sn](?=.)(?![A-Z]*$)/, '').replace(/^-/, '');
    if (spec === undefined) {
      yield* shell.complain(`kill: ${first}: option requires an argument`);
      return 1;
    }
    const found = spec === '0' ? 0 : parseSignal(spec);
    if (found === null) {
      yield* shell.complain(`kill: ${spec}: invalid signal specification`);
      return 1;
    }
    signal = found;
    rest = rest.slice(separate ? 2 : 1);
  }
  if (rest[0] === '--') rest.shift();
  if (rest.length === 0) {
    yield* printError(usage);
    return 2;
  }
  let failed = 0;
  for (const target of rest) if (!(yield* killOne(shell, target, signal))) failed++;
  return failed === rest.length ? 1 : 0;
}

function* killOne(shell: Shell, target: string, signal: SignalName | 0): Sys<boolean> {
  let pid: number;
  if (target.startsWith('%')) {
    const job = yield* findJob(shell, 'kill', target);
    if (job === null) return false;
    pid = job.controlled ? -job.pgid : job.processes[0]!.pid;
    if (isStopped(job) && (signal === 'TERM' || signal === 'HUP')) {
      // A stopped job must go on to die of the signal.
      yield* trySignal(shell, target, pid, signal);
      return yield* trySignal(shell, target, pid, 'CONT');
    }
  } else if (/^-?\d+$/.test(target)) pid = Number(target);
  else {
    yield* shell.complain(`kill: ${target}: arguments must be process or job IDs`);
    return false;
  }
  return yield* trySignal(shell, target, pid, signal);
}

function* trySignal(shell: Shell, target: string, pid: number, signal: SignalName | 0): Sys<boolean> {
  try {
    yield* sys.kill(pid, signal);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`kill: (${target.startsWith('%') ? Math.abs(pid) : target}) - ${error.message}`);
    return false;
  }
}

const table: BuiltinTable = {
  trap: {
    synopsis: 'trap [-lp] [[arg] signal_spec ...]',
    summary: 'Sets what is run when a signal or another condition arrives.',
    *run(shell, args) {
      return yield* trap(shell, args);
    },
  },
  kill: {
    synopsis: 'kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]',
    summary: 'Sends a signal to processes or jobs.',
    *run(shell, args) {
      return yield* kill(shell, args);
    },
  },
};

export const signalBuiltins = table;

/** Which signals a shell catches, ignores and traps: the bash manual, "Signals", and POSIX `trap`. */
import { isOsError } from '../../base/index.ts';
import { type SignalName, type Sys, sys } from '../../linux/index.ts';
import { ExitControl, InterruptControl } from '../state/control.ts';
import type { Shell, TrapName } from '../state/shell.ts';

/** What an interactive shell does not die of. */
const interactiveIgnored: readonly SignalName[] = ['QUIT', 'TERM', 'TSTP', 'TTIN', 'TTOU'];
const interactiveCaught: readonly SignalName[] = ['INT', 'HUP', 'WINCH'];

const conditions: ReadonlySet<TrapName> = new Set<TrapName>(['EXIT', 'ERR', 'DEBUG']);

export function isSignal(name: TrapName): name is SignalName {
  return !conditions.has(name);
}

export function* setInteractiveSignals(): Sys<void> {
  for (const name of interactiveIgnored) yield* sys.sigaction(name, 'ignore');
  for (const name of interactiveCaught) yield* sys.sigaction(name, 'catch');
}

/** Back to what a program expects to start with; called in a child. Traps that ignore a signal stay. */
export function* resetSignals(shell: Shell, parentInteractive: boolean): Sys<void> {
  const names = new Set<SignalName>(parentInteractive ? [...interactiveIgnored, ...interactiveCaught] : []);
  for (const [name, action] of shell.traps) {
    if (action === '' && isSignal(name)) continue;
    shell.traps.delete(name);
    if (isSignal(name)) names.add(name);
  }
  for (const name of names) {
    if (shell.traps.get(name) === '') continue;
    yield* sys.sigaction(name, shell.ignoredAtStart.has(name) ? 'ignore' : 'default');
  }
}

/** Sets or removes (`null`) a trap, and the signal's disposition with it. */
export function* setTrap(shell: Shell, name: TrapName, action: string | null): Sys<void> {
  if (action === null) shell.traps.delete(name);
  else shell.traps.set(name, action);
  if (!isSignal(name)) return;
  if (action === null) yield* sys.sigaction(name, defaultDisposition(shell, name));
  else yield* sys.sigaction(name, action === '' ? 'ignore' : 'catch');
}

function defaultDisposition(shell: Shell, name: SignalName) {
  if (!shell.interactive) return 'default';
  if (interactiveIgnored.includes(name)) return 'ignore';
  return interactiveCaught.includes(name) ? 'catch' : 'default';
}

export function catchesSignals(shell: Shell): boolean {
  if (shell.interactive) return true;
  if (shell.traps.size === 0) return false;
  for (const name of shell.traps.keys()) if (isSignal(name)) return true;
  return false;
}

/** CPU time the shell itself takes for one command. */
const COMMAND_COST = 20_000;

/** One step of the shell: it costs time, and signals that have arrived take effect. */
export function* tick(shell: Shell): Sys<void> {
  try {
    yield* sys.compute(COMMAND_COST);
  } catch (error) {
    if (!isOsError(error, 'EINTR')) throw error;
  }
  if (catchesSignals(shell)) yield* handleSignals(shell);
}

/** Takes signals that have arrived and runs their traps. */
export function* handleSignals(shell: Shell): Sys<void> {
  if (!catchesSignals(shell)) return;
  shell.pendingSignals.push(...(yield* sys.takeSignals()));
  yield* runPendingTraps(shell);
}

/** Runs the traps of the signals taken so far. Ctrl-C at an interactive shell leaves the command line. */
export function* runPendingTraps(shell: Shell): Sys<void> {
  for (;;) {
    const name = shell.pendingSignals.shift();
    if (name === undefined) return;
    const action = shell.traps.get(name);
    if (action !== undefined) yield* runTrap(shell, name, action);
    else if (shell.interactive && name === 'INT') throw new InterruptControl();
    else if (shell.interactive && name === 'HUP') throw new ExitControl(129);
  }
}

/** Runs the text of a trap; `$?` is the same after it. */
export function* runTrap(shell: Shell, name: TrapName, action: string): Sys<void> {
  if (action === '' || shell.runningTrap === name) return;
  const { lastStatus, runningTrap, line } = shell;
  shell.runningTrap = name;
  try {
    yield* shell.evaluator.text(shell, action, null);
  } finally {
    shell.runningTrap = runningTrap;
    shell.line = line;
  }
  shell.lastStatus = lastStatus;
}

/** Runs the EXIT trap once, and returns the status the shell ends with. */
export function* runExitTrap(shell: Shell, status: number): Sys<number> {
  const action = shell.traps.get('EXIT');
  if (action === undefined) return status;
  shell.traps.delete('EXIT');
  shell.lastStatus = status;
  try {
    yield* shell.evaluator.text(shell, action, null);
  } catch (error) {
    if (error instanceof ExitControl) return error.status;
    throw error;
  }
  return status;
}

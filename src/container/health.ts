/** Health checks: a command in the container now and then, and what its results make of the container's health. moby's daemon/health.go. */
import { decodeUtf8, MILLISECOND, type Nanos, SECOND } from '../base/index.ts';
import type { Sys } from '../linux/index.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { captureExec, createExec } from './exec.ts';
import { nanosBetween, timestamp } from './files.ts';
import { type Container, type Health, type HealthResult, hasProcess } from './model.ts';

const RESULTS_KEPT = 5;
/** Bytes of a check's output. */
const OUTPUT_KEPT = 4096;

/** The command of a check; null when there is none. */
export function healthCommand({ Config }: Container): readonly string[] | null {
  const [kind, ...rest] = Config.Healthcheck?.Test ?? [];
  if (kind === 'CMD') return rest;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : null;
}

const orDefault = (value: number | undefined, otherwise: Nanos): Nanos =>
  value === undefined || value === 0 ? otherwise : value;

/** Begins to look after a container that has just been started, or goes on with one that was paused. */
export function* startMonitor(engine: Engine, container: Container, goOn = false): Sys<void> {
  const command = healthCommand(container);
  if (command === null) return;
  const { State } = container;
  const health: Health = State.Health ?? { Status: 'starting', FailingStreak: 0, Log: [] };
  if (!goOn) Object.assign(health, { Status: 'starting', FailingStreak: 0 });
  State.Health = health;
  const run = (engine.monitors.get(container.ID) ?? 0) + 1;
  engine.monitors.set(container.ID, run);
  yield* engine.background(() => monitor(engine, container, health, command, run));
}

function* monitor(
  engine: Engine,
  container: Container,
  health: Health,
  command: readonly string[],
  run: number,
): Sys<void> {
  const { State, Config } = container;
  const { Interval, StartInterval, StartPeriod, Timeout } = Config.Healthcheck!;
  const period = orDefault(StartPeriod, 0);
  const over = () =>
    !hasProcess(State) || State.Paused || engine.monitors.get(container.ID) !== run || engine.stopping;
  for (;;) {
    const young = nanosBetween(State.StartedAt, yield* timestamp()) < period;
    const pause =
      young && health.Status === 'starting'
        ? orDefault(StartInterval, 5 * SECOND)
        : orDefault(Interval, 30 * SECOND);
    if (yield* engine.conditionOf(container).until(over, pause)) return;
    const result = yield* probe(engine, container, command, orDefault(Timeout, 30 * SECOND));
    if (over()) return;
    yield* judge(engine, container, health, result, period);
  }
}

function* probe(
  engine: Engine,
  container: Container,
  command: readonly string[],
  timeout: Nanos,
): Sys<HealthResult> {
  const Start = yield* timestamp();
  const exec = yield* createExec(engine, container, { Cmd: [...command] });
  const { exitCode, output, error } = yield* captureExec(engine, exec, timeout, OUTPUT_KEPT);
  const End = yield* timestamp();
  const text = decodeUtf8(output);
  if (error !== null) return { Start, End, ExitCode: -1, Output: error };
  if (exitCode !== null) return { Start, End, ExitCode: exitCode, Output: text };
  const said = text === '' ? '' : `: ${text}`;
  return {
    Start,
    End,
    ExitCode: -1,
    Output: `Health check exceeded timeout (${goDuration(timeout)})${said}`,
  };
}

/** As Go prints a time.Duration: `1m30s`, `500ms`. */
export function goDuration(nanos: Nanos): string {
  if (nanos === 0) return '0s';
  if (nanos < SECOND) return `${nanos / MILLISECOND}ms`;
  const total = nanos / SECOND;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = Math.round((total % 60) * 1e9) / 1e9;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

function* judge(
  engine: Engine,
  container: Container,
  health: Health,
  result: HealthResult,
  period: Nanos,
): Sys<void> {
  const before = health.Status;
  health.Log = [...health.Log, result].slice(-RESULTS_KEPT);
  const young = before === 'starting' && nanosBetween(container.State.StartedAt, result.Start) < period;
  if (result.ExitCode === 0) {
    health.FailingStreak = 0;
    health.Status = 'healthy';
  } else if (!young) {
    health.FailingStreak++;
    if (health.FailingStreak >= orDefault(container.Config.Healthcheck?.Retries, 3))
      health.Status = 'unhealthy';
  }
  if (health.Status !== before) yield* tell(engine, container, `health_status: ${health.Status}`);
  yield* engine.changed(container);
}

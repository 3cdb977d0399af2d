/** `docker top`: the host's ps(1), of whose lines those of the container's processes are kept. */
import { decodeUtf8 } from '../base/index.ts';
import { readAll, type Sys, sys } from '../linux/index.ts';
import { list } from './files.ts';
import { type Container, EngineError } from './model.ts';

/** Numbers, as the host sees them, of the processes in the container's pid namespace. */
function* pidsOf(container: Container): Sys<Set<string>> {
  const own = yield* sys.readlink(`/proc/${container.State.Pid}/ns/pid`);
  const pids = new Set<string>();
  for (const pid of (yield* list('/proc')).filter((name) => /^\d+$/.test(name)))
    if ((yield* sys.readlink(`/proc/${pid}/ns/pid`)) === own) pids.add(pid);
  return pids;
}

function* ps(args: readonly string[]): Sys<string> {
  const [reading, writing] = yield* sys.pipe();
  const pid = yield* sys.fork(function* () {
    for (const fd of [1, 2]) yield* sys.dup2(writing, fd);
    return yield* sys.execve('/usr/bin/ps', ['ps', ...args], new Map());
  });
  yield* sys.close(writing);
  const text = decodeUtf8(yield* readAll(reading));
  yield* sys.close(reading);
  const { state } = yield* sys.wait4(pid);
  if (state.kind !== 'exited' || state.code !== 0) throw new EngineError(500, `ps: ${text.trim()}`);
  return text;
}

export function* processesOf(container: Container, args: string): Sys<unknown> {
  if (!container.State.Running) throw new EngineError(409, `container ${container.ID} is not running`);
  const pids = yield* pidsOf(container);
  const [head = '', ...lines] = (yield* ps(args.split(/\s+/))).split('\n');
  const Titles = head.trim().split(/\s+/);
  const at = Titles.indexOf('PID');
  if (at < 0) throw new EngineError(500, "Couldn't find PID field in ps output");
  const Processes = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => pids.has(fields[at] ?? ''))
    .map((fields) => [...fields.slice(0, Titles.length - 1), fields.slice(Titles.length - 1).join(' ')]);
  return { Titles, Processes };
}

/** The processes that /proc shows, with the namespaces that they are in. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys } from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { kinds } from './kinds.ts';

export interface SeenTask {
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly command: string;
  /** Numbers by type. */
  readonly namespaces: ReadonlyMap<string, number>;
}

/** In the order of their numbers; those whose files may not be looked at are left out. */
export function* readTasks(names: readonly string[]): Sys<SeenTask[]> {
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const tasks: SeenTask[] = [];
  for (const pid of pids.sort((a, b) => a - b)) {
    const task = yield* orNull(() => readTask(pid));
    if (task !== null) tasks.push(task);
  }
  return tasks;
}

/** Numbers by type, of a process by its directory in /proc. */
export function* namespacesOf(folder: string): Sys<ReadonlyMap<string, number>> {
  const namespaces = new Map<string, number>();
  for (const { file } of kinds) {
    const target = yield* orNull(() => sys.readlink(`${folder}/ns/${file}`), 'ENOENT');
    const id = /\[(\d+)\]/.exec(target ?? '')?.[1];
    if (id !== undefined) namespaces.set(file, Number(id));
  }
  return namespaces;
}

function* readTask(pid: number): Sys<SeenTask> {
  const folder = `/proc/${pid}`;
  const { uid } = yield* sys.stat(folder);
  const stat = decodeUtf8(yield* readFile(`${folder}/stat`));
  const [, comm = '', ppid = '0'] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? [];
  const words = decodeUtf8(yield* readFile(`${folder}/cmdline`)).split('\0');
  const command = words.slice(0, -1).join(' ').trimEnd();
  const namespaces = yield* namespacesOf(folder);
  return { pid, ppid: Number(ppid), uid, command: command === '' ? comm : command, namespaces };
}

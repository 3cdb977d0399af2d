/** The process of runc exec: the container's own with what the flags change, or one from a file. */
import { decodeUtf8, isOsError, strerror } from '../../base/index.ts';
import { readFile, type Sys } from '../../linux/index.ts';
import type { Invocation } from './flags.ts';
import { requireKnownLimits } from './process.ts';
import { type CapabilitySets, RuntimeError, type SpecProcess } from './spec.ts';
import { PROCESS, parseAs } from './specShape.ts';
import { bundleOf, readSpec, type StoredState } from './state.ts';

type Process = SpecProcess & { readonly args: readonly string[] };

function numberOf(text: string, what: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RuntimeError(`${what}: strconv.Atoi: parsing "${text}": invalid syntax`);
}

/** `UID[:GID]` */
function userOf(text: string, before: SpecProcess['user']): SpecProcess['user'] {
  const [uid = '', gid] = text.split(/:(.*)/s);
  return {
    ...before,
    ...(gid !== undefined && { gid: numberOf(gid, 'bad gid') }),
    uid: numberOf(uid, 'bad uid'),
  };
}

/** Ambient ones need those that are inherited. */
function withCapabilities(own: CapabilitySets, added: readonly string[]): CapabilitySets {
  const more = (key: keyof CapabilitySets) => [...(own[key] ?? []), ...added];
  return {
    ...own,
    ...{ bounding: more('bounding'), effective: more('effective'), permitted: more('permitted') },
    ...(own.inheritable !== undefined && { ambient: more('ambient') }),
  };
}

export function* changedProcess({ values, operands }: Invocation, state: StoredState): Sys<Process> {
  const own = (yield* readSpec(bundleOf(state))).process!;
  const lastOf = (name: string) => values.get(name)?.at(-1);
  const user = lastOf('user');
  const gids = (values.get('additional-gids') ?? []).map((gid) => numberOf(gid, 'bad additional gid'));
  const before = user === undefined ? own.user : userOf(user, own.user);
  const added = values.get('cap') ?? [];
  return {
    ...own,
    args: operands.slice(1),
    terminal: values.has('tty'),
    cwd: lastOf('cwd') ?? own.cwd,
    env: [...(own.env ?? []), ...(values.get('env') ?? [])],
    user: { ...before, additionalGids: [...(before.additionalGids ?? []), ...gids] },
    ...(values.has('no-new-privs') && { noNewPrivileges: true }),
    ...(added.length > 0 && { capabilities: withCapabilities(own.capabilities ?? {}, added) }),
  };
}

/** Of a file like config.json's `process`. Throws RuntimeError. */
export function* processFrom(path: string): Sys<Process> {
  let process: SpecProcess;
  try {
    process = parseAs<SpecProcess>(PROCESS, decodeUtf8(yield* readFile(path)));
  } catch (error) {
    if (isOsError(error)) throw new RuntimeError(`open ${path}: ${strerror(error.code).toLowerCase()}`);
    throw error;
  }
  const { cwd, args = [] } = process;
  if (cwd === '') throw new RuntimeError('Cwd property must not be empty');
  if (!cwd.startsWith('/')) throw new RuntimeError('Cwd must be an absolute path');
  if (args.length === 0) throw new RuntimeError('args must not be empty');
  const whole = { ...process, args };
  requireKnownLimits(whole);
  return whole;
}

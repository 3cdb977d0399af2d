/** `capsh --print`. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { accounts, groups } from '../support.ts';
import { formatIab, formatSets, namesOf } from './capText.ts';
import { ownSets } from './own.ts';

/** Bits of securebits with their locks one above. */
const switches = ['noroot', 'no-suid-fixup', 'keep-caps', 'no-ambient-raise'] as const;

export function* printState(): Sys<void> {
  const sets = yield* ownSets();
  const bits = yield* sys.prctl('PR_GET_SECUREBITS', 0);
  const privs = yield* sys.prctl('PR_GET_NO_NEW_PRIVS', 0);
  const binary = bits.toString(2);
  const users = new Map((yield* accounts()).map(({ uid, name }) => [uid, name]));
  const names = new Map((yield* groups()).map(({ gid, name }) => [gid, name]));
  const user = (id: number) => `${id}(${users.get(id) ?? '???'})`;
  const group = (id: number) => `${id}(${names.get(id) ?? '???'})`;
  const lines = [
    `Current: ${formatSets(sets)}`,
    `Bounding set =${namesOf(sets.bounding)}`,
    `Ambient set =${namesOf(sets.ambient)}`,
    `Current IAB: ${formatIab(sets)}`,
    `Securebits: 0${bits.toString(8)}/0x${bits.toString(16)}/${binary.length}'b${binary} (no-new-privs=${privs})`,
    ...switches.map((name, i) => {
      const yes = (bits & (1 << (2 * i))) !== 0 ? 'yes' : 'no';
      return ` secure-${name}: ${yes} (${(bits & (2 << (2 * i))) !== 0 ? 'locked' : 'unlocked'})`;
    }),
    `uid=${user(yield* sys.getuid())} euid=${user(yield* sys.geteuid())}`,
    `gid=${group(yield* sys.getgid())}`,
    `groups=${(yield* sys.getgroups()).map(group).join(',')}`,
    `Guessed mode: ${bits === 0 ? 'HYBRID (4)' : 'UNCERTAIN (0)'}`,
  ];
  yield* writeAll(1, `${lines.join('\n')}\n`);
}

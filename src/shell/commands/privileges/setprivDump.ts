/** `setpriv --dump`. */
import {
  type CapabilitySet,
  capabilitiesIn,
  type Sys,
  signalNames,
  signalNumber,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { ownSets } from './own.ts';
import { securebitNames } from './securebits.ts';

/** Without CAP_, in small letters. */
export const bareNames = (set: CapabilitySet): string[] =>
  capabilitiesIn(set).map((name) => name.slice('CAP_'.length).toLowerCase());

const listed = (names: readonly string[]) => (names.length === 0 ? '[none]' : names.join(','));

/** Each `-d` tells more. */
export function* dump(level: number): Sys<void> {
  const sets = yield* ownSets();
  const [uid, euid, suid] = yield* sys.getresuid();
  const [gid, egid, sgid] = yield* sys.getresgid();
  const bits = yield* sys.prctl('PR_GET_SECUREBITS', 0);
  const unknown = bits >> securebitNames.length;
  const chosen: string[] = securebitNames.filter((_, at) => (bits & (1 << at)) !== 0);
  if (unknown !== 0) chosen.push(`0x${(unknown << securebitNames.length).toString(16)}`);
  const death = yield* sys.prctl('PR_GET_PDEATHSIG', 0);
  const lines = [
    `uid: ${uid}`,
    `euid: ${euid}`,
    ...(level >= 3 ? [`suid: ${suid}`] : []),
    `gid: ${gid}`,
    `egid: ${egid}`,
    ...(level >= 3 ? [`sgid: ${sgid}`] : []),
    `Supplementary groups: ${listed((yield* sys.getgroups()).map(String))}`,
    `no_new_privs: ${yield* sys.prctl('PR_GET_NO_NEW_PRIVS', 0)}`,
    ...(level >= 2
      ? [
          `Effective capabilities: ${listed(bareNames(sets.effective))}`,
          `Permitted capabilities: ${listed(bareNames(sets.permitted))}`,
        ]
      : []),
    `Inheritable capabilities: ${listed(bareNames(sets.inheritable))}`,
    `Ambient capabilities: ${listed(bareNames(sets.ambient))}`,
    `Capability bounding set: ${listed(bareNames(sets.bounding))}`,
    `Securebits: ${listed(chosen)}`,
    `Parent death signal: ${death === 0 ? '[none]' : signalNames.find((name) => signalNumber(name) === death)}`,
  ];
  yield* writeAll(1, `${lines.join('\n')}\n`);
}

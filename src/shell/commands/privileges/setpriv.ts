/** setpriv(1) of util-linux: runs a program with other privileges. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  ALL_CAPABILITIES,
  CAPABILITIES,
  type Capability,
  type CapabilitySet,
  capabilitiesIn,
  capabilitySet,
  includesCapability,
  parseCapability,
  parseSignal,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { becomeProgram, Failed, must, reporting } from '../namespaces/starting.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts, groups, groupsOf, orNull } from '../support.ts';
import { parseSecurebits } from './securebits.ts';
import { bareNames, dump } from './setprivDump.ts';

/** As of a failed system call. */
const PRIVILEGE_ERROR = 127;

function* privileged<T>(what: string, body: () => Sys<T>): Sys<T> {
  try {
    return yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failed(`${what}: ${strerror(error.code)}`, PRIVILEGE_ERROR);
  }
}

/** `+chown,-all`: what a set becomes. Throws Failed. */
function changed(set: CapabilitySet, text: string): CapabilitySet {
  let now = set;
  for (const word of text.split(',')) {
    const sign = word[0];
    if (sign !== '+' && sign !== '-') throw new Failed('bad capability string');
    const name = word.slice(1);
    const known = name === 'all' ? ALL_CAPABILITIES : named(name);
    now = sign === '+' ? now | known : now & ~known;
  }
  return now;
}

function named(name: string): CapabilitySet {
  const capability = /^cap_/i.test(name) ? null : parseCapability(name);
  if (capability === null) throw new Failed(`unknown capability "${name}"`);
  return capabilitySet(capability);
}

function* idOf(parsed: Parsed, option: string, kind: 'user' | 'group'): Sys<number | null> {
  const text = parsed.value(option);
  if (text === null) return null;
  if (/^\d+$/.test(text)) return Number(text);
  const found =
    kind === 'user'
      ? (yield* accounts()).find(({ name }) => name === text)?.uid
      : (yield* groups()).find(({ name }) => name === text)?.gid;
  if (found === undefined) throw new Failed(`failed to parse ${option}: '${text}'`);
  return found;
}

const groupOptions = ['clear-groups', 'keep-groups', 'init-groups', 'groups'] as const;

function* setGroups(parsed: Parsed, uid: number | null): Sys<void> {
  if (parsed.has('clear-groups')) yield* privileged('setgroups failed', () => sys.setgroups([]));
  const list = parsed.value('groups');
  if (list !== null) {
    const ids = list.split(',').map((text) => {
      if (!/^\d+$/.test(text)) throw new Failed(`Invalid supplementary group id: '${text}'`);
      return Number(text);
    });
    yield* privileged('setgroups failed', () => sys.setgroups(ids));
  }
  if (!parsed.has('init-groups')) return;
  const account = (yield* accounts()).find((each) => each.uid === uid);
  if (account === undefined)
    throw new Failed(`uid ${uid} not found, --init-groups requires an user that can be found on the system`);
  const all = yield* groupsOf(account);
  yield* privileged('initgroups failed', () => sys.setgroups(all));
}

function* setIds(parsed: Parsed): Sys<number | null> {
  const both = yield* idOf(parsed, 'reuid', 'user');
  const ruid = both ?? (yield* idOf(parsed, 'ruid', 'user'));
  const euid = both ?? (yield* idOf(parsed, 'euid', 'user'));
  const bothGroups = yield* idOf(parsed, 'regid', 'group');
  const rgid = bothGroups ?? (yield* idOf(parsed, 'rgid', 'group'));
  const egid = bothGroups ?? (yield* idOf(parsed, 'egid', 'group'));
  if (rgid !== null && !groupOptions.some((option) => parsed.has(option)))
    throw new Failed('--[re]gid requires --keep-groups, --clear-groups, --init-groups, or --groups');
  if (parsed.has('init-groups') && ruid === null)
    throw new Failed('--init-groups requires --ruid or --reuid');
  yield* raiseForIds();
  if (ruid !== null || euid !== null) {
    const saved = euid ?? (yield* sys.geteuid());
    yield* privileged('setresuid failed', () => sys.setresuid(ruid ?? -1, euid ?? -1, saved));
    // Effective ones went with user 0.
    yield* raiseForIds();
  }
  if (rgid !== null || egid !== null) {
    const saved = egid ?? (yield* sys.getegid());
    yield* privileged('setresgid failed', () => sys.setresgid(rgid ?? -1, egid ?? -1, saved));
  }
  return ruid;
}

/** Of those that are permitted, what the rest needs becomes effective. */
function* raiseForIds(): Sys<void> {
  const own = yield* sys.capget(0);
  const wanted = capabilitySet('CAP_SETPCAP', 'CAP_SETUID', 'CAP_SETGID') & own.permitted;
  yield* privileged('activate capabilities', () => sys.capset({ ...own, effective: own.effective | wanted }));
}

function* setBounds(text: string): Sys<void> {
  let before = 0n;
  for (const name of CAPABILITIES)
    if ((yield* sys.prctl('PR_CAPBSET_READ', name)) === 1) before |= capabilitySet(name);
  const after = changed(before, text);
  // Without the right to it nothing is dropped, and nothing said.
  if (!includesCapability((yield* sys.capget(0)).effective, 'CAP_SETPCAP')) return;
  for (const name of capabilitiesIn(before & ~after))
    yield* privileged('apply bounding set', () => sys.prctl('PR_CAPBSET_DROP', name));
}

function* setCapabilities(parsed: Parsed): Sys<void> {
  const bounds = parsed.value('bounding-set');
  if (bounds !== null) yield* setBounds(bounds);
  const inherit = parsed.value('inh-caps');
  if (inherit !== null) {
    const own = yield* sys.capget(0);
    yield* privileged('apply capabilities', () =>
      sys.capset({ ...own, inheritable: changed(own.inheritable, inherit) }),
    );
  }
  const ambient = parsed.value('ambient-caps');
  if (ambient !== null) yield* setAmbient(ambient);
}

function* setAmbient(text: string): Sys<void> {
  const isSet = (name: Capability) => sys.prctl('PR_CAP_AMBIENT_IS_SET', name);
  let before = 0n;
  for (const name of CAPABILITIES) if ((yield* isSet(name)) === 1) before |= capabilitySet(name);
  const after = changed(before, text);
  for (const name of CAPABILITIES) {
    const [was, is] = [before, after].map((set) => (set & capabilitySet(name)) !== 0n);
    if (was === is) continue;
    // What is not inheritable, too, is passed over in silence.
    yield* orNull(() => sys.prctl(is ? 'PR_CAP_AMBIENT_RAISE' : 'PR_CAP_AMBIENT_LOWER', name), 'EPERM');
  }
}

function* freshEnvironment(env: ReadonlyMap<string, string>): Sys<ReadonlyMap<string, string>> {
  const uid = yield* sys.getuid();
  const account = (yield* accounts()).find((each) => each.uid === uid);
  const fresh = new Map<string, string>();
  const terminal = env.get('TERM');
  if (terminal !== undefined) fresh.set('TERM', terminal);
  if (account !== undefined) {
    fresh.set('SHELL', account.shell);
    fresh.set('HOME', account.home);
    fresh.set('USER', account.name);
    fresh.set('LOGNAME', account.name);
  }
  fresh.set(
    'PATH',
    uid === 0
      ? '/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin'
      : '/usr/local/bin:/bin:/usr/bin',
  );
  return fresh;
}

function* run(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<number> {
  if (parsed.has('list-caps')) {
    yield* writeAll(1, `${bareNames(ALL_CAPABILITIES).join('\n')}\n`);
    return 0;
  }
  const level = parsed.order.filter((key) => key === 'dump').length;
  if (level > 0) {
    if (parsed.order.length > level || parsed.operands.length > 0)
      throw new Failed('--dump is incompatible with all other options');
    yield* dump(level);
    return 0;
  }
  if (parsed.operands.length === 0) throw new Failed('No program specified');
  const chosen = groupOptions.filter((option) => parsed.has(option));
  if (chosen.length > 1)
    throw new Failed('mutually exclusive arguments: --clear-groups --keep-groups --init-groups --groups');
  if (parsed.has('no-new-privs') || parsed.has('nnp'))
    yield* privileged('disallow granting new privileges failed', () => sys.prctl('PR_SET_NO_NEW_PRIVS', 1));
  yield* privileged('keep process capabilities failed', () => sys.prctl('PR_SET_KEEPCAPS', 1));
  const ruid = yield* setIds(parsed);
  yield* setGroups(parsed, ruid);
  const securebits = parsed.value('securebits');
  if (securebits !== null) {
    const bits = parseSecurebits(securebits, yield* sys.prctl('PR_GET_SECUREBITS', 0));
    if (typeof bits === 'string') throw new Failed(bits);
    yield* privileged('set process securebits failed', () => sys.prctl('PR_SET_SECUREBITS', bits));
  }
  yield* setCapabilities(parsed);
  const death = parsed.value('pdeathsig');
  if (death !== null && death !== 'keep') {
    const signal = death === 'clear' ? 0 : parseSignal(death);
    if (signal === null) throw new Failed(`unknown signal: ${death}`);
    yield* must('set parent death signal failed', () => sys.prctl('PR_SET_PDEATHSIG', signal));
  }
  const given = parsed.has('reset-env') ? yield* freshEnvironment(env) : env;
  return yield* becomeProgram(parsed.operands, given);
}

export const setpriv: CommandSpec = {
  name: 'setpriv',
  usage: '[OPTION]... PROGRAM [ARGUMENT]...',
  summary: 'Run a program with different privilege settings.',
  operandsEndOptions: true,
  options: [
    { short: 'd', long: 'dump', help: 'show current state (and do not exec)' },
    { long: 'no-new-privs', help: 'disallow granting new privileges' },
    { long: 'nnp', help: 'likewise' },
    { long: 'ambient-caps', argument: 'CAPS', help: 'set ambient capabilities' },
    { long: 'inh-caps', argument: 'CAPS', help: 'set inheritable capabilities' },
    { long: 'bounding-set', argument: 'CAPS', help: 'set capability bounding set' },
    { long: 'list-caps', help: 'list the capabilities that there are' },
    { long: 'ruid', argument: 'UID|USER', help: 'set real uid' },
    { long: 'euid', argument: 'UID|USER', help: 'set effective uid' },
    { long: 'rgid', argument: 'GID|GROUP', help: 'set real gid' },
    { long: 'egid', argument: 'GID|GROUP', help: 'set effective gid' },
    { long: 'reuid', argument: 'UID|USER', help: 'set real and effective uid' },
    { long: 'regid', argument: 'GID|GROUP', help: 'set real and effective gid' },
    { long: 'clear-groups', help: 'clear supplementary groups' },
    { long: 'keep-groups', help: 'keep supplementary groups' },
    { long: 'init-groups', help: 'initialize supplementary groups' },
    { long: 'groups', argument: 'GROUP,...', help: 'set supplementary groups by GID' },
    { long: 'securebits', argument: 'BITS', help: 'set securebits' },
    { long: 'pdeathsig', argument: 'keep|clear|SIGNAME', help: 'set or clear parent death signal' },
    { long: 'reset-env', help: 'clear all environment and initialize HOME, SHELL, USER, LOGNAME and PATH' },
  ],
  *run(parsed, { env }) {
    return yield* reporting('setpriv', () => run(parsed, env));
  },
};

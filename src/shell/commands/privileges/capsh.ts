/** capsh(1) of libcap: its arguments are done one after the other. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  ALL_CAPABILITIES,
  CAPABILITIES,
  type Capability,
  type CapabilitySet,
  capabilitiesIn,
  includesCapability,
  type Program,
  parseCapability,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { accounts, groupsOf } from '../support.ts';
import { printState } from './capshPrint.ts';
import { formatIab, formatSets, namesOf, parseNames, parseSets } from './capText.ts';
import { ownSets, raise } from './own.ts';

/** Ends it with status 1, after a message. */
class Stop extends Error {}

const numberOf = (name: Capability) => CAPABILITIES.indexOf(name);

/** The names of a list; throws Stop. */
function listed(text: string): CapabilitySet {
  for (const word of text.split(',')) {
    const known =
      /^(all|cap_.+)$/i.test(word) && (word.toLowerCase() === 'all' || parseCapability(word) !== null);
    if (!known) throw new Stop(`capability [${word}] is unknown to libcap`);
  }
  return parseNames(text) ?? ALL_CAPABILITIES;
}

function one(text: string): Capability {
  const name = /^cap_/i.test(text) ? parseCapability(text) : null;
  if (name === null) throw new Stop(`cap[${text}] not recognized by library`);
  return name;
}

function* trying(message: (why: string) => string, body: () => Sys<unknown>): Sys<void> {
  try {
    yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Stop(message(strerror(error.code)));
  }
}

function* drop(text: string): Sys<void> {
  const names = capabilitiesIn(listed(text));
  yield* trying(
    (why) => `unable to raise CAP_SETPCAP for BSET changes: ${why}`,
    function* () {
      const before = yield* raise('CAP_SETPCAP');
      for (const name of names) yield* sys.prctl('PR_CAPBSET_DROP', name);
      yield* sys.capset(before);
    },
  );
}

/** cap_setuid(3): the permitted ones stay. */
function* becomeUser(uid: number, gid: number, list: readonly number[]): Sys<void> {
  yield* sys.setgid(gid);
  yield* sys.setgroups(list);
  yield* sys.prctl('PR_SET_KEEPCAPS', 1);
  yield* sys.setuid(uid);
  yield* sys.prctl('PR_SET_KEEPCAPS', 0);
}

function* asUser(name: string): Sys<void> {
  const account = (yield* accounts()).find((each) => each.name === name);
  if (account === undefined) throw new Stop(`User [${name}] not known`);
  const list = yield* groupsOf(account);
  yield* trying(
    (why) => `Unable to set UID/GID/groups for [${name}]: ${why}`,
    () => becomeUser(account.uid, account.gid, list),
  );
}

function* setSets(text: string): Sys<void> {
  const sets = parseSets(text);
  if (sets === null) throw new Stop(`unable to interpret [--caps=${text}]`);
  yield* trying(
    () => `Unable to set capabilities [--caps=${text}]`,
    function* () {
      yield* raise('CAP_SETPCAP');
      yield* sys.capset(sets);
    },
  );
}

function* inherit(text: string): Sys<void> {
  const names = text === '' ? 0n : listed(text);
  yield* trying(
    () => 'Unable to set inheritable capabilities',
    function* () {
      const own = yield* sys.capget(0);
      yield* sys.capset({ ...own, inheritable: names });
    },
  );
}

function* ambient(text: string, on: boolean): Sys<void> {
  for (const name of capabilitiesIn(listed(text)))
    yield* trying(
      () => `failed to ${on ? 'raise' : 'lower'} ambient [${name.toLowerCase()}=${numberOf(name)}]`,
      () => sys.prctl(on ? 'PR_CAP_AMBIENT_RAISE' : 'PR_CAP_AMBIENT_LOWER', name),
    );
}

function* require(yes: boolean, message: string): Sys<void> {
  if (!yes) throw new Stop(message);
}

function decode(text: string): string {
  const set = /^(0x)?[0-9a-f]+$/i.test(text) ? BigInt(`0x${text.replace(/^0x/i, '')}`) : 0n;
  const unknown = [];
  for (let bit = BigInt(CAPABILITIES.length); set >> bit !== 0n; bit++)
    if (((set >> bit) & 1n) === 1n) unknown.push(`${bit}`);
  const names = [namesOf(set & ALL_CAPABILITIES), ...unknown].filter((name) => name !== '').join(',');
  return `0x${set.toString(16).padStart(16, '0')}=${names}\n`;
}

type Step = (value: string) => Sys<void>;

const steps: Readonly<Record<string, Step>> = {
  drop,
  caps: setSets,
  inh: inherit,
  addamb: (text) => ambient(text, true),
  delamb: (text) => ambient(text, false),
  user: asUser,
  *keep(value) {
    yield* trying(
      (why) => `prctl(PR_SET_KEEPCAPS, ${value}) failed: ${why}`,
      () => sys.prctl('PR_SET_KEEPCAPS', Number(value)),
    );
  },
  *secbits(value) {
    yield* trying(
      (why) =>
        `failed to set securebits to 0${Number(value).toString(8)}/0x${Number(value).toString(16)}: ${why}`,
      function* () {
        const before = yield* raise('CAP_SETPCAP');
        yield* sys.prctl('PR_SET_SECUREBITS', Number(value));
        yield* sys.capset(before);
      },
    );
  },
  *uid(value) {
    yield* trying(
      (why) => `Failed to set uid=${value}: ${why}`,
      () => sys.setuid(Number(value)),
    );
  },
  *gid(value) {
    yield* trying(
      (why) => `Failed to set gid=${value}: ${why}`,
      () => sys.setgid(Number(value)),
    );
  },
  *groups(value) {
    yield* trying(
      (why) => `Failed to setgroups: ${why}`,
      () =>
        sys.setgroups(
          value
            .split(',')
            .filter((word) => word !== '')
            .map(Number),
        ),
    );
  },
  *chroot(path) {
    yield* trying(
      // The real one forgets the end of the line.
      () => `Unable to chroot/chdir to [${path}]\0`,
      function* () {
        yield* raise('CAP_SYS_CHROOT');
        yield* sys.chroot(path);
        yield* sys.chdir('/');
      },
    );
  },
  *supports(text) {
    one(text);
  },
  *decode(text) {
    yield* writeAll(1, decode(text));
  },
  *'has-p'(text) {
    const { permitted } = yield* sys.capget(0);
    yield* require(includesCapability(permitted, one(text)), `cap[${text}] not permitted`);
  },
  *'has-i'(text) {
    const { inheritable } = yield* sys.capget(0);
    yield* require(includesCapability(inheritable, one(text)), `cap[${text}] not inheritable`);
  },
  *'has-b'(text) {
    yield* require((yield* sys.prctl('PR_CAPBSET_READ', one(text))) ===
      1, `cap[${text}] not in bounding vector`);
  },
  *'has-a'(text) {
    yield* require((yield* sys.prctl('PR_CAP_AMBIENT_IS_SET', one(text))) ===
      1, `cap[${text}] not in ambient vector`);
  },
  *'is-uid'(text) {
    const uid = yield* sys.getuid();
    yield* require(uid === Number(text), `uid: got=${uid}, want=${text}`);
  },
  *'is-gid'(text) {
    const gid = yield* sys.getgid();
    yield* require(gid === Number(text), `gid: got=${gid}, want=${text}`);
  },
};

const switches: Readonly<Record<string, () => Sys<void>>> = {
  print: printState,
  *current() {
    const sets = yield* ownSets();
    yield* writeAll(1, `Current: ${formatSets(sets)}\nCurrent IAB: ${formatIab(sets)}\n`);
  },
  *noamb() {
    yield* sys.prctl('PR_CAP_AMBIENT_CLEAR_ALL', 0);
  },
  *'no-new-privs'() {
    yield* sys.prctl('PR_SET_NO_NEW_PRIVS', 1);
  },
  *'has-no-new-privs'() {
    yield* require((yield* sys.prctl('PR_GET_NO_NEW_PRIVS', 0)) === 1, 'no-new-privs not set');
  },
};

/** What the real one has besides. */
const refused =
  /^(cap-uid|explain|forkfor|has-ambient|iab|inmode|killit|license|mode|modes|noenv|quiet|shell|strict|suggest)$/;

const HELP = `usage: capsh [args ...]
  --addamb=xxx   add xxx,... capabilities to ambient set
  --caps=xxx     set caps as per cap_from_text()
  --chroot=path  chroot(2) to this path
  --current      show current caps and IAB vectors
  --decode=xxx   decode a hex string to a list of caps
  --delamb=xxx   remove xxx,... capabilities from ambient
  --drop=xxx     drop xxx,... caps from bounding set
  --gid=<n>      set gid to <n> (hint: id <username>)
  --groups=g,... set the supplemental groups
  --has-a=xxx    exit 1 if capability xxx not ambient
  --has-b=xxx    exit 1 if capability xxx not dropped
  --has-i=xxx    exit 1 if capability xxx not inheritable
  --has-p=xxx    exit 1 if capability xxx not permitted
  --has-no-new-privs  exit 1 if privs not limited
  --help, -h     this message
  --inh=xxx      set xxx,.. inheritable set
  --is-uid=<n>   exit 1 if uid != <n>
  --is-gid=<n>   exit 1 if gid != <n>
  --keep=<n>     set keep-capability bit to <n>
  --no-new-privs set sticky process privilege limiter
  --noamb        reset (drop) all ambient capabilities
  --print        display capability relevant state
  --secbits=<n>  write a new value for securebits
  --supports=xxx exit 1 if capability xxx unsupported
  --uid=<n>      set uid to <n> (hint: id <username>)
  --user=<name>  set uid,gid and groups to that of user
  ==             re-exec(capsh) with args as for --
  --             remaining arguments are for /bin/bash
                 (without -- [capsh] will simply exit(0))
`;

function* run(argv: readonly string[], env: ReadonlyMap<string, string>): Sys<number> {
  for (const [i, word] of argv.entries()) {
    if (i === 0) continue;
    const rest = argv.slice(i + 1);
    if (word === '--') return yield* sys.execve('/bin/bash', ['/bin/bash', ...rest], env);
    if (word === '==') return yield* sys.execve('/proc/self/exe', [argv[0]!, ...rest], env);
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === '-h' || name === 'help') {
      yield* writeAll(1, HELP);
      return 0;
    }
    if (refused.test(name)) throw new Stop(`capsh: --${name} is not simulated on this host`);
    if (value !== undefined && Object.hasOwn(steps, name)) yield* steps[name]!(value);
    else if (value === undefined && Object.hasOwn(switches, name)) yield* switches[name]!();
    else throw new Stop(HELP.trimEnd());
  }
  return 0;
}

export const capsh: Program = function* ({ argv, env }) {
  try {
    return yield* run(argv, env);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    yield* writeAll(2, `${error.message}\n`.replace('\0\n', ''));
    return 1;
  }
};

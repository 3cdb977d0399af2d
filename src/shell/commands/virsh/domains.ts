/** Commands that change a domain: define, start, destroy and the like. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { joinPath } from '../support.ts';
import { lookup, orFail } from './asking.ts';
import { DOMAIN, type VirshCommand, VirshError, type VirshOption } from './commands.ts';
import { openConsole, requireTerminal } from './console.ts';

type Change = 'destroy' | 'suspend' | 'resume' | 'reset';

function change(
  name: Change,
  done: string,
  summary: string,
  description: string,
  unsimulated = '',
): VirshCommand {
  return {
    name,
    summary,
    description,
    options: [DOMAIN],
    unsimulated,
    *run(virsh, args) {
      const { name: domain, uuid } = yield* lookup(virsh, args);
      yield* orFail(`Failed to ${name} domain '${domain}'`, () => virsh.connection.ask(name, { key: uuid }));
      yield* writeAll(1, `Domain '${domain}' ${done}\n`);
    },
  };
}

/** Ways to ask a guest: by the power key of its machine, or by what is not on this host. */
const MODES: readonly string[] = ['acpi', 'agent', 'initctl', 'signal', 'paravirt'];

function askToEnd(
  name: 'shutdown' | 'reboot',
  done: string,
  summary: string,
  description: string,
): VirshCommand {
  return {
    name,
    summary,
    description,
    options: [DOMAIN, { name: 'mode', data: true, help: `${name} mode: acpi, by the power key` }],
    *run(virsh, args) {
      const { name: domain, uuid } = yield* lookup(virsh, args);
      const modes = args.value('mode')?.split(',') ?? ['acpi'];
      const unknown = modes.find((mode) => !MODES.includes(mode));
      if (unknown !== undefined)
        throw new VirshError(
          `Unknown mode ${unknown} value, expecting 'acpi', 'agent', 'initctl', 'signal', or 'paravirt'`,
        );
      const failure = `Failed to ${name} domain '${domain}'`;
      if (!modes.includes('acpi'))
        throw new VirshError(
          modes.includes('agent')
            ? `${failure}\nerror: argument unsupported: QEMU guest agent is not configured`
            : `${failure}\nerror: mode '${modes[0]}' is not simulated on this host`,
        );
      yield* orFail(failure, () => virsh.connection.ask(name, { key: uuid }));
      yield* writeAll(1, `Domain '${domain}' ${done}\n`);
    },
  };
}

function* readDefinition(file: string): Sys<string> {
  try {
    return decodeUtf8(yield* readFile(file));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new VirshError(`Failed to open file '${file}': ${strerror(error.code)}`);
  }
}

const define: VirshCommand = {
  name: 'define',
  summary: "define (but don't start) a domain from an XML file",
  description: 'Define a domain.',
  options: [{ name: 'file', data: true, required: true, help: 'file containing an XML domain description' }],
  unsimulated: 'validate',
  *run({ connection }, args) {
    const file = args.value('file')!;
    const xml = yield* readDefinition(file);
    const { name } = yield* orFail(`Failed to define domain from ${file}`, () =>
      connection.ask('define', { xml }),
    );
    yield* writeAll(1, `Domain '${name}' defined from ${file}\n`);
  },
};

const undefine: VirshCommand = {
  name: 'undefine',
  summary: 'undefine a domain',
  description: 'Undefine an inactive domain, or convert persistent to transient.',
  options: [DOMAIN, { name: 'managed-save', help: 'remove domain managed state file' }],
  unsimulated:
    'storage remove-all-storage delete-storage-volume-snapshots wipe-storage snapshots-metadata checkpoints-metadata nvram keep-nvram tpm keep-tpm',
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    yield* orFail(`Failed to undefine domain '${name}'`, () =>
      virsh.connection.ask('undefine', { key: uuid, managedSave: args.has('managed-save') }),
    );
    yield* writeAll(1, `Domain '${name}' has been undefined\n`);
  },
};

const create: VirshCommand = {
  name: 'create',
  summary: 'create a domain from an XML file',
  description: 'Create a domain: it is there until it ends.',
  options: [
    { name: 'file', data: true, required: true, help: 'file containing an XML domain description' },
    { name: 'console', help: 'attach to console after creation' },
    { name: 'paused', help: 'leave the guest paused after creation' },
  ],
  unsimulated: 'autodestroy pass-fds validate reset-nvram',
  *run(virsh, args) {
    const file = args.value('file')!;
    const xml = yield* readDefinition(file);
    const console = args.has('console');
    if (console) yield* requireTerminal();
    const paused = args.has('paused') || console;
    const made = yield* orFail(`Failed to create domain from ${file}`, () =>
      virsh.connection.ask('create', { xml, paused }),
    );
    yield* writeAll(1, `Domain '${made.name}' created from ${file}\n`);
    if (console) yield* openConsole(virsh, made, { force: false, resume: !args.has('paused') });
  },
};

const start: VirshCommand = {
  name: 'start',
  summary: 'start a (previously defined) inactive domain',
  description: 'Start a domain.',
  options: [
    DOMAIN,
    { name: 'console', help: 'attach to console after creation' },
    { name: 'paused', help: 'leave the guest paused after creation' },
    { name: 'force-boot', help: 'force fresh boot by discarding any managed save' },
  ],
  unsimulated: 'autodestroy bypass-cache pass-fds reset-nvram',
  *run(virsh, args) {
    const { name, uuid, id } = yield* lookup(virsh, args);
    if (id !== null) throw new VirshError('Domain is already active');
    const console = args.has('console');
    if (console) yield* requireTerminal();
    // With a console it waits until somebody looks at it: not a line of its boot is missed.
    const paused = args.has('paused') || console;
    yield* orFail(`Failed to start domain '${name}'`, () =>
      virsh.connection.ask('start', { key: uuid, paused, forceBoot: args.has('force-boot') }),
    );
    yield* writeAll(1, `Domain '${name}' started\n`);
    if (console) yield* openConsole(virsh, { name, uuid }, { force: false, resume: !args.has('paused') });
  },
};

const FILE: VirshOption = { name: 'file', data: true, required: true, help: 'where the state is' };

/** The daemon has a directory of its own. */
function* absolute(path: string): Sys<string> {
  return path.startsWith('/') ? path : joinPath(yield* sys.getcwd(), path);
}

const save: VirshCommand = {
  name: 'save',
  summary: 'save a domain state to a file',
  description: 'Save the RAM state of a running domain.',
  options: [DOMAIN, FILE],
  unsimulated: 'bypass-cache xml running paused verbose',
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    const file = args.value('file')!;
    const path = yield* absolute(file);
    yield* orFail(`Failed to save domain '${name}' to ${file}`, () =>
      virsh.connection.ask('save', { key: uuid, path }),
    );
    yield* writeAll(1, `\nDomain '${name}' saved to ${file}\n`);
  },
};

const restore: VirshCommand = {
  name: 'restore',
  summary: 'restore a domain from a saved state in a file',
  description: 'Restore a domain.',
  options: [FILE],
  unsimulated: 'bypass-cache xml running paused reset-nvram',
  *run({ connection }, args) {
    const file = args.value('file')!;
    const path = yield* absolute(file);
    yield* orFail(`Failed to restore domain from ${file}`, () => connection.ask('restore', { path }));
    yield* writeAll(1, `Domain restored from ${file}\n`);
  },
};

export const domainCommands: readonly VirshCommand[] = [
  define,
  create,
  undefine,
  start,
  change(
    'destroy',
    'destroyed',
    'destroy (stop) a domain',
    'Forcefully stop a given domain, but leave its resources intact.',
    'graceful remove-logs',
  ),
  askToEnd(
    'shutdown',
    'is being shutdown',
    'gracefully shutdown a domain',
    'Run shutdown in the target domain.',
  ),
  askToEnd('reboot', 'is being rebooted', 'reboot a domain', 'Run a reboot command in the target domain.'),
  change('reset', 'was reset', 'reset a domain', 'Reset the target domain as if by power button'),
  save,
  restore,
  change('suspend', 'suspended', 'suspend a domain', 'Suspend a running domain.'),
  change('resume', 'resumed', 'resume a domain', 'Resume a previously suspended domain.'),
];

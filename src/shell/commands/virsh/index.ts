/** virsh(1): commands to libvirtd, one by one or at a prompt of its own. */
import { Refusal } from '../../../libvirt/client.ts';
import { LineReader, type Program, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { orNull } from '../support.ts';
import { helpText, parseArguments, type Virsh, type VirshCommand, VirshError } from './commands.ts';
import { connector, LOCAL_URI } from './connecting.ts';
import { consoleCommand } from './console.ts';
import { domainCommands } from './domains.ts';
import { jobCommands } from './jobs.ts';
import { keepingCommands } from './keeping.ts';
import { memoryCommands } from './memory.ts';
import { migrate } from './migrate.ts';
import { monitoringCommands } from './monitoring.ts';
import { snapshotCommands } from './snapshots.ts';
import { splitLine } from './words.ts';

const VERSION = '9.0.0';
const ESCAPE = 29;

/** Commands of the real tool that are not simulated, by the groups in which learners meet them. */
const UNSIMULATED =
  'attach-device attach-disk attach-interface blockcommit blockresize cpu-stats desc detach-device detach-disk detach-interface domblkerror domblkinfo domifaddr domstats domtime dump edit memtune numatune schedinfo screenshot send-key setvcpus snapshot-create snapshot-dumpxml snapshot-edit snapshot-info snapshot-parent ttyconsole vcpucount vcpupin capabilities domcapabilities freecell nodecpustats nodememstats net-list net-define net-start net-destroy net-dumpxml pool-list pool-define pool-start vol-list vol-create vol-create-as vol-delete vol-info event connect'.split(
    ' ',
  );

const help: VirshCommand = {
  name: 'help',
  summary: 'print help',
  description: 'Prints global help or command specific help.',
  options: [{ name: 'command', data: true, help: 'Prints global help or command specific help' }],
  *run(_virsh, args) {
    const name = args.value('command');
    if (name === null) return yield* writeAll(1, overview());
    const command = byName.get(name);
    if (command === undefined) throw new VirshError(`command or command group '${name}' doesn't exist`);
    yield* writeAll(1, helpText(command));
  },
};

const version: VirshCommand = {
  name: 'version',
  summary: 'show version',
  description: 'Display the system version information.',
  options: [],
  unsimulated: 'daemon',
  *run() {
    yield* writeAll(
      1,
      `Compiled against library: libvirt ${VERSION}\nUsing library: libvirt ${VERSION}\nUsing API: QEMU ${VERSION}\nRunning hypervisor: Virtbook 1.0.0\n`,
    );
  },
};

const uri: VirshCommand = {
  name: 'uri',
  summary: 'print the hypervisor canonical URI',
  description: '',
  options: [],
  *run({ uri: name }) {
    yield* writeAll(1, `${name}\n`);
  },
};

const nodeinfo: VirshCommand = {
  name: 'nodeinfo',
  summary: 'node information',
  description: 'Returns basic information about the node.',
  options: [],
  *run({ connection }) {
    const { cpus, memory } = yield* connection.ask('node', {});
    const rows = [
      ['CPU model', 'riscv32'],
      ['CPU(s)', `${cpus}`],
      ['Memory size', `${memory / 1024} KiB`],
    ];
    yield* writeAll(1, rows.map(([name, value]) => `${`${name}:`.padEnd(20)} ${value}\n`).join(''));
  },
};

const commands: readonly VirshCommand[] = [
  ...domainCommands,
  consoleCommand,
  ...keepingCommands,
  migrate,
  ...jobCommands,
  ...memoryCommands,
  ...monitoringCommands,
  ...snapshotCommands,
  nodeinfo,
  version,
  uri,
  help,
];
const byName = new Map(commands.map((command) => [command.name, command]));

function overview(): string {
  const lines = [...byName.keys()]
    .sort()
    .map((name) => `    ${name.padEnd(30)} ${byName.get(name)!.summary}\n`);
  return `Commands:\n\n${lines.join('')}    ${'quit'.padEnd(30)} quit this interactive terminal\n\n`;
}

/** Throws VirshError. */
function parse(words: readonly string[]): { command: VirshCommand; run: (virsh: Virsh) => Sys<void> } {
  const [name = '', ...rest] = words;
  const command = byName.get(name);
  if (command === undefined && UNSIMULATED.includes(name))
    throw new VirshError(`the command '${name}' is not simulated on this host`);
  if (command === undefined) throw new VirshError(`unknown command: '${name}'`);
  if (rest.includes('--help')) return { command: help, run: () => writeAll(1, helpText(command)) };
  const args = parseArguments(command, rest);
  return { command, run: (virsh) => command.run(virsh, args) };
}

/** Does one command and a blank line after it; an error is told. Returns whether it went well. */
function* perform(virsh: Virsh, words: readonly string[]): Sys<boolean> {
  let run: (virsh: Virsh) => Sys<void>;
  try {
    run = parse(words).run;
  } catch (error) {
    if (!(error instanceof VirshError)) throw error;
    yield* writeAll(2, `error: ${error.message}\n`);
    return false;
  }
  let good = true;
  try {
    yield* run(virsh);
  } catch (error) {
    if (!(error instanceof VirshError || error instanceof Refusal)) throw error;
    yield* writeAll(2, `error: ${error.message}\n`);
    good = false;
  }
  yield* writeAll(1, '\n');
  return good;
}

/** The prompt. What is no terminal is shown as if somebody typed it. */
function* interact(virsh: Virsh): Sys<number> {
  const terminal = (yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) !== null;
  yield* writeAll(
    1,
    "Welcome to virsh, the virtualization interactive terminal.\n\nType:  'help' for help with commands\n       'quit' to quit\n\n",
  );
  const lines = new LineReader(0);
  for (;;) {
    yield* writeAll(1, 'virsh # ');
    const line = yield* lines.nextText();
    if (line === null) break;
    if (!terminal) yield* writeAll(1, `${line}\n`);
    if (!(yield* performLine(virsh, line))) return 0;
  }
  yield* writeAll(1, '\n');
  return 0;
}

/** False when the line says to quit. */
function* performLine(virsh: Virsh, line: string): Sys<boolean> {
  try {
    for (const words of splitLine(line)) {
      if (words[0] === 'quit' || words[0] === 'exit') return false;
      yield* perform(virsh, words);
    }
  } catch (error) {
    if (!(error instanceof VirshError)) throw error;
    yield* writeAll(2, `error: ${error.message}\n`);
  }
  return true;
}

/** Options before the command. Throws VirshError for what is not simulated. */
function options(argv: readonly string[]): {
  escapeByte: number;
  uri: string;
  rest: readonly string[];
  print: string | null;
} {
  let escapeByte = ESCAPE;
  let uri = LOCAL_URI;
  const rest = [...argv];
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift()!;
    if (option === '-h' || option === '--help') return { escapeByte, uri, rest, print: overview() };
    if (option === '-v' || option === '--version') return { escapeByte, uri, rest, print: `${VERSION}\n` };
    if (option === '-c' || option === '--connect' || option.startsWith('--connect=')) {
      const given = option.includes('=') ? option.slice(option.indexOf('=') + 1) : rest.shift();
      if (given === undefined) throw new VirshError(`option '${option}' requires an argument`);
      uri = given;
    } else if (option === '-e' || option === '--escape') {
      const given = rest.shift() ?? '';
      if (!/^\^[@A-Z[\\\]^_]$/.test(given))
        throw new VirshError(`Invalid string '${given}' for escape sequence`);
      escapeByte = given.charCodeAt(1) - 64;
    } else throw new VirshError(`unsupported option '${option}'. See --help.`);
  }
  return { escapeByte, uri, rest, print: null };
}

export const virshProgram: Program = function* ({ argv }) {
  try {
    const { escapeByte, uri, rest, print } = options(argv.slice(1));
    if (print !== null) {
      yield* writeAll(1, print);
      return 0;
    }
    const only = rest.length === 1 ? splitLine(rest[0]!) : [rest];
    const open = connector(uri);
    const virsh = { connection: yield* open(), open, uri, escapeByte };
    if (rest.length === 0) return yield* interact(virsh);
    let good = true;
    for (const words of only) good = yield* perform(virsh, words);
    return good ? 0 : 1;
  } catch (error) {
    if (!(error instanceof VirshError)) throw error;
    yield* writeAll(2, `error: ${error.message}\n`);
    return 1;
  }
};

export const virshCompletion: CompletionSpec = {
  subcommands: new Map(
    commands.map(({ name, summary, options: own }): [string, CompletionSpec] => [
      name,
      {
        help: summary,
        operands: name === 'define' ? 'path' : 'none',
        options: own.map((option) => ({
          name: `--${option.name}`,
          help: option.help,
          argument: option.data === true,
        })),
      },
    ]),
  ),
};

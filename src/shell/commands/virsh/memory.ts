/** Commands about a domain's memory. */
import { writeAll } from '../../../linux/index.ts';
import { lookup, orFail } from './asking.ts';
import { type Arguments, DOMAIN, type VirshCommand, VirshError, type VirshOption } from './commands.ts';

const SIZE: VirshOption = {
  name: 'size',
  data: true,
  required: true,
  help: 'new memory size, as scaled integer (default KiB)',
};
const SCOPE: readonly VirshOption[] = [
  { name: 'config', help: 'affect next boot' },
  { name: 'live', help: 'affect running domain' },
  { name: 'current', help: 'affect current domain' },
];

/** libvirt's scaled integers: KiB where no unit is given, `M` and `MiB` alike, `MB` of thousands. */
function kibibytes(args: Arguments): number {
  const text = args.value('size')!;
  const [, digits, prefix = '', rest = ''] = /^(\d+)([kmgt]?)(i?b|)$/i.exec(text) ?? [];
  const malformed = new VirshError(
    `Scaled numeric value '${text}' for <--size> option is malformed or out of range`,
  );
  if (digits === undefined) throw malformed;
  const power = ' kmgt'.indexOf(prefix.toLowerCase() || (rest === '' ? 'k' : ' '));
  const base = rest.toLowerCase() === 'b' && prefix !== '' ? 1000 : 1024;
  const kib = Math.ceil((Number(digits) * base ** power) / 1024);
  if (kib === 0 || !Number.isSafeInteger(kib)) throw malformed;
  return kib;
}

function scopeOf(args: Arguments): { live: boolean; config: boolean } {
  const live = args.has('live');
  const config = args.has('config');
  for (const [name, on] of [['live', live] as const, ['config', config] as const])
    if (on && args.has('current'))
      throw new VirshError(`Options --current and --${name} are mutually exclusive`);
  return { live, config };
}

const setmem: VirshCommand = {
  name: 'setmem',
  summary: 'change memory allocation',
  description: 'Change the current memory allocation in the guest domain.',
  options: [DOMAIN, SIZE, ...SCOPE],
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const kib = kibibytes(args);
    yield* virsh.connection.ask('setMemory', { key: uuid, kib, ...scopeOf(args) });
  },
};

const setmaxmem: VirshCommand = {
  name: 'setmaxmem',
  summary: 'change maximum memory limit',
  description: 'Change the maximum memory allocation limit in the guest domain.',
  options: [DOMAIN, SIZE, ...SCOPE],
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const kib = kibibytes(args);
    yield* orFail('Unable to change MaxMemorySize', () =>
      virsh.connection.ask('setMaxMemory', { key: uuid, kib, ...scopeOf(args) }),
    );
  },
};

const dommemstat: VirshCommand = {
  name: 'dommemstat',
  summary: 'get memory statistics for a domain',
  description: 'Get memory statistics for a running domain.',
  options: [DOMAIN],
  unsimulated: 'period config live current',
  *run(virsh, args) {
    const { name, uuid, id, memory } = yield* lookup(virsh, args);
    const failure = `Failed to get memory statistics for domain ${name}`;
    if (id === null)
      throw new VirshError(`${failure}\nerror: Requested operation is not valid: domain is not running`);
    const status = yield* orFail(failure, () => virsh.connection.ask('status', { key: uuid }));
    const actual = status!.actual === null ? memory : status!.actual / 1024;
    yield* writeAll(1, `actual ${actual}\nrss ${status!.resident / 1024}\n`);
  },
};

export const memoryCommands: readonly VirshCommand[] = [setmem, setmaxmem, dommemstat];

/** Commands that tell about domains. */
import type { DomainSummary } from '../../../libvirt/client.ts';
import { writeAll } from '../../../linux/index.ts';
import { lookup, orFail } from './asking.ts';
import { type Arguments, DOMAIN, type VirshCommand, VirshError } from './commands.ts';
import { fields, seconds, table } from './tables.ts';

const STATES = { 'state-running': 'running', 'state-paused': 'paused', 'state-shutoff': 'shut off' } as const;

/** Running ones unless asked for more; active ones by their ids, then the others by name. */
function selected(domains: readonly DomainSummary[], args: Arguments): DomainSummary[] {
  const states = Object.entries(STATES)
    .filter(([option]) => args.has(option))
    .map(([, state]): string => state);
  if (args.has('state-other')) states.push('crashed');
  const shown = domains.filter(({ id, state, persistent }) => {
    if (states.length > 0 && !states.includes(state)) return false;
    if (args.has('persistent') !== args.has('transient') && persistent !== args.has('persistent'))
      return false;
    if (args.has('all')) return true;
    if (args.has('inactive')) return id === null;
    return id !== null || states.length > 0;
  });
  return shown.sort((a, b) => {
    if (a.id !== null && b.id !== null) return a.id - b.id;
    if (a.id === null && b.id === null) return a.name < b.name ? -1 : 1;
    return a.id === null ? 1 : -1;
  });
}

const list: VirshCommand = {
  name: 'list',
  summary: 'list domains',
  description: 'Returns list of domains.',
  options: [
    { name: 'inactive', help: 'list inactive domains' },
    { name: 'all', help: 'list inactive & active domains' },
    { name: 'transient', help: 'list transient domains' },
    { name: 'persistent', help: 'list persistent domains' },
    { name: 'state-running', help: 'list domains in running state' },
    { name: 'state-paused', help: 'list domains in paused state' },
    { name: 'state-shutoff', help: 'list domains in shutoff state' },
    { name: 'state-other', help: 'list domains in other states' },
    { name: 'uuid', help: "list uuid's only" },
    { name: 'name', help: 'list domain names only' },
    { name: 'id', help: 'list domain IDs only' },
    { name: 'table', help: 'list table (default)' },
    { name: 'title', help: 'show domain title' },
  ],
  unsimulated:
    'with-snapshot without-snapshot with-checkpoint without-checkpoint autostart no-autostart with-managed-save without-managed-save managed-save',
  *run({ connection }, args) {
    const domains = selected(yield* connection.ask('list', {}), args);
    const id = (domain: DomainSummary) => `${domain.id ?? '-'}`;
    const columns = [
      ...(args.has('id') ? [id] : []),
      ...(args.has('uuid') ? [({ uuid }: DomainSummary) => uuid] : []),
      ...(args.has('name') ? [({ name }: DomainSummary) => name] : []),
    ];
    if (columns.length > 0 && args.has('table'))
      throw new VirshError('Only one argument from --table, --name, --uuid or --id may be specified.');
    if (columns.length > 0)
      return yield* writeAll(
        1,
        domains.map((domain) => `${columns.map((column) => column(domain)).join(' ')}\n`).join(''),
      );
    const title = args.has('title');
    const rows = domains.map((domain) => [
      id(domain),
      domain.name,
      domain.state,
      ...(title ? [domain.title ?? ''] : []),
    ]);
    yield* writeAll(1, table([['Id', 'Name', 'State', ...(title ? ['Title'] : [])], ...rows]));
  },
};

const dominfo: VirshCommand = {
  name: 'dominfo',
  summary: 'domain information',
  description: 'Returns basic information about the domain.',
  options: [DOMAIN],
  *run(virsh, args) {
    const domain = yield* lookup(virsh, args);
    const status = yield* virsh.connection.ask('status', { key: domain.uuid });
    const kept = yield* virsh.connection.ask('kept', { key: domain.uuid });
    const actual = status?.actual ?? domain.currentMemory * 1024;
    const time = status?.vcpus.reduce((sum, { runtime }) => sum + runtime, 0);
    const rows: [string, string][] = [
      ['Id', `${domain.id ?? '-'}`],
      ['Name', domain.name],
      ['UUID', domain.uuid],
      ['OS Type', 'hvm'],
      ['State', domain.state],
      ['CPU(s)', `${domain.vcpus}`],
      ...(time === undefined ? [] : [['CPU time', seconds(time)] as [string, string]]),
      ['Max memory', `${domain.memory} KiB`],
      ['Used memory', `${actual / 1024} KiB`],
      ['Persistent', domain.persistent ? 'yes' : 'no'],
      ['Autostart', kept.autostart ? 'enable' : 'disable'],
      ['Managed save', kept.managedSave ? 'yes' : 'no'],
      ['Security model', 'none'],
      ['Security DOI', '0'],
    ];
    yield* writeAll(1, fields(rows));
  },
};

const domstate: VirshCommand = {
  name: 'domstate',
  summary: 'domain state',
  description: 'Returns state about a domain.',
  options: [DOMAIN, { name: 'reason', help: 'also print reason for the state' }],
  *run(virsh, args) {
    const { state, reason } = yield* lookup(virsh, args);
    yield* writeAll(1, `${state}${args.has('reason') ? ` (${reason})` : ''}\n`);
  },
};

function one(name: string, summary: string, tell: (domain: DomainSummary) => string): VirshCommand {
  return {
    name,
    summary,
    description: '',
    options: [DOMAIN],
    *run(virsh, args) {
      yield* writeAll(1, `${tell(yield* lookup(virsh, args))}\n`);
    },
  };
}

const domblklist: VirshCommand = {
  name: 'domblklist',
  summary: 'list all domain blocks',
  description: 'Get the summary of block devices for a domain.',
  options: [DOMAIN, { name: 'details', help: 'additionally display the type and device value' }],
  unsimulated: 'inactive',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const disks = yield* virsh.connection.ask('disks', { key: uuid });
    const details = args.has('details');
    const head = [...(details ? ['Type', 'Device'] : []), 'Target', 'Source'];
    const rows = disks.map(({ target, source }) => [...(details ? ['file', 'disk'] : []), target, source]);
    yield* writeAll(1, table([head, ...rows]));
  },
};

const domblkstat: VirshCommand = {
  name: 'domblkstat',
  summary: 'get device block stats for a domain',
  description: 'Get device block stats for a running domain.',
  options: [DOMAIN, { name: 'device', data: true, help: 'block device' }],
  unsimulated: 'human',
  *run(virsh, args) {
    const { name, uuid, id } = yield* lookup(virsh, args);
    const device = args.value('device') ?? '';
    const failure = `Failed to get block stats ${name} ${device}`;
    if (id === null)
      throw new VirshError(`${failure}\nerror: Requested operation is not valid: domain is not running`);
    if (device === '')
      throw new VirshError(
        `${failure}\nerror: Operation not supported: summary statistics are not supported yet`,
      );
    const disks = yield* virsh.connection.ask('disks', { key: uuid });
    const at = disks.findIndex(({ target, source }) => target === device || source === device);
    if (at < 0) throw new VirshError(`${failure}\nerror: invalid argument: invalid path: ${device}`);
    const status = yield* orFail(failure, () => virsh.connection.ask('status', { key: uuid }));
    const stats = status!.disks[at]!;
    const rows: [string, number][] = [
      ['rd_req', stats.readRequests],
      ['rd_bytes', stats.readBytes],
      ['wr_req', stats.writeRequests],
      ['wr_bytes', stats.writeBytes],
      ['flush_operations', stats.flushRequests],
      ['errs', stats.errors],
    ];
    yield* writeAll(1, rows.map(([key, value]) => `${device} ${key} ${value}\n`).join(''));
  },
};

const domiflist: VirshCommand = {
  name: 'domiflist',
  summary: 'list all domain virtual interfaces',
  description: 'Get the summary of virtual interfaces for a domain.',
  options: [DOMAIN],
  unsimulated: 'inactive',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const interfaces = yield* virsh.connection.ask('interfaces', { key: uuid });
    const rows = interfaces.map(({ target, type, source, mac }) => [
      target ?? '-',
      type,
      source,
      'virtio',
      mac,
    ]);
    yield* writeAll(1, table([['Interface', 'Type', 'Source', 'Model', 'MAC'], ...rows]));
  },
};

const domifstat: VirshCommand = {
  name: 'domifstat',
  summary: 'get network interface stats for a domain',
  description: 'Get network interface stats for a running domain.',
  options: [
    DOMAIN,
    {
      name: 'interface',
      data: true,
      required: true,
      help: 'interface device specified by name or MAC Address',
    },
  ],
  *run(virsh, args) {
    const { name, uuid, id } = yield* lookup(virsh, args);
    const device = args.value('interface')!;
    const failure = `Failed to get interface stats ${name} ${device}`;
    if (id === null)
      throw new VirshError(`${failure}\nerror: Requested operation is not valid: domain is not running`);
    const interfaces = yield* virsh.connection.ask('interfaces', { key: uuid });
    const at = interfaces.findIndex(({ target, mac }) => target === device || mac === device.toLowerCase());
    if (at < 0)
      throw new VirshError(
        `${failure}\nerror: invalid argument: invalid path, '${device}' is not a known interface`,
      );
    const status = yield* orFail(failure, () => virsh.connection.ask('status', { key: uuid }));
    const stats = status!.nics[at]!;
    const rows: [string, number][] = [
      ['rx_bytes', stats.rxBytes],
      ['rx_packets', stats.rxPackets],
      ['rx_errs', stats.rxErrors],
      ['rx_drop', stats.rxDropped],
      ['tx_bytes', stats.txBytes],
      ['tx_packets', stats.txPackets],
      ['tx_errs', stats.txErrors],
      ['tx_drop', stats.txDropped],
    ];
    yield* writeAll(1, rows.map(([key, value]) => `${device} ${key} ${value}\n`).join(''));
  },
};

const dumpxml: VirshCommand = {
  name: 'dumpxml',
  summary: 'domain information in XML',
  description: 'Output the domain information as an XML dump to stdout.',
  options: [DOMAIN, { name: 'inactive', help: 'show inactive defined XML' }],
  unsimulated: 'security-info update-cpu migratable xpath wrap',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const inactive = args.has('inactive');
    yield* writeAll(1, yield* virsh.connection.ask('dumpxml', { key: uuid, inactive }));
  },
};

const vcpuinfo: VirshCommand = {
  name: 'vcpuinfo',
  summary: 'detailed domain vcpu information',
  description: 'Returns basic information about the domain virtual CPUs.',
  options: [DOMAIN],
  unsimulated: 'pretty',
  *run(virsh, args) {
    const { uuid, vcpus } = yield* lookup(virsh, args);
    const { cpus } = yield* virsh.connection.ask('node', {});
    const status = yield* virsh.connection.ask('status', { key: uuid });
    const affinity: [string, string] = ['CPU Affinity', 'y'.repeat(cpus)];
    const blocks = Array.from({ length: vcpus }, (_, i) => {
      const vcpu = status?.vcpus[i];
      if (vcpu === undefined)
        return `${fields([
          ['VCPU', `${i}`],
          ['CPU', 'N/A'],
          ['State', 'N/A'],
        ])}CPU time        N/A\n${fields([affinity])}`;
      // A host has the one processor for guests.
      const rows: [string, string][] = [
        ['VCPU', `${i}`],
        ['CPU', '0'],
        ['State', vcpu.waiting ? 'blocked' : 'running'],
        ['CPU time', seconds(vcpu.runtime)],
        affinity,
      ];
      return fields(rows);
    });
    yield* writeAll(1, blocks.join('\n'));
  },
};

export const monitoringCommands: readonly VirshCommand[] = [
  list,
  dominfo,
  domstate,
  one('domid', 'convert a domain name or UUID to domain id', ({ id }) => `${id ?? '-'}`),
  one('domuuid', 'convert a domain name or id to domain UUID', ({ uuid }) => uuid),
  one('domname', 'convert a domain id or UUID to domain name', ({ name }) => name),
  domblklist,
  domblkstat,
  domiflist,
  domifstat,
  dumpxml,
  vcpuinfo,
];

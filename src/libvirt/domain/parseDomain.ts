/** libvirt's domain XML → a configuration. Texts of errors are libvirt's where it has the same error. */
import { formatUuid } from '../../base/index.ts';
import { LibvirtError } from '../errors.ts';
import {
  type BootSource,
  type DiskConfig,
  type DomainConfig,
  type InterfaceConfig,
  SLOTS_MAX,
  VCPUS_MAX,
} from './config.ts';
import { parseDisk } from './parseDisk.ts';
import { parseInterface } from './parseInterface.ts';
import {
  attribute,
  kibibytes,
  onlyAddress,
  onlyAttributes,
  onlyChildren,
  onlyValue,
  textOf,
  unsimulated,
} from './reading.ts';
import { child, parseXml, type XmlElement } from './xml.ts';

/** As libvirt's list of virtualization types. */
const DOMAIN_TYPES = [
  'qemu',
  'kvm',
  'xen',
  'lxc',
  'test',
  'vmware',
  'hyperv',
  'vbox',
  'openvz',
  'vz',
  'bhyve',
  'hvf',
  'ch',
];
/** The machine's RAM ends below 4 GiB. */
const MEMORY_MAX = 2 * 2 ** 20;
const SHARES = { least: 2, most: 262_144 };

/** Throws LibvirtError: not well-formed, not valid, or not simulated. */
export function parseDomain(source: string): DomainConfig {
  const domain = parseXml(source, 'domain_definition');
  if (domain.name !== 'domain')
    throw new LibvirtError('xml', `expecting root element of 'domain', not '${domain.name}'`);
  parseType(domain);
  const known = ['name', 'uuid', 'title', 'description', 'memory', 'currentMemory', 'vcpu', 'cputune', 'os'];
  const actions = ['on_poweroff', 'on_reboot', 'on_crash'];
  const name = parseName(domain);
  const uuid = parseUuid(domain);
  const memory = parseMemory(domain);
  const balloon = parseBalloon(domain);
  const vcpus = parseVcpus(domain);
  const boot = parseOs(domain);
  onlyChildren(domain, [...known, ...actions, 'devices']);
  onlyAction(domain, 'on_poweroff', 'destroy');
  onlyAction(domain, 'on_reboot', 'restart');
  const devices = parseDevices(domain);
  requireSlots(devices, balloon);
  return {
    name,
    uuid,
    title: textOf(child(domain, 'title')),
    description: textOf(child(domain, 'description')),
    memory,
    currentMemory: parseCurrentMemory(domain, memory, balloon),
    balloon,
    vcpus,
    shares: parseShares(domain),
    ...boot,
    boot: bootSources(boot, devices),
    onCrash: onlyAction(domain, 'on_crash', 'destroy', 'preserve') as DomainConfig['onCrash'],
    ...devices,
  };
}

function parseType(domain: XmlElement): void {
  // The id of a running domain, as dumpxml shows it, means nothing in a definition.
  onlyAttributes(domain, 'type', 'id');
  const type = attribute(domain, 'type');
  if (type === null) throw new LibvirtError('internal', 'missing domain type attribute');
  if (!DOMAIN_TYPES.includes(type)) throw new LibvirtError('config', `invalid domain type ${type}`);
  if (type !== 'kvm')
    throw new LibvirtError(
      'argument',
      `could not find capabilities for domaintype=${type}; this host has kvm`,
    );
}

function parseName(domain: XmlElement): string {
  const name = textOf(child(domain, 'name'));
  if (name === null) throw new LibvirtError('plain', 'missing name information');
  if (name.includes('/')) throw new LibvirtError('xml', `name ${name} cannot contain '/'`);
  if (/[\n\r]/.test(name)) throw new LibvirtError('xml', 'name cannot contain line breaks');
  return name;
}

/** With or without hyphens. */
function parseUuid(domain: XmlElement): string | null {
  const text = textOf(child(domain, 'uuid'));
  if (text === null) return null;
  const digits = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new LibvirtError('internal', 'malformed uuid element');
  return formatUuid(digits);
}

function parseMemory(domain: XmlElement): number {
  const element = child(domain, 'memory');
  const memory = element === null ? 0 : kibibytes(element);
  if (element === null || memory === 0)
    throw new LibvirtError(
      'xml',
      'Memory size must be specified via <memory> or in the <numa> configuration',
    );
  if (memory % 4 !== 0 || memory > MEMORY_MAX)
    throw new LibvirtError(
      'config',
      `guests of this host have whole pages of 4 KiB, and at most 2 GiB of memory; <memory> is ${memory} KiB`,
    );
  return memory;
}

/** Less than all of it only with a balloon, which takes the rest from the guest. */
function parseCurrentMemory(domain: XmlElement, memory: number, balloon: boolean): number {
  const element = child(domain, 'currentMemory');
  const current = element === null ? 0 : kibibytes(element);
  if (element === null || current === 0) return memory;
  if (current > memory)
    throw new LibvirtError('xml', `current memory '${current}k' exceeds maximum '${memory}k'`);
  if (current < memory && !balloon)
    throw unsimulated('<currentMemory> other than <memory> without a <memballoon>', element);
  if (current % 4 !== 0)
    throw new LibvirtError('config', `<currentMemory> ${current} KiB is not whole pages of 4 KiB`);
  return current;
}

function parseBalloon(domain: XmlElement): boolean {
  const devices = child(domain, 'devices');
  const balloon = devices === null ? null : child(devices, 'memballoon');
  if (balloon === null) return false;
  onlyAttributes(balloon, 'model');
  onlyChildren(balloon, ['address']);
  onlyAddress(balloon);
  return onlyValue(balloon, attribute(balloon, 'model'), 'virtio', 'none') === 'virtio';
}

function parseVcpus(domain: XmlElement): number {
  const element = child(domain, 'vcpu');
  if (element === null) return 1;
  onlyAttributes(element, 'placement');
  onlyValue(element, attribute(element, 'placement') ?? 'static', 'static');
  onlyChildren(element, []);
  if (!/^\d+$/.test(element.text)) throw new LibvirtError('xml', 'maximum vcpus count must be an integer');
  const vcpus = Number(element.text);
  if (vcpus === 0) throw new LibvirtError('xml', 'invalid maxvcpus: 0');
  if (vcpus > VCPUS_MAX)
    throw new LibvirtError('config', `Maximum CPUs greater than specified machine type limit ${VCPUS_MAX}`);
  return vcpus;
}

function parseShares(domain: XmlElement): number | null {
  const tune = child(domain, 'cputune');
  if (tune === null) return null;
  onlyAttributes(tune);
  onlyChildren(tune, ['shares']);
  const element = child(tune, 'shares');
  const text = textOf(element);
  if (text === null) return null;
  const shares = Number(text);
  if (!/^\d+$/.test(text) || shares < SHARES.least || shares > SHARES.most)
    throw new LibvirtError(
      'xml',
      `Value of cputune 'shares' must be in range [${SHARES.least}, ${SHARES.most}]`,
    );
  return shares;
}

/** What the boot ROM tries: as the devices say it, or `<boot dev>`, or the first disk. A kernel is loaded without it. */
function bootSources(
  { kernel, boot }: Pick<DomainConfig, 'kernel' | 'boot'>,
  { disks, interfaces }: Pick<DomainConfig, 'disks' | 'interfaces'>,
): readonly BootSource[] {
  const orders = [...disks, ...interfaces].flatMap(({ bootOrder }) => bootOrder ?? []);
  if (orders.length > 0 && boot.length > 0)
    throw new LibvirtError(
      'config',
      'per-device boot elements cannot be used together with os/boot elements',
    );
  const twice = orders.find((order, i) => orders.indexOf(order) < i);
  if (twice !== undefined)
    throw new LibvirtError('config', `boot order '${twice}' used for more than one device`);
  return orders.length > 0 || boot.length > 0 || kernel !== null ? boot : ['hd'];
}

/** Direct kernel boot, or the order in which the boot ROM looks. */
function parseOs(domain: XmlElement): Pick<DomainConfig, 'kernel' | 'initrd' | 'cmdline' | 'boot'> {
  const os = child(domain, 'os');
  const type = os === null ? null : child(os, 'type');
  if (os === null || type === null) throw new LibvirtError('xml', 'an os <type> must be specified');
  onlyAttributes(os);
  onlyChildren(os, ['type', 'kernel', 'initrd', 'cmdline'], ['boot']);
  onlyAttributes(type, 'arch', 'machine');
  onlyValue(type, type.text, 'hvm');
  onlyValue(type, attribute(type, 'arch') ?? 'riscv32', 'riscv32');
  onlyValue(type, attribute(type, 'machine') ?? 'virt', 'virt');
  const path = (name: string) => {
    const text = textOf(child(os, name));
    if (text !== null && !text.startsWith('/'))
      throw new LibvirtError('config', `<${name}> '${text}' is not an absolute path`);
    return text;
  };
  const boot = os.children.filter(({ name }) => name === 'boot').map(parseBoot);
  return { kernel: path('kernel'), initrd: path('initrd'), cmdline: textOf(child(os, 'cmdline')), boot };
}

function parseBoot(element: XmlElement): BootSource {
  onlyAttributes(element, 'dev');
  const device = attribute(element, 'dev');
  if (device === null) throw new LibvirtError('xml', 'missing boot device');
  if (!['fd', 'cdrom', 'hd', 'network'].includes(device))
    throw new LibvirtError('xml', `unknown boot device '${device}'`);
  return onlyValue(element, device, 'hd', 'network') as BootSource;
}

function onlyAction(domain: XmlElement, name: string, ...simulated: readonly string[]): string {
  const element = child(domain, name);
  return element === null ? simulated[0]! : onlyValue(element, textOf(element), ...simulated);
}

function parseDevices(domain: XmlElement): { disks: DiskConfig[]; interfaces: InterfaceConfig[] } {
  const devices = child(domain, 'devices');
  if (devices === null) return { disks: [], interfaces: [] };
  onlyAttributes(devices);
  onlyChildren(devices, ['console', 'serial', 'memballoon'], ['disk', 'interface']);
  for (const element of devices.children)
    if (['console', 'serial'].includes(element.name)) onlyConsole(element);
  const disks = devices.children.filter(({ name }) => name === 'disk').map(parseDisk);
  const interfaces = devices.children.filter(({ name }) => name === 'interface').map(parseInterface);
  for (const [i, disk] of disks.entries()) {
    const same = disks.slice(0, i).find(({ target }) => target === disk.target);
    if (same !== undefined)
      throw new LibvirtError(
        'xml',
        `target '${disk.target}' duplicated for disk sources '${same.source}' and '${disk.source}'`,
      );
  }
  return { disks, interfaces };
}

function requireSlots(
  { disks, interfaces }: Pick<DomainConfig, 'disks' | 'interfaces'>,
  balloon: boolean,
): void {
  if (disks.length + interfaces.length + (balloon ? 1 : 0) <= SLOTS_MAX) return;
  const more = balloon ? ' and a balloon' : '';
  throw new LibvirtError(
    'config',
    `${disks.length} disks and ${interfaces.length} interfaces${more}: the machine has ${SLOTS_MAX} virtio slots`,
  );
}

/** Every machine has the one serial port, and its console is that: both may be named, and are the same. */
function onlyConsole(element: XmlElement): void {
  onlyAttributes(element, 'type');
  onlyValue(element, attribute(element, 'type') ?? 'pty', 'pty');
  onlyChildren(element, ['target']);
  const target = child(element, 'target');
  if (target === null) return;
  onlyAttributes(target, 'port', 'type');
  onlyValue(target, attribute(target, 'port') ?? '0', '0');
  onlyValue(target, attribute(target, 'type') ?? 'serial', 'serial', 'system-serial');
}

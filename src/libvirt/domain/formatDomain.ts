/** A configuration → domain XML, as `virsh dumpxml` sets it: what was left out is there with its default. */
import type { DiskConfig, DomainConfig, InterfaceConfig } from './config.ts';
import { escapeXml as text } from './xml.ts';

/** What a running domain has: its id, and the names of its interfaces' taps. */
export interface Running {
  readonly id: number;
  readonly taps: readonly string[];
}

/** `running` null: it is shut off. */
export function formatDomain(config: DomainConfig, running: Running | null): string {
  const optional = (name: string, value: string | null) =>
    value === null ? [] : [`<${name}>${text(value)}</${name}>`];
  const lines = [
    `<name>${text(config.name)}</name>`,
    ...optional('uuid', config.uuid),
    ...optional('title', config.title),
    ...optional('description', config.description),
    `<memory unit='KiB'>${config.memory}</memory>`,
    `<currentMemory unit='KiB'>${config.currentMemory}</currentMemory>`,
    `<vcpu placement='static'>${config.vcpus}</vcpu>`,
    ...(config.shares === null ? [] : block('cputune', '', [`<shares>${config.shares}</shares>`])),
    ...block('os', '', [
      "<type arch='riscv32' machine='virt'>hvm</type>",
      ...optional('kernel', config.kernel),
      ...optional('initrd', config.initrd),
      ...optional('cmdline', config.cmdline),
      ...config.boot.map((source) => `<boot dev='${source}'/>`),
    ]),
    '<on_poweroff>destroy</on_poweroff>',
    '<on_reboot>restart</on_reboot>',
    `<on_crash>${config.onCrash}</on_crash>`,
    ...block('devices', '', [
      ...config.disks.flatMap(diskLines),
      ...config.interfaces.flatMap((each, i) => interfaceLines(each, running?.taps[i] ?? each.target)),
      ...block('serial', " type='pty'", ["<target type='system-serial' port='0'/>"]),
      ...block('console', " type='pty'", ["<target type='serial' port='0'/>"]),
      ...(config.balloon ? block('memballoon', " model='virtio'", ["<address type='virtio-mmio'/>"]) : []),
    ]),
  ];
  const attributes = running === null ? '' : ` id='${running.id}'`;
  return `${block('domain', ` type='kvm'${attributes}`, lines).join('\n')}\n`;
}

function diskLines(disk: DiskConfig): string[] {
  return block('disk', " type='file' device='disk'", [
    `<driver name='qemu' type='${disk.format}'/>`,
    ...sourceLines(disk),
    `<target dev='${disk.target}' bus='virtio'/>`,
    ...(disk.readOnly ? ['<readonly/>'] : []),
    ...(disk.shareable ? ['<shareable/>'] : []),
    ...(disk.serial === null ? [] : [`<serial>${text(disk.serial)}</serial>`]),
    ...bootLine(disk.bootOrder),
    "<address type='virtio-mmio'/>",
  ]);
}

function sourceLines({ source, slice }: DiskConfig): string[] {
  if (slice === null) return [`<source file='${text(source)}'/>`];
  return block('source', ` file='${text(source)}'`, [
    ...block('slices', '', [`<slice type='storage' offset='${slice.offset}' size='${slice.size}'/>`]),
  ]);
}

function interfaceLines(
  { type, source, mac, vlan, bootOrder }: InterfaceConfig,
  target: string | null,
): string[] {
  return block('interface', ` type='${type}'`, [
    ...(mac === null ? [] : [`<mac address='${mac}'/>`]),
    `<source ${type}='${text(source)}'/>`,
    ...(target === null ? [] : [`<target dev='${text(target)}'/>`]),
    ...(vlan === null ? [] : block('vlan', '', [`<tag id='${vlan}'/>`])),
    "<model type='virtio'/>",
    ...bootLine(bootOrder),
    "<address type='virtio-mmio'/>",
  ]);
}

const bootLine = (order: number | null): string[] => (order === null ? [] : [`<boot order='${order}'/>`]);

function block(name: string, attributes: string, lines: readonly string[]): string[] {
  return [`<${name}${attributes}>`, ...lines.map((line) => `  ${line}`), `</${name}>`];
}

/** A `<disk>` of a domain: an image file of the host on the virtio bus. */
import { LibvirtError } from '../errors.ts';
import type { DiskConfig, DiskSlice } from './config.ts';
import {
  attribute,
  bootOrder,
  onlyAddress,
  onlyAttributes,
  onlyChildren,
  onlyValue,
  textOf,
  unsimulated,
} from './reading.ts';
import { child, type XmlElement } from './xml.ts';

const FORMATS: readonly string[] = ['raw', 'qcow2'];

export function parseDisk(disk: XmlElement): DiskConfig {
  onlyAttributes(disk, 'type', 'device');
  onlyValue(disk, attribute(disk, 'type') ?? 'file', 'file');
  onlyValue(disk, attribute(disk, 'device') ?? 'disk', 'disk');
  onlyChildren(disk, ['driver', 'source', 'target', 'readonly', 'shareable', 'serial', 'boot', 'address']);
  const source = parseSource(disk);
  const serial = textOf(child(disk, 'serial'));
  if (serial !== null && !/^[\w+.-]{1,20}$/.test(serial))
    throw new LibvirtError(
      'config',
      `disk serial '${serial}' is not 1 to 20 letters, digits, or any of _+.-`,
    );
  const readonly = child(disk, 'readonly');
  if (readonly !== null) onlyAttributes(readonly);
  const shareable = child(disk, 'shareable');
  if (shareable !== null) onlyAttributes(shareable);
  onlyAddress(disk);
  const format = parseFormat(disk);
  return {
    source,
    format,
    target: parseTarget(disk, source),
    readOnly: readonly !== null,
    shareable: shareable !== null,
    slice: parseSlice(disk, format),
    serial,
    bootOrder: bootOrder(disk),
  };
}

function parseSource(disk: XmlElement): string {
  const element = child(disk, 'source');
  if (element !== null) onlyAttributes(element, 'file');
  const source = element === null ? null : attribute(element, 'file');
  if (source === null || source === '')
    throw new LibvirtError(
      'config',
      `a disk (line ${disk.line}) without <source file='…'/> is not simulated on this host`,
    );
  if (!source.startsWith('/'))
    throw new LibvirtError('config', `disk source '${source}' is not an absolute path`);
  return source;
}

/** `<slices><slice type='storage' offset='…' size='…'/></slices>` of the source. */
function parseSlice(disk: XmlElement, format: DiskConfig['format']): DiskSlice | null {
  const source = child(disk, 'source')!;
  onlyChildren(source, ['slices']);
  const slices = child(source, 'slices');
  if (slices === null) return null;
  onlyAttributes(slices);
  onlyChildren(slices, ['slice']);
  const slice = child(slices, 'slice');
  if (slice === null) return null;
  onlyAttributes(slice, 'type', 'offset', 'size');
  onlyValue(slice, attribute(slice, 'type'), 'storage');
  if (format !== 'raw') throw unsimulated(`<slice> of a disk of format ${format}`, slice);
  const sectors = (name: 'offset' | 'size') => {
    const text = attribute(slice, name) ?? '';
    if (!/^\d{1,15}$/.test(text) || Number(text) % 512 !== 0)
      throw new LibvirtError('xml', `Invalid value '${text}' for ${name} of <slice>: multiples of 512`);
    return Number(text);
  };
  const size = sectors('size');
  if (size === 0) throw new LibvirtError('xml', "Invalid value '0' for size of <slice>");
  return { offset: sectors('offset'), size };
}

/** raw when it is not said: libvirt does not look into images, since a guest may write what it likes there. */
function parseFormat(disk: XmlElement): DiskConfig['format'] {
  const driver = child(disk, 'driver');
  if (driver === null) return 'raw';
  onlyAttributes(driver, 'name', 'type');
  onlyValue(driver, attribute(driver, 'name') ?? 'qemu', 'qemu');
  const type = attribute(driver, 'type') ?? 'raw';
  if (!FORMATS.includes(type)) throw new LibvirtError('config', `unknown driver format value '${type}'`);
  return type as DiskConfig['format'];
}

function parseTarget(disk: XmlElement, source: string): string {
  const element = child(disk, 'target');
  if (element !== null) onlyAttributes(element, 'dev', 'bus');
  const target = element === null ? null : attribute(element, 'dev');
  if (element === null || target === null)
    throw new LibvirtError('plain', `missing target information for device ${source}`);
  onlyValue(element, attribute(element, 'bus') ?? (target.startsWith('vd') ? 'virtio' : null), 'virtio');
  if (!/^vd[a-z]$/.test(target))
    throw new LibvirtError('xml', `Unknown disk name '${target}' and no address specified`);
  return target;
}

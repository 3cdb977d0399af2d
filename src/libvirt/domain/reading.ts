/** Reading elements strictly: what is not simulated is refused by its name and line, never passed over. */
import { LibvirtError } from '../errors.ts';
import { child, type XmlElement } from './xml.ts';

export function unsimulated(what: string, { line }: XmlElement): LibvirtError {
  return new LibvirtError('config', `${what} (line ${line}) is not simulated on this host`);
}

/** Throws when there is an attribute besides `known`. */
export function onlyAttributes(element: XmlElement, ...known: readonly string[]): void {
  for (const name of element.attributes.keys())
    if (!known.includes(name)) throw unsimulated(`attribute ${name} of <${element.name}>`, element);
}

/** Throws when there is a child besides `known`, or one of them twice, unless it is in `repeated`. */
export function onlyChildren(
  element: XmlElement,
  known: readonly string[],
  repeated: readonly string[] = [],
): void {
  const seen = new Set<string>();
  for (const each of element.children) {
    if (!known.includes(each.name) && !repeated.includes(each.name))
      throw unsimulated(`<${each.name}> in <${element.name}>`, each);
    if (seen.has(each.name) && !repeated.includes(each.name))
      throw new LibvirtError('xml', `<${each.name}> twice in <${element.name}> (line ${each.line})`);
    seen.add(each.name);
  }
}

/** An element whose value may be one of `simulated` alone. */
export function onlyValue(
  element: XmlElement,
  value: string | null,
  ...simulated: readonly string[]
): string {
  if (value === null || !simulated.includes(value))
    throw unsimulated(`${value === null ? 'nothing' : `'${value}'`} as <${element.name}>`, element);
  return value;
}

export const attribute = (element: XmlElement, name: string): string | null =>
  element.attributes.get(name) ?? null;

/** A text without children or attributes; null when the element is absent or empty. */
export function textOf(element: XmlElement | null): string | null {
  if (element === null) return null;
  onlyAttributes(element);
  onlyChildren(element, []);
  return element.text === '' ? null : element.text;
}

/** libvirt's scaled integers (virScaleInteger), in KiB; KiB when no unit is given. Parts of a KiB count as one. */
export function kibibytes(element: XmlElement): number {
  onlyAttributes(element, 'unit');
  onlyChildren(element, []);
  const unit = attribute(element, 'unit') ?? 'KiB';
  const match = /^([kmgtpe]?)(i?b|)$/i.exec(unit);
  if (unit !== 'bytes' && unit !== 'b' && match === null)
    throw new LibvirtError('argument', `unknown suffix '${unit}'`);
  if (!/^\d+$/.test(element.text))
    throw new LibvirtError(
      'xml',
      `Invalid value '${element.text}' for element or attribute './${element.name}[1]'`,
    );
  const [, prefix = '', rest = ''] = match ?? [];
  const power = ' kmgtpe'.indexOf(prefix.toLowerCase() || ' ');
  const base = rest.toLowerCase() === 'b' && prefix !== '' ? 1000 : 1024;
  const bytes = Number(element.text) * base ** power;
  if (!Number.isSafeInteger(bytes)) throw new LibvirtError('xml', `value too large: ${element.text}${unit}`);
  return Math.ceil(bytes / 1024);
}

/** `<boot order='n'/>` of a device. */
export function bootOrder(device: XmlElement): number | null {
  const element = child(device, 'boot');
  if (element === null) return null;
  onlyAttributes(element, 'order');
  const order = attribute(element, 'order');
  if (order === null) throw new LibvirtError('xml', 'missing boot order');
  if (!/^[1-9]\d*$/.test(order))
    throw new LibvirtError('xml', `incorrect boot order '${order}', expecting positive integer`);
  return Number(order);
}

/** Every device is on the machine's own bus. */
export function onlyAddress(device: XmlElement): void {
  const address = child(device, 'address');
  if (address === null) return;
  onlyAttributes(address, 'type');
  onlyValue(address, attribute(address, 'type'), 'virtio-mmio');
}

/** An `<interface>` of a domain: a network card on the virtio bus, and what its cable leads to. */
import { isGroupMac, parseMac } from '../../network/index.ts';
import { LibvirtError } from '../errors.ts';
import type { InterfaceConfig } from './config.ts';
import {
  attribute,
  bootOrder,
  onlyAddress,
  onlyAttributes,
  onlyChildren,
  onlyValue,
  unsimulated,
} from './reading.ts';
import { child, type XmlElement } from './xml.ts';

/** Names that libvirt gives: in a definition they mean nothing. */
const GIVEN_NAME = /^vnet\d+$/;

export function parseInterface(element: XmlElement): InterfaceConfig {
  onlyAttributes(element, 'type');
  const type = attribute(element, 'type');
  if (type === null)
    throw new LibvirtError('xml', "Missing required attribute 'type' in element 'interface'");
  onlyValue(element, type, 'network', 'bridge');
  onlyChildren(element, ['mac', 'source', 'target', 'model', 'vlan', 'boot', 'address', 'alias']);
  const alias = child(element, 'alias');
  if (alias !== null) throw unsimulated('<alias> in <interface>', alias);
  const model = child(element, 'model');
  if (model !== null) {
    onlyAttributes(model, 'type');
    onlyValue(model, attribute(model, 'type'), 'virtio');
  }
  onlyAddress(element);
  const kind = type as InterfaceConfig['type'];
  return {
    type: kind,
    source: parseSource(element, kind),
    mac: parseAddress(element),
    vlan: parseVlan(element),
    target: parseTarget(element),
    bootOrder: bootOrder(element),
  };
}

function parseSource(element: XmlElement, type: InterfaceConfig['type']): string {
  const source = child(element, 'source');
  if (source !== null) onlyAttributes(source, type);
  const name = source === null ? null : attribute(source, type);
  if (name === null || name === '')
    throw new LibvirtError(
      'xml',
      `Missing required attribute '${type}' in element 'source' of an interface (line ${element.line})`,
    );
  return name;
}

function parseAddress(element: XmlElement): string | null {
  const mac = child(element, 'mac');
  if (mac === null) return null;
  onlyAttributes(mac, 'address');
  const text = attribute(mac, 'address') ?? '';
  const address = parseMac(text);
  if (address === null) throw new LibvirtError('xml', `unable to parse mac address '${text}'`);
  if (isGroupMac(address))
    throw new LibvirtError('xml', `expected unicast mac address, found multicast '${text}'`);
  return address;
}

/** One VLAN, whose frames go out without a tag. */
function parseVlan(element: XmlElement): number | null {
  const vlan = child(element, 'vlan');
  if (vlan === null) return null;
  onlyAttributes(vlan);
  onlyChildren(vlan, ['tag']);
  const tag = child(vlan, 'tag');
  if (tag === null) throw new LibvirtError('xml', 'missing vlan tag');
  onlyAttributes(tag, 'id');
  const id = attribute(tag, 'id') ?? '';
  if (!/^\d{1,4}$/.test(id) || Number(id) < 1 || Number(id) > 4094)
    throw new LibvirtError('xml', `vlan tag id ${id} is not 1 to 4094`);
  return Number(id);
}

function parseTarget(element: XmlElement): string | null {
  const target = child(element, 'target');
  if (target === null) return null;
  onlyAttributes(target, 'dev');
  const name = attribute(target, 'dev');
  if (name === null || GIVEN_NAME.test(name)) return null;
  if (!/^[^\s/:]{1,15}$/.test(name))
    throw new LibvirtError('config', `'${name}' is no name of a network device`);
  return name;
}

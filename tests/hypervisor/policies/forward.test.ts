/** The network policy: which ports of a virtual switch get a frame. */
import { describe, expect, test } from 'vitest';
import { EventQueue, Trace } from '../../../src/base/index.ts';
import { type Forward, ownPorts, type PolicyFault, VirtualSwitch } from '../../../src/hypervisor/index.ts';
import { NetDevice } from '../../../src/machine/index.ts';
import { VERSION_1, virtioMachine } from '../../support/virtioDriver.ts';

const mac = (last: number) => `52:54:00:00:00:0${last}`;
const bytesOf = (text: string) => text.split(':').map((part) => Number.parseInt(part, 16));
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

function frame(destination: string, source: string, rest = [0x08, 0x00, 1, 2, 3]): Uint8Array {
  return Uint8Array.from([...bytesOf(destination), ...bytesOf(source), ...rest]);
}

/** Ports a and b in VLAN 10, m with them, c in VLAN 20; stations 1, 2, 3 and 4. */
function hub(forward?: Forward) {
  const trace = new Trace(new EventQueue());
  const faults: PolicyFault[] = [];
  const sw = new VirtualSwitch({
    name: 'sw0',
    trace,
    ...(forward && { forward }),
    onPolicyFault: (fault) => void faults.push(fault),
  });
  const got: string[] = [];
  const ports = Object.fromEntries(
    [
      ['a', 1, 10],
      ['b', 2, 10],
      ['m', 3, 10],
      ['c', 4, 20],
    ].map(([name, last, vlan]) => [
      name,
      sw.plug({ name: name as string, vlan: vlan as number, macs: [mac(last as number)] }, () => {
        got.push(name as string);
      }),
    ]),
  );
  const send = (from: string, bytes: Uint8Array) => {
    got.length = 0;
    ports[from]!.transmit(bytes);
    return got.join('');
  };
  return { sw, trace, faults, send };
}

describe('the hypervisor’s own policy', () => {
  const cases: readonly (readonly [string, string, Uint8Array, string])[] = [
    ['a unicast frame reaches its station alone', 'a', frame(mac(2), mac(1)), 'b'],
    ['a broadcast reaches all others of its VLAN', 'a', frame(BROADCAST, mac(1)), 'bm'],
    ['so does a multicast', 'b', frame('33:33:00:00:00:01', mac(2)), 'am'],
    ['nobody in another VLAN is reached by name', 'a', frame(mac(4), mac(1)), ''],
    ['nor by a tag that the guest wrote itself', 'a', frame(mac(4), mac(1), [0x81, 0, 0, 20, 8, 0, 1]), ''],
    ['a frame under another’s address goes nowhere', 'm', frame(mac(2), mac(1)), ''],
    ['nor does one to a station that is not there', 'a', frame(mac(9), mac(1)), ''],
    ['or to itself', 'a', frame(mac(1), mac(1)), ''],
    ['or one that is shorter than its header', 'a', frame(mac(2), mac(1)).subarray(0, 13), ''],
  ];
  for (const [what, from, bytes, to] of cases) test(what, () => expect(hub().send(from, bytes)).toBe(to));

  test('a port that was taken away neither sends nor gets', () => {
    const { sw, send } = hub();
    sw.unplug('m');
    expect(send('a', frame(BROADCAST, mac(1)))).toBe('b');
    expect(send('m', frame(BROADCAST, mac(3)))).toBe('');
    sw.plug({ name: 'm', vlan: 10, macs: [mac(3)] }, () => {});
    // The old card is not the new port's.
    expect(send('m', frame(BROADCAST, mac(3)))).toBe('');
  });
});

describe('another policy', () => {
  test('is told the frame, where it came in, and all ports, as data', () => {
    const asked: Parameters<Forward>[] = [];
    const { send, trace } = hub((...question) => {
      asked.push(question);
      return ownPorts(...question);
    });
    const bytes = frame(mac(2), mac(1), [0x81, 0x00, 0x20, 0x14, 0x08, 0x06, 5]);
    send('a', bytes);
    const [seen, inPort, ports] = asked[0]!;
    expect(seen).toEqual({ destination: mac(2), source: mac(1), type: 0x0806, vlan: 20, bytes });
    expect(inPort).toEqual({ name: 'a', vlan: 10, macs: [mac(1)] });
    expect(ports.map(({ name, vlan }) => `${name}${vlan}`)).toEqual(['a10', 'b10', 'm10', 'c20']);
    for (const value of [seen, inPort, ports, ports[0], inPort.macs])
      expect(Object.isFrozen(value)).toBe(true);
    expect(trace.since(0, 'switch.frame').map(({ detail }) => detail.to)).toEqual(['']);
  });

  test('that floods lets everybody listen, in every VLAN', () => {
    const { send } = hub((_, inPort, ports) =>
      ports.map(({ name }) => name).filter((name) => name !== inPort.name),
    );
    expect(send('a', frame(mac(2), mac(1)))).toBe('bmc');
    expect(send('m', frame(mac(2), mac(1)))).toBe('abc');
  });

  const nonsense: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new Error('my mistake');
      },
      /^my mistake$/,
    ],
    ['gives nothing', () => undefined, /answered undefined, which is no list of ports/],
    ['names no port', () => ['b', 'x'], /"x" is the name of no port/],
    ['gives a hole', () => [undefined], /undefined is the name of no port/],
    ['gives a port’s number', () => [1], /1 is the name of no port/],
  ];
  for (const [what, forward, message] of nonsense) {
    test(`that ${what} is told of, and the frame is dropped`, () => {
      const { send, faults } = hub(forward as Forward);
      expect(send('a', frame(mac(2), mac(1)))).toBe('');
      expect(faults).toEqual([{ policy: 'forward', subject: 'a', message: expect.stringMatching(message) }]);
    });
  }

  test('a port named twice gets the frame once, in a copy of its own', () => {
    const sw = new VirtualSwitch({ name: 'sw0', forward: () => ['b', 'b', 'c'] });
    const got: Uint8Array[] = [];
    const tap = sw.plug({ name: 'a', vlan: 1, macs: [] }, () => {});
    for (const name of ['b', 'c']) {
      sw.plug({ name, vlan: 1, macs: [] }, (bytes) => {
        got.push(bytes.slice());
        bytes.fill(0);
      });
    }
    const bytes = frame(mac(2), mac(1));
    tap.transmit(bytes);
    expect(got).toEqual([frame(mac(2), mac(1)), frame(mac(2), mac(1))]);
    expect(bytes).toEqual(frame(mac(2), mac(1)));
  });
});

test('between two network cards: what one guest’s driver sends arrives in the other’s buffer', () => {
  const sw = new VirtualSwitch({ name: 'sw0' });
  const plug = (name: string, last: number) => {
    const holder: { net: NetDevice | null } = { net: null };
    const tap = sw.plug({ name, vlan: 1, macs: [mac(last)] }, (bytes) => holder.net!.receive(bytes));
    const net = new NetDevice(name, Uint8Array.from(bytesOf(mac(last))), tap);
    holder.net = net;
    const machine = virtioMachine(net);
    machine.driver.start(VERSION_1, 2, 8);
    return machine;
  };
  const [one, two] = [plug('a', 1), plug('b', 2)];
  const { addresses } = two.driver.send(0, [1600]);
  const sent = frame(mac(2), mac(1));
  one.driver.send(1, [new Uint8Array(12), sent]);
  one.wait(10_000);
  two.wait(10_000);
  expect(two.driver.used(0)).toEqual([{ id: 0, length: 12 + sent.length }]);
  expect(two.memory.read(addresses[0]! + 12, sent.length)).toEqual(sent);
});

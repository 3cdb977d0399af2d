/**
 * The switch that judges a learner was written apart from the bridge of simulated hosts (which is held to Linux's own): both have to agree, on
 * drawn frames. And the bridge does with a policy what the policy says.
 */
import { describe, expect, test } from 'vitest';
import { drawSequence, drawVlanSequence } from '../../content/exercises/vm-network-write/cases.ts';
import { SwitchModel } from '../../content/exercises/vm-network-write/reference.ts';
import type { Sequence } from '../../content/exercises/vm-network-write/sequence.ts';
import { receive } from '../../content/exercises/vm-network-write/solution/vswitch.ts';
import { EventQueue, Random, SECOND } from '../../src/base/index.ts';
import {
  BridgeDevice,
  type BridgePolicyPort,
  bridgeAnswerProblem,
  buildEthernet,
  NetworkNamespace,
  parseEthernet,
  TapDevice,
  tagged,
} from '../../src/network/index.ts';

/** A bridge with a tap for each port, the other end of which is held by the test. */
function bridgeOf({ ports }: Sequence) {
  const queue = new EventQueue();
  const context = { queue, random: Random.fromSeed('bridge'), trace: null, traceFrames: false };
  const namespace = new NetworkNamespace(context, 'host');
  const bridge = new BridgeDevice(context, 'br0');
  namespace.add(bridge);
  bridge.setVlanFiltering(true);
  bridge.setUp(true);
  // The host is no port of the exercise's switch.
  bridge.deleteVlan(null, 1);
  const taps = ports.map(({ name, untagged, tagged: tags, blocked }) => {
    const tap = new TapDevice(context, name);
    namespace.add(tap);
    tap.open(() => {});
    tap.setUp(true);
    bridge.addPort(tap);
    const port = bridge.port(tap)!;
    bridge.deleteVlan(port, 1);
    if (untagged !== null) bridge.addVlan(port, untagged, { pvid: true, untagged: true });
    for (const id of tags) bridge.addVlan(port, id, { pvid: false, untagged: false });
    if (blocked) port.state = 'blocking';
    return tap;
  });
  return { queue, bridge, taps };
}

/** What left by which port with which tag, and what the table has, frame by frame. */
function played(sequence: Sequence, made = bridgeOf(sequence)) {
  const { queue, bridge, taps } = made;
  return sequence.arrivals.map(({ port, frame, now }) => {
    while (queue.step(now * SECOND));
    queue.advanceTo(now * SECOND);
    const bytes = buildEthernet(frame.destination, frame.source, frame.type, new Uint8Array(46));
    taps.find(({ name }) => name === port)!.write(frame.vlan === null ? bytes : tagged(bytes, frame.vlan));
    const out = taps.flatMap((tap) => {
      const sent = [];
      for (let left = tap.read(); left !== null; left = tap.read())
        sent.push({ port: tap.name, tag: parseEthernet(left)!.vlan?.id ?? null });
      return sent;
    });
    const table = bridge
      .knownAddresses()
      .filter(({ kind }) => kind === 'learned')
      .map(({ mac, vlan, port: { name } }) => `${vlan} ${mac} ${name}`)
      .sort();
    return { out, table };
  });
}

function modelled({ ports, arrivals }: Sequence) {
  const model = new SwitchModel(ports);
  return arrivals.map((arrival) => {
    const { out } = model.receive(arrival);
    const table = model
      .known(arrival.now)
      .map(({ mac, vlan, port }) => `${vlan} ${mac} ${port}`)
      .sort();
    return { out, table };
  });
}

const random = Random.fromSeed('vswitch');
const KINDS: Readonly<Record<string, () => Sequence>> = {
  'one VLAN': () => drawSequence(random, { length: 12, steps: [1, 5], groups: true, groupSources: true }),
  VLANs: () => drawVlanSequence(random, 12),
  ageing: () => drawSequence(random, { length: 12, steps: [1, 100, 149, 150, 151, 299, 300, 301] }),
  'stations that move': () => drawSequence(random, { length: 12, steps: [1, 5], moves: true }),
  'a blocked port': () => {
    const { ports, arrivals } = drawSequence(random, { length: 12, steps: [1, 5], moves: true });
    return { ports: ports.map((port, i) => ({ ...port, blocked: i === 1 })), arrivals };
  },
};

describe.each(Object.entries(KINDS))('%s', (_, draw) => {
  test('the reference and the bridge agree', () => {
    for (let i = 0; i < 60; i++) {
      const sequence = draw();
      expect(modelled(sequence), JSON.stringify(sequence)).toEqual(played(sequence));
    }
  });

  test('a bridge with the book’s own switch as its policy does the same', () => {
    for (let i = 0; i < 30; i++) {
      const sequence = draw();
      const made = bridgeOf(sequence);
      made.bridge.policy = ({ frame, port, now, table, ports }) => {
        const answer = receive(frame, port, now, table, ports);
        expect(bridgeAnswerProblem(answer, ports)).toBeNull();
        return answer;
      };
      expect(played(sequence, made), JSON.stringify(sequence)).toEqual(modelled(sequence));
    }
  });
});

test('an answer that cannot be done is named', () => {
  const ports: BridgePolicyPort[] = [{ name: 'tap0', untagged: 1, tagged: [], blocked: false }];
  const problem = (answer: unknown) => bridgeAnswerProblem(answer, ports);
  const entry = { mac: '52:54:00:00:00:0a', vlan: 1, port: 'tap0', seen: 0 };
  expect(problem({ table: [entry], out: [{ port: 'tap0', tag: null }] })).toBeNull();
  expect(problem(null)).toContain('no { table, out }');
  expect(problem({ table: [{ ...entry, mac: 'ff:ff:ff:ff:ff:ff' }], out: [] })).toContain('station');
  expect(problem({ table: [{ ...entry, port: 'tap9' }], out: [] })).toContain('"tap9" in table');
  expect(problem({ table: [{ ...entry, vlan: 5000 }], out: [] })).toContain('VLAN 5000');
  expect(problem({ table: [{ ...entry, seen: null }], out: [] })).toContain('seen at null');
  expect(problem({ table: [], out: ['tap0'] })).toContain('null in out is no port');
  expect(problem({ table: [], out: [{ port: 'tap0' }] })).toContain('no tag');
});

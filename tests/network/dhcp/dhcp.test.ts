/** DHCP servers and clients, talking without a network in between. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random, SECOND } from '../../../src/base/index.ts';
import {
  buildDhcp,
  DHCP_OPTION,
  type DhcpAction,
  DhcpClient,
  type DhcpMessage,
  DhcpServer,
  type DhcpServerConfig,
  dhcpType,
  formatIpv4,
  optionNumbers,
  optionText,
  parseDhcp,
} from '../../../src/network/index.ts';
import { ip } from '../../support/networkHosts.ts';

const config: DhcpServerConfig = {
  address: ip('10.0.0.1'),
  prefixLength: 24,
  range: [ip('10.0.0.10'), ip('10.0.0.12')],
  hosts: new Map([['02:00:00:00:00:99', { address: ip('10.0.0.50'), name: 'db' }]]),
  routers: [ip('10.0.0.1')],
  nameServers: [ip('10.0.0.2')],
  domain: 'lab',
  leaseTime: 3600,
  bootFile: null,
  nextServer: null,
};
const mac = (number: number) => `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;

/** Lets both talk until neither has anything to say; what the client did besides. */
function talk(
  client: DhcpClient,
  servers: readonly DhcpServer[],
  first: readonly DhcpAction[],
  now: number,
): DhcpAction[] {
  const waiting = [...first];
  const done: DhcpAction[] = [];
  for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
    if (action.kind !== 'send') {
      done.push(action);
      continue;
    }
    for (const server of servers) {
      const answer = server.receive(action.payload, now);
      if (answer !== null) waiting.push(...client.receive(answer.payload, now));
    }
  }
  return done;
}

function client(number: number, name: string | null = null): DhcpClient {
  return new DhcpClient(mac(number), Random.fromSeed(`client ${number}`), name);
}

test('discover, offer, request, acknowledge: addresses in order, until there are none', () => {
  const server = new DhcpServer(config);
  const clients = [1, 2, 3, 4].map((number) => client(number, `host${number}`));
  for (const each of clients) talk(each, [server], each.start(0), 0);
  expect(
    clients.map((each) => (each.binding === null ? each.state : formatIpv4(each.binding.address))),
  ).toEqual(['10.0.0.10', '10.0.0.11', '10.0.0.12', 'SELECTING']);
  expect(clients[0]!.binding).toMatchObject({
    mask: ip('255.255.255.0'),
    routers: [ip('10.0.0.1')],
    nameServers: [ip('10.0.0.2')],
    domain: 'lab',
    leaseTime: 3600,
  });
  expect(server.leases(0).map((lease) => lease.hostName)).toEqual(['host1', 'host2', 'host3']);
  // Who gives one back makes room.
  talk(clients[1]!, [server], clients[1]!.release(SECOND), SECOND);
  talk(clients[3]!, [server], clients[3]!.timedOut(5 * SECOND), 5 * SECOND);
  expect(formatIpv4(clients[3]!.binding!.address)).toBe('10.0.0.11');
  // So does a lease that ended.
  expect(server.leases(4000 * SECOND)).toEqual([]);
});

test('a known machine gets its own address and name, and nobody else does', () => {
  const server = new DhcpServer(config);
  const db = client(0x99);
  talk(db, [server], db.start(0), 0);
  expect([formatIpv4(db.binding!.address), db.binding!.hostName]).toEqual(['10.0.0.50', 'db']);
  const other = client(1);
  talk(other, [server], other.start(0), 0);
  expect(formatIpv4(other.binding!.address)).toBe('10.0.0.10');
});

test('renewed at half of the time, rebound at seven eighths, lost at the end', () => {
  const server = new DhcpServer(config);
  const each = client(1);
  talk(each, [server], each.start(0), 0);
  expect(each.deadline).toBe(1800 * SECOND);
  expect(talk(each, [server], each.timedOut(1800 * SECOND), 1800 * SECOND)).toMatchObject([
    { kind: 'bound', renewed: true },
  ]);
  expect(each.deadline).toBe(3600 * SECOND);
  const states: string[] = [];
  let now = each.deadline!;
  for (;;) {
    const actions = each.timedOut(now);
    if (actions.some((action) => action.kind === 'lost')) break;
    states.push(
      `${each.state} ${actions[0]!.kind === 'send' && actions[0]!.to === 'broadcast' ? 'to all' : 'to one'}`,
    );
    now = each.deadline!;
  }
  expect(now).toBe((1800 + 3600) * SECOND);
  expect(new Set(states)).toEqual(new Set(['RENEWING to one', 'REBINDING to all']));
  expect(each.state).toBe('SELECTING');
});

test('of two servers the first to offer is taken, and the other forgets its offer', () => {
  const servers = [
    new DhcpServer(config),
    new DhcpServer({ ...config, address: ip('10.0.0.5'), range: [ip('10.0.0.20'), ip('10.0.0.20')] }),
  ];
  const each = client(1);
  talk(each, servers, each.start(0), 0);
  expect(formatIpv4(each.binding!.address)).toBe('10.0.0.10');
  const other = client(2);
  talk(other, [servers[1]!], other.start(0), 0);
  expect(formatIpv4(other.binding!.address)).toBe('10.0.0.20');
});

/** A request as one makes it by hand. */
function request(
  parts: Partial<DhcpMessage>,
  options: readonly (readonly [number, Uint8Array])[],
): Uint8Array {
  return buildDhcp({
    reply: false,
    transaction: 1,
    seconds: 0,
    broadcast: false,
    clientAddress: 0,
    yourAddress: 0,
    nextServer: 0,
    relay: 0,
    mac: mac(7),
    serverName: '',
    bootFile: '',
    options: new Map(options),
    ...parts,
  });
}

const bytes = (address: string) => Uint8Array.from(address.split('.').map(Number));

test('what is offered to one is not offered to another', () => {
  const server = new DhcpServer(config);
  const offers = [1, 2, 3, 4].map((number) => {
    const [action] = client(number).start(0);
    const answer = action?.kind === 'send' ? server.receive(action.payload, 0) : null;
    return answer === null ? null : formatIpv4(parseDhcp(answer.payload)!.yourAddress);
  });
  expect(offers).toEqual(['10.0.0.10', '10.0.0.11', '10.0.0.12', null]);
});

test('who asks for a wrong network or another’s address is refused, by broadcast', () => {
  const server = new DhcpServer(config);
  const first = client(1);
  talk(first, [server], first.start(0), 0);
  const ask = (address: string) => {
    const answer = server.receive(
      request({}, [
        [DHCP_OPTION.messageType, Uint8Array.of(3)],
        [DHCP_OPTION.requestedAddress, bytes(address)],
      ]),
      0,
    );
    const message = answer === null ? null : parseDhcp(answer.payload)!;
    return message === null
      ? null
      : [dhcpType(message), optionText(message, DHCP_OPTION.message), answer!.to];
  };
  expect(ask('192.168.0.9')).toEqual(['NAK', 'wrong network', 'broadcast']);
  expect(ask('10.0.0.10')).toEqual(['NAK', 'address not available', 'broadcast']);
  expect(ask('10.0.0.200')).toBeNull();
  expect(ask('10.0.0.11')![0]).toBe('ACK');
});

test('an address that somebody declined is left alone for a while', () => {
  const server = new DhcpServer(config);
  const each = client(1);
  talk(each, [server], each.start(0), 0);
  const decline = request({ mac: mac(1) }, [
    [DHCP_OPTION.messageType, Uint8Array.of(4)],
    [DHCP_OPTION.requestedAddress, bytes('10.0.0.10')],
  ]);
  expect(server.receive(decline, 0)).toBeNull();
  talk(each, [server], each.start(0), 0);
  expect(formatIpv4(each.binding!.address)).toBe('10.0.0.11');
});

test('a machine that boots is told the file and the server, by the fields and by the options it asks for', () => {
  const server = new DhcpServer({ ...config, bootFile: 'boot.img', nextServer: ip('10.0.0.3') });
  const discover = request({ broadcast: true }, [
    [DHCP_OPTION.messageType, Uint8Array.of(1)],
    [DHCP_OPTION.parameterRequestList, Uint8Array.of(66, 67)],
  ]);
  const answer = server.receive(discover, 0)!;
  const message = parseDhcp(answer.payload)!;
  expect([answer.to, message.bootFile, formatIpv4(message.nextServer)]).toEqual([
    'broadcast',
    'boot.img',
    '10.0.0.3',
  ]);
  expect([optionText(message, 66), optionText(message, 67)]).toEqual(['10.0.0.3', 'boot.img']);
  expect(optionNumbers(message, DHCP_OPTION.serverIdentifier)).toEqual([ip('10.0.0.1')]);
});

describe('messages', () => {
  const arbitrary = fc.record({
    reply: fc.boolean(),
    transaction: fc.nat(0xffffffff),
    seconds: fc.nat(0xffff),
    broadcast: fc.boolean(),
    clientAddress: fc.nat(0xffffffff),
    yourAddress: fc.nat(0xffffffff),
    nextServer: fc.nat(0xffffffff),
    relay: fc.nat(0xffffffff),
    mac: fc.nat(255).map(mac),
    serverName: fc.stringMatching(/^[a-z.]{0,60}$/),
    bootFile: fc.stringMatching(/^[a-z./]{0,120}$/),
    options: fc
      .array(fc.tuple(fc.integer({ min: 60, max: 250 }), fc.uint8Array({ maxLength: 600 })), { maxLength: 5 })
      .map((entries) => new Map(entries)),
  });

  test('are read as they were written', () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(parseDhcp(buildDhcp(message))).toEqual(message);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('that are damaged are refused or answered, and never break the server or the client', () => {
    const server = new DhcpServer(config);
    const each = client(1);
    each.start(0);
    fc.assert(
      fc.property(
        arbitrary,
        fc.array(fc.tuple(fc.nat(400), fc.nat(255))),
        fc.nat(400),
        (message, changes, cut) => {
          const damaged = buildDhcp(message);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          server.receive(damaged.subarray(0, cut), 0);
          server.receive(damaged, 0);
          each.receive(damaged, 0);
        },
      ),
      { numRuns: 300, seed: 2 },
    );
  });
});

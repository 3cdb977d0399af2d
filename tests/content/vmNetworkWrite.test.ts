/**
 * The exercise on a VM's frames, played at its terminals: the frame that is lost, the tap that is put back, three captures of one ping, and a
 * switch that is the learner's for every frame of the running VMs.
 */
import { expect, test } from 'vitest';
import { decodeUtf8, MILLISECOND, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { replay, Session } from '../../src/exercise/index.ts';

const loaded = loadExercise('vm-network-write');

async function play(seed = 'frames') {
  const { exercise, files } = await loaded;
  const shown = new Map<number, string>();
  const session = await Session.start({
    exercise,
    seed,
    sandbox,
    onOutput: (terminal, bytes) => void shown.set(terminal, (shown.get(terminal) ?? '') + decodeUtf8(bytes)),
  });
  const terminal = (host: string) => {
    const id = session.openTerminal(host, { rows: 24, cols: 100 });
    session.advance(300 * MILLISECOND);
    /** Types a line; what is shown since the line before. */
    return (line: string, time = SECOND): string => {
      session.input(id, `${line}\r`);
      session.advance(time);
      const all = shown.get(id) ?? '';
      shown.set(id, '');
      return all;
    };
  };
  return {
    session,
    terminal,
    console(host: string, name: string) {
      const type = terminal(host);
      type(`virsh console ${name}`);
      type('root');
      return type;
    },
    holding: () =>
      session
        .goals()
        .filter(({ holds }) => holds)
        .map(({ id }) => id),
    save: (path: string) => session.saveFile('vswitch.ts', files[path]!),
  };
}

const CAPTURE =
  'for d in vnet0.tap br0.bridge eth0.nic; do sudo tcpdump -i ${d%.*} -c 2 -w ${d#*.}.pcap icmp & done';
const PING = 'ping -c 1 10.0.0.12';

test('the lost frame is followed and put right, one ping is caught at three places, and the record replays', async () => {
  const { session, terminal, console: open, holding, save } = await play();
  const north = terminal('north');
  const web = open('north', 'web');
  expect(holding()).toEqual([]);

  // The frame comes as far as web's tap, and the switch has none of it.
  north('sudo tcpdump -n -i vnet0 -c 1 -w /tmp/tap & sudo tcpdump -n -i br0 -c 1 -w /tmp/bridge &');
  expect(web(PING, 3 * SECOND)).toContain('100% packet loss');
  const request = 'ARP, Request who-has 10.0.0.12 tell 10.0.0.10';
  expect(north('tcpdump -n -r /tmp/tap')).toContain(request);
  expect(north('tcpdump -n -r /tmp/bridge')).not.toContain(request);
  expect(north('bridge link')).not.toContain('vnet0');
  expect(holding()).toEqual([]);

  north('sudo ip link set vnet0 master br0');
  expect(web(PING, 3 * SECOND)).toContain('64 bytes from 10.0.0.12');
  expect(holding()).toEqual(['db']);
  expect(web('ping -c 1 203.0.113.7', 3 * SECOND)).toContain('64 bytes from 203.0.113.7');
  expect(holding()).toEqual(['db', 'outside']);

  await save('solution/vswitch.ts');
  north(CAPTURE);
  web(PING, 2 * SECOND);
  expect(holding()).toEqual(['db', 'outside', 'capture']);
  // The table that the host's own tool shows is what the learner's function gave back.
  expect(north('bridge fdb show br br0')).toMatch(/52:54:00:00:00:0c dev eth0 vlan 1 master br0/);

  const submission = await session.submission();
  expect(submission.report.score).toEqual({ points: 100, of: 100 });
  const { exercise } = await loaded;
  expect((await replay({ exercise, sandbox }, submission)).asSubmitted).toBe(true);
}, 60_000);

test('web’s pings to db are none of cache’s business, once the switch learns', async () => {
  const { terminal, console: open, save } = await play();
  const north = terminal('north');
  const web = open('north', 'web');
  north('sudo ip link set vnet0 master br0');
  const heardByCache = () => {
    web(PING, 3 * SECOND);
    north('sudo tcpdump -n -i vnet1 -w /tmp/cache icmp & sleep 0.2');
    web(PING, 2 * SECOND);
    return north('tcpdump -n -r /tmp/cache');
  };
  expect(heardByCache()).toContain('10.0.0.10 > 10.0.0.12: ICMP echo request');
  await save('solution/vswitch.ts');
  expect(heardByCache()).not.toContain('ICMP');
});

test('a VM that is migrated while it runs takes its line in the switch’s table along', async () => {
  const { terminal, console: open, save } = await play();
  await save('solution/vswitch.ts');
  const north = terminal('north');
  const cache = open('north', 'cache');
  north('sudo ip link set vnet0 master br0');
  expect(cache('ping -c 1 10.0.0.10', 2 * SECOND)).toContain('64 bytes from');
  const place = () => north('bridge fdb show br br0 | grep ^52:54:00:00:00:0a');
  expect(place()).toContain('dev vnet0 vlan 1');
  north('sudo tcpdump -e -i eth0 -w /tmp/eth0 &');
  north('sudo virsh migrate --live web qemu+tcp://south/system', 3 * SECOND);
  // Nobody in web has said a word: the new host has, in its name.
  expect(place()).toContain('dev eth0 vlan 1');
  expect(north('tcpdump -n -e -r /tmp/eth0')).toContain(
    '52:54:00:00:00:0a > ff:ff:ff:ff:ff:ff, ethertype Reverse ARP',
  );
  expect(cache('ping -c 1 10.0.0.10', 2 * SECOND)).toContain('64 bytes from');
});

test('a switch that does not answer is told so, and the VMs go on', async () => {
  const { session, terminal, console: open } = await play();
  const north = terminal('north');
  const web = open('north', 'web');
  north('sudo ip link set vnet0 master br0');
  const tried = async (body: string) => {
    const text = `export function receive(frame: unknown, port: { name: string }, now: number, table: unknown[], ports: { name: string }[]) {\n${body}\n}\n`;
    await session.saveFile('vswitch.ts', text);
    return web(PING, 3 * SECOND);
  };
  const throws = await tried("throw new Error('no idea');");
  expect(throws).toContain('receive: threw Error: no idea (vswitch.ts, line 2)');
  expect(throws).toContain('64 bytes from 10.0.0.12');
  const nonsense = await tried("return { table: [], out: [{ port: 'vnet9', tag: null }] };");
  expect(nonsense).toContain('"vnet9" in out is no port');
  expect(nonsense).toContain('64 bytes from 10.0.0.12');
  const broken = await tried('return {');
  expect(broken).toContain('the code does not run yet');
  // Each is told once, however many frames there are.
  expect(web(PING, 3 * SECOND)).not.toContain('does not run');
  // Back out of the cable on both hosts: a storm, which ends where the hosts' storm control says so.
  const storm = await tried('return { table, out: ports.map(({ name }) => ({ port: name, tag: null })) };');
  expect(storm).toContain('br0: a storm, more than 500 frames within 1 s');
});

test('a failed check draws the frame’s way and the table', async () => {
  const { session, save } = await play();
  const feedbackOf = async (name: string, check: string) => {
    await save(`wrong/${name}/vswitch.ts`);
    const { checks } = await session.check();
    const failed = checks.filter(({ status }) => status === 'failed');
    return failed.find(({ id }) => id === check)!.feedback!;
  };
  const aged = await feedbackOf('never-forgets', 'ageing');
  expect(aged.summary).toContain('the frame does not go out of');
  expect(aged.counterexample!.steps).toHaveLength(2);
  expect(aged.counterexample!.after).toMatch(/◀ missing/);
  expect(aged.counterexample!.after).toMatch(/heard 300 s ago {2}◀ not meant/);

  const storm = await feedbackOf('blocked-port-sends', 'loop');
  expect(storm.summary).toContain('it goes round and round');
  expect(storm.counterexample!.before).toMatch(/✕ blocked at (left|right)/);
  expect(storm.counterexample!.after).toContain('and so on, for ever');

  const moved = await feedbackOf('first-port-wins', 'migration');
  expect(moved.counterexample!.after).toMatch(/◀ is at eth0/);
});

test('code that counts its calls fails with what was seen, though it does not come again', async () => {
  const { session } = await play();
  const { exercise, files } = await loaded;
  const counted = files['solution/vswitch.ts']!.replace(
    '): Result {',
    '): Result {\n  if (++calls === 20) return { table: [], out: [] };',
  );
  await session.saveFile('vswitch.ts', `let calls = 0;\n${counted}`);
  const { checks } = await session.check();
  // Each check has an instance of its own.
  const judged = checks.filter(({ id }) => exercise.checks.some((check) => check.id === id));
  expect(judged.map(({ status }) => status)).toEqual(exercise.checks.map(() => 'failed'));
  for (const { feedback } of judged) expect(feedback!.counterexample!.steps.length).toBeGreaterThan(0);
});

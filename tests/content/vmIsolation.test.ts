/**
 * vm-isolation: the rules that judge a learner and the hypervisor's own were written apart and have to agree; and mallory's programs really
 * get through the starter's functions, and not through the solution's.
 */
import { describe, expect, test } from 'vitest';
import { placeOf } from '../../content/exercises/vm-isolation/disk.ts';
import { frameOf, neighbours, PAGE, RAM_BASE } from '../../content/exercises/vm-isolation/memory.ts';
import { meant } from '../../content/exercises/vm-isolation/network.ts';
import { decodeUtf8, MILLISECOND, Random, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { replay, runCheck, Session } from '../../src/exercise/index.ts';
import { ownFrames, ownPorts, ownSectors } from '../../src/hypervisor/index.ts';

describe('the rules of the checks and the hypervisor’s own agree', () => {
  const random = Random.fromSeed('isolation');

  test('on memory', () => {
    const vms = neighbours([3, 5, 2], 0x80);
    for (const vm of vms)
      for (let address = RAM_BASE - 2 * PAGE; address < RAM_BASE + 7 * PAGE; address += 512) {
        const right = frameOf(vm, address);
        const own = ownFrames(vm, address, { kind: 'load', by: 'vcpu', guestVirtual: null, ownFrame: right });
        expect('frame' in own ? own.frame : null).toBe(right);
      }
  });

  test('on disks', () => {
    const disk = { name: 'vda', vm: 'alice', sectors: 20, first: 40, readOnly: false };
    for (let sector = 0; sector < 24; sector++)
      for (let count = 1; count < 24; count++) {
        const own = ownSectors(disk, sector, count);
        expect('sector' in own ? own.sector : null).toBe(placeOf(disk, sector, count));
      }
  });

  test('on frames', () => {
    const macs = ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03', '52:54:00:00:00:04'];
    const ports = macs.map((mac, i) => ({ name: `p${i}`, vlan: i === 3 ? 20 : 10, macs: [mac] }));
    for (let i = 0; i < 500; i++) {
      const from = random.below(ports.length);
      const frame = {
        source: random.pick(macs),
        destination: random.pick([...macs, 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '02:00:00:00:00:09']),
        type: 0x800,
        vlan: random.chance(1, 5) ? 20 : null,
        bytes: new Uint8Array(),
      };
      expect(ownPorts(frame, ports[from]!, ports)).toEqual(meant({ ports, from, frame }).names);
    }
  });
});

const loaded = loadExercise('vm-isolation');

async function play() {
  const { exercise, files } = await loaded;
  const shown = new Map<number, string>();
  const session = await Session.start({
    exercise,
    seed: 'walls',
    sandbox,
    onOutput: (terminal, bytes) => void shown.set(terminal, (shown.get(terminal) ?? '') + decodeUtf8(bytes)),
  });
  const terminal = () => {
    const id = session.openTerminal('bluebox', { rows: 24, cols: 80 });
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
  const console = (name: string) => {
    const type = terminal();
    type(`virsh console ${name}`);
    type('root');
    return type;
  };
  return {
    session,
    terminal,
    console,
    holds: (id: string) => session.goals().find((goal) => goal.id === id)!.holds,
    solve: () => session.saveFile('isolation.ts', files['solution/isolation.ts']!),
  };
}

test('every attack gets through the starter, and none through the solution', async () => {
  const { console, solve } = await play();
  const [alice, mallory] = [console('alice'), console('mallory')];
  // Another sector the second time: what she has read is in her own memory.
  const attack = (sector: number) => {
    const peek = mallory('peek 0x80a00000');
    const dd = mallory(`dd if=/dev/vda skip=${sector} count=1`);
    mallory('sniff 3 &');
    alice('ping -c 1 10.0.0.3');
    const sniff = mallory('');
    // Last, for it can cost mallory her disk.
    return { peek, dd, sniff, dma: mallory('dma read 0x80b00000 0') };
  };
  const before = attack(2048);
  expect(before.peek).toMatch(/0x080a00000: [0-9a-f]{8}/);
  expect(before.dd).toContain('Secret: ');
  expect(before.sniff).toMatch(/52:54:00:00:00:0b > .* type 080/);
  expect(before.dma).toContain('is now at 0x80b00000');
  await solve();
  const after = attack(2049);
  expect(after.peek).toContain('access fault');
  expect(after.dd).toContain('error reading');
  expect(after.sniff).not.toContain('52:54:00:00:00:0b');
  expect(after.dma).toContain('Input/output error');

  // The processor: a heartbeat of alice's stands still while mallory's hog runs by the starter, and goes on by the solution.
  const other = await play();
  const [beats, hog] = [other.console('alice'), other.console('mallory')];
  expect(beats('heartbeat', 3 * SECOND)).toContain('heartbeat 2');
  hog('hog');
  expect(beats('', 3 * SECOND)).not.toContain('heartbeat');
});

test('a hog that runs when the code is mended loses the processor at once', async () => {
  const { console, solve } = await play();
  const [alice, mallory] = [console('alice'), console('mallory')];
  alice('heartbeat', 2 * SECOND);
  mallory('hog', 2 * SECOND);
  alice('', 0);
  expect(alice('', 2 * SECOND)).not.toContain('heartbeat');
  await solve();
  expect(alice('', 3 * SECOND)).toContain('heartbeat');
});

test.each([
  ['throws', 'throw new Error("oops")', /translate: threw Error: oops .*own rule was used/],
  ['gives nonsense', 'return "frame"', /translate \(mallory\): frame is "frame"/],
])('a translate that %s is told, and the host goes on', async (_, body, told) => {
  const { console, session } = await play();
  const [alice, mallory] = [console('alice'), console('mallory')];
  const { files } = await loaded;
  const code = files['solution/isolation.ts']!.replace(
    /(function translate.*\{\n)/,
    `$1  if (vm.name === 'mallory') ${body};\n`,
  );
  await session.saveFile('isolation.ts', code);
  expect(mallory('peek 0x80200000')).toMatch(told);
  expect(alice('uptime')).toContain('root@alice');
});

/** The solution, one of its functions beginning with `first`. */
async function withFirst(name: string, first: string): Promise<string> {
  const { files } = await loaded;
  return files['solution/isolation.ts']!.replace(
    new RegExp(`(export function ${name}.*\\{\\n)`),
    `$1  ${first}\n`,
  );
}

describe('code that keeps something between its calls', () => {
  const checked = async (check: string, code: string) => {
    const { exercise } = await loaded;
    return runCheck(
      exercise,
      exercise.checks.find(({ id }) => id === check)!,
      { 'isolation.ts': code },
      'kept',
      await sandbox(),
    );
  };

  test.each([
    ['memory', 'translate', 'null'],
    ['disk', 'mapBlock', '7'],
    ['network', 'forward', '["nobody"]'],
  ])('a check of %s that meets a wrong answer now and then says so', async (check, name, answer) => {
    for (const every of [2, 3, 5]) {
      const now = `globalThis.asked = (globalThis.asked ?? 0) + 1; if (globalThis.asked % ${every} === 1)`;
      const result = await checked(check, await withFirst(name, `${now} return ${answer};`));
      expect(result.status).toBe('failed');
      if (every > 2) expect(result.feedback!.next).toContain('keep something between two calls');
    }
  });

  test('a scheduler with its own accounts is as good as one that reads the given times', async () => {
    const { files } = await loaded;
    const code = files['solution/isolation.ts']!.replace(
      /export function pickVcpu.*?\n}\n/s,
      `const passes = new Map();
export function pickVcpu(runnable) {
  const least = Math.min(...runnable.map(({ vm }) => passes.get(vm) ?? Infinity));
  for (const { vm } of runnable) if (!passes.has(vm)) passes.set(vm, Number.isFinite(least) ? least : 0);
  const next = runnable.findIndex((one) => runnable.every((other) => passes.get(one.vm) <= passes.get(other.vm)));
  const { vm, weight } = runnable[next];
  passes.set(vm, passes.get(vm) + 1000 / weight);
  return { next, quantum: 1e6 };
}
`,
    );
    expect(code).toContain('passes.get');
    expect((await checked('processor', code)).status).toBe('passed');
  });
});

describe('code that fails at every turn', () => {
  const hogging = async (name: string, first: string) => {
    const { console, session } = await play();
    const mallory = console('mallory');
    mallory('hog');
    await session.saveFile('isolation.ts', await withFirst(name, first));
    return { session, type: mallory };
  };

  test.each([
    ['throws', 'throw new Error(`oops at ${_now}`);', 'oops at'],
    ['gives nonsense', 'return { next: 7 + _now, quantum: null };', 'next is no index'],
    ['forgets the quantum', 'return { next: 0, quantum: _now % 7 };', 'a quantum of'],
  ])('a pickVcpu that %s is told once, until there is other code', async (_, first, told) => {
    const { session, type } = await hogging('pickVcpu', first);
    expect(type('').split(told)).toHaveLength(2);
    expect(type('x') + type('y')).not.toContain('[your code]');
    await session.saveFile('isolation.ts', `${await withFirst('pickVcpu', first)} `);
    expect(type('').split(told)).toHaveLength(2);
  });

  test('one that never ends costs its steps a few times, not at every turn', async () => {
    const counting = 'globalThis.calls = (globalThis.calls ?? 0) + 1; console.log("call", globalThis.calls);';
    const { type } = await hogging('pickVcpu', `${counting} for (;;);`);
    const told = type('') + type('a');
    expect(told).toContain('does not come to an end');
    expect(told).toContain('it is not called again until the code changes');
    expect(told).toContain('call 3');
    expect(told).not.toContain('call 4');
  });

  test('code that does not run yet is told where a wall is asked for', async () => {
    const { console, session } = await play();
    const mallory = console('mallory');
    await session.saveFile('isolation.ts', 'export function (');
    expect(mallory('peek 0x80200000')).toMatch(/translate: the code does not run yet.*own rules/);
    expect(mallory('dd if=/dev/vda skip=2048 count=1')).toMatch(/mapBlock: the code does not run yet/);
  });
});

test('the goals hold when the secret is found and the walls are told, and the record replays', async () => {
  const { session, terminal, console, holds } = await play();
  const mallory = console('mallory');
  const [, secret] = /Secret: ([\w-]+)/.exec(mallory('dd if=/dev/vda skip=2048 count=1'))!;
  const host = terminal();
  host(`echo wrong-word-100 >secret.txt`);
  host(
    'printf "%s\\n" "peek translate" "dma mapBlock" "hog pickVcpu" "dd mapBlock" "sniff forward" "spoof forward" >walls.txt',
  );
  expect([holds('stolen'), holds('walls')]).toEqual([false, false]);
  host(`echo ${secret} >secret.txt`);
  host('sed -i s/dma.*/"dma translate"/ walls.txt');
  expect([holds('stolen'), holds('walls')]).toEqual([true, true]);
  const { exercise } = await loaded;
  expect((await replay({ exercise, sandbox }, await session.submission())).asSubmitted).toBe(true);
});

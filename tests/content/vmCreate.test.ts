/**
 * vm-create: the reference model that judges a learner, and the hypervisor's own way to make a VM, were written apart; they have to agree on
 * the cases that learners are judged by. What the solution makes runs, and so do the goals on a host with four VMs.
 */
import { describe, expect, test } from 'vitest';
import {
  type Case,
  DAMAGED,
  EXAMPLES,
  mostMemory,
  promised,
  randomCase,
  type Topic,
} from '../../content/exercises/vm-create/cases.ts';
import { firstFinding } from '../../content/exercises/vm-create/judging.ts';
import { Stage } from '../../content/exercises/vm-create/playing.ts';
import { Books } from '../../content/exercises/vm-create/reference.ts';
import { decodeUtf8, isOsError, MILLISECOND, Random, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { MemoryStore } from '../../src/disk/index.ts';
import { programOf } from '../../src/exercise/checking.ts';
import { replay, Session } from '../../src/exercise/index.ts';
import { CreationHost, Hypervisor, MemoryImages, VirtualSwitch } from '../../src/hypervisor/index.ts';
import { PhysicalMemory } from '../../src/machine/index.ts';

const TOPICS = Object.keys(EXAMPLES) as Topic[];
const loaded = loadExercise('vm-create');

/** The exercise's code, from one of its folders or as a text. */
async function codeOf(source: string) {
  const { exercise, files } = await loaded;
  const text = files[`${source}/create.ts`] ?? source;
  const made = await (await sandbox()).create(programOf(exercise, { 'create.ts': text }));
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  return made.sandbox;
}

/** The host's own way plays a case: the code it ended with at the last act, or null. */
function playOwn(tried: Case): { wanted: readonly string[]; code: string | null } {
  const image = MemoryStore.of(new Uint8Array(8192));
  const damaged = MemoryStore.of(Uint8Array.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9]));
  const host = new CreationHost({
    hypervisor: new Hypervisor({ memory: new PhysicalMemory({ size: tried.memory, harts: tried.cpus }) }),
    images: new MemoryImages({ 'base.raw': image, 'other.raw': image, [DAMAGED]: damaged }),
    network: new VirtualSwitch({ name: 'br0' }),
    firmware: { segments: [], entry: 0x8000_0000 },
    cpuRatio: tried.cpuRatio,
  });
  const books = new Books(tried);
  let wanted: readonly string[] = [];
  let code: string | null = null;
  for (const act of tried.acts) {
    if (act.act === 'given') host.create(act.spec);
    books.note(act);
    if (act.act !== 'create') continue;
    wanted = books.refusals(act.spec);
    try {
      host.create(act.spec);
      code = null;
    } catch (error) {
      if (!isOsError(error)) throw error;
      code = error.code;
    }
  }
  return { wanted, code };
}

describe('the reference model and the hypervisor’s own way to make a VM agree', () => {
  test.each(['memory', 'vcpus', 'named', 'made'] as const)('on the cases of “%s”', (topic) => {
    const random = Random.fromSeed(`own/${topic}`);
    // A fault is no affair of the model's; and the host's own way counts what is free, where a learner counts what is promised: that is
    // the same for a host's first VM.
    const plain = (tried: Case) =>
      tried.acts.every((act) => act.act !== 'create' || act.fault === undefined) &&
      (topic !== 'memory' || tried.acts.length === 1);
    const cases = [...EXAMPLES[topic], ...Array.from({ length: 60 }, () => randomCase(random, topic))];
    let refused = 0;
    for (const tried of cases.filter(plain)) {
      const { wanted, code } = playOwn(tried);
      if (wanted.length === 0) expect(code, JSON.stringify(tried)).toBe(null);
      else expect(wanted, JSON.stringify(tried)).toContain(code);
      if (code !== null) refused++;
    }
    expect(refused > 0).toBe(topic !== 'made');
  });
});

describe('cases', () => {
  test('at the edge of the memory: the most that can be promised, and not a page more', () => {
    const random = Random.fromSeed('edge');
    for (let i = 0; i < 200; i++) {
      const bytes = random.between(64, 8192) * 4096;
      const most = mostMemory(bytes);
      expect(promised(most)).toBeLessThanOrEqual(bytes);
      expect(promised(most + 4096)).toBeGreaterThan(bytes);
    }
  });

  test.each(['made', 'unique', 'undo'] as const)('of “%s” have nothing that speaks against them', (topic) => {
    const random = Random.fromSeed(`nothing against/${topic}`);
    for (let i = 0; i < 3000; i++) {
      const tried = randomCase(random, topic);
      const books = new Books(tried);
      for (const act of tried.acts) {
        books.note(act);
        if (act.act !== 'create') continue;
        expect(books.refusals(act.spec), JSON.stringify(tried)).toEqual([]);
        // An address that nobody asked for is none of those that somebody will.
        books.add(act.spec, act.spec.mac ?? `chosen for ${act.spec.name}`);
      }
    }
  });

  test('of “named” have one thing that speaks against them, or a step that fails', () => {
    const random = Random.fromSeed('one thing against');
    for (let i = 0; i < 1000; i++) {
      const tried = randomCase(random, 'named');
      const books = new Books(tried);
      for (const act of tried.acts) {
        books.note(act);
        if (act.act === 'create')
          expect(books.refusals(act.spec).length, JSON.stringify(tried)).toBe(
            act.fault === undefined ? 1 : 0,
          );
      }
    }
  });

  test('of every check pass with the solution, and a step that fails is reached', async () => {
    const code = await codeOf('solution');
    for (const topic of TOPICS) {
      const random = Random.fromSeed(`solution/${topic}`);
      for (let i = 0; i < 40; i++) {
        const tried = randomCase(random, topic);
        expect(firstFinding(code, tried, topic)?.actual, JSON.stringify(tried)).toBe(undefined);
      }
    }
    const reached = EXAMPLES.undo.flatMap((tried) => {
      const stage = new Stage(code, tried);
      return tried.acts.map((act) => stage.play(act)?.failed ?? null).filter((step) => step !== null);
    });
    expect(reached.join(' ')).toBe(
      'takeName takeMemory takeTables makeOverlay takeMac makeDevices makeVcpu makeVcpu',
    );
    code.dispose();
  });

  test('in which frames are free, but not in one run, do fail at the memory', async () => {
    const code = await codeOf('solution');
    const tried = EXAMPLES.undo.find(({ acts }) => acts.some(({ act }) => act === 'remove'))!;
    const stage = new Stage(code, tried);
    const attempts = tried.acts.map((act) => stage.play(act));
    const last = attempts.at(-1)!;
    expect(last.failure).toMatchObject({ code: 'ENOMEM', returned: false });
    expect(last.failure!.message).toContain('in one run');
    expect(last.before.free * 4096).toBeGreaterThan(promised(last.spec.memory));
    code.dispose();
  });
});

describe('VMs that the solution has made', () => {
  test('fill a host to its last frame, and all of them run', async () => {
    const code = await codeOf('solution');
    const memory = 6 * 2 ** 20;
    const spec = { name: 'a', memory: 2 ** 20, vcpus: 2, image: 'base.raw', mac: null };
    const stage = new Stage(code, { memory, cpus: 2, cpuRatio: 2, acts: [] });
    const all = [spec, { ...spec, name: 'b', memory: mostMemory(memory - promised(spec.memory)) }];
    for (const one of all) expect(stage.play({ act: 'create', spec: one })!.failure).toBe(null);
    expect(stage.start('a', 200 * MILLISECOND)).toBe('F');
    expect(stage.start('b', 200 * MILLISECOND)).toBe('F');
    code.dispose();
  });

  test('begin where they were made to: elsewhere there is nothing to be run', async () => {
    const code = await codeOf('wrong/begins-at-the-start-of-memory');
    const tried = EXAMPLES.made[0]!;
    const stage = new Stage(code, tried);
    for (const act of tried.acts) stage.play(act);
    expect(stage.start('new', 200 * MILLISECOND)).toBe('');
    code.dispose();
  });
});

describe('what is drawn of a creation that failed', () => {
  test('marks what was left behind afterwards, and what was taken from somebody before', async () => {
    const forgets = await codeOf('wrong/forgets-the-overlay');
    const left = EXAMPLES.undo
      .map((tried) => firstFinding(forgets, tried, 'undo'))
      .find((one) => one !== null);
    expect(left?.actual).toBe('the overlay of new is left behind');
    expect(left?.failed).toBe('takeMac');
    expect(left?.after).toContain('new (no VM yet)\n  overlay new.qcow2 ◀');
    expect(left?.before).not.toContain('◀');
    forgets.dispose();
    const takes = await codeOf('wrong/gives-back-what-it-never-took');
    const gone = EXAMPLES.undo.map((tried) => firstFinding(takes, tried, 'undo')).find((one) => one !== null);
    expect(gone?.actual).toBe('the memory of new is gone, and was somebody else’s');
    expect(gone?.before).toMatch(/memory {2}256 frames from 0x[0-9a-f]+ ◀/);
    expect(gone?.after).not.toContain('◀');
    takes.dispose();
  });
});

describe('code that does not answer', () => {
  const broken: readonly (readonly [string, string, Topic, RegExp])[] = [
    ['loops', 'export function createVm() { for (;;) {} }', 'undo', /come to an end|steps/],
    [
      'asks the host for ever',
      'export function createVm(spec, host) { for (;;) host.vms; }',
      'made',
      /does not come to an end/,
    ],
    ['throws', 'export function createVm(spec) { spec.nothing.here; }', 'named', /TypeError.*no code/],
    ['takes nonsense', 'export function createVm(spec, host) { host.takeName(7); }', 'made', /7 is no name/],
  ];
  test.each(broken)('%s', async (_, text, topic, told) => {
    const code = await codeOf(text);
    const finding = firstFinding(code, EXAMPLES[topic][0]!, topic);
    expect(finding?.actual).toMatch(told);
    code.dispose();
  });

  test('cannot change what it was given, or the host’s own steps', async () => {
    const code = await codeOf(
      `'use strict'; export function createVm(spec, host) { try { spec.memory = 1; } catch {} try { host.takeName = () => {}; } catch {} throw Object.assign(new Error(spec.memory + ' ' + host.vms.length), { code: 'EIO' }); }`,
    );
    const stage = new Stage(code, EXAMPLES.made[0]!);
    const attempt = stage.play(EXAMPLES.made[0]!.acts[0]!)!;
    expect(attempt.failure?.message).toContain(`${2 ** 20} 0`);
    code.dispose();
  });
});

async function play() {
  const { exercise, files } = await loaded;
  let printed = '';
  const session = await Session.start({
    exercise,
    seed: 'create',
    sandbox,
    onOutput: (_, bytes) => {
      printed += decodeUtf8(bytes);
    },
  });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 120 });
  session.advance(300 * MILLISECOND);
  return {
    session,
    files,
    type(line: string, time = SECOND): string {
      const before = printed.length;
      session.input(terminal, `${line}\r`);
      session.advance(time);
      return printed.slice(before);
    },
    holding: () =>
      session
        .goals()
        .filter(({ holds }) => holds)
        .map(({ id }) => id)
        .join(' '),
  };
}

describe('the goals', () => {
  const overlay = 'qemu-img create -f qcow2 -b base.raw -F raw new.qcow2';
  const description = (...edits: string[]) =>
    `virsh dumpxml web | sed -e s/web/new/ ${edits.map((edit) => `-e '${edit}'`).join(' ')} > ~/new.xml`;

  test('come one by one, and the submission is replayed to the same', async () => {
    const { session, files, type, holding } = await play();
    expect(holding()).toBe('');
    type('cd /var/lib/libvirt/images');
    type(overlay);
    expect(holding()).toBe('overlay');
    expect(type('stat -c %s new.qcow2')).toContain('196616');
    type(description('/<uuid>/d', '/<mac /d'));
    type('virsh define ~/new.xml');
    expect(holding()).toBe('overlay');
    type('virsh start new');
    expect(holding()).toBe('overlay running address unchanged');
    type('virsh console new');
    expect(type('')).toContain('login:');
    type('root');
    type('write /note.txt "a line of its own"');
    type('sync');
    type('\x1d');
    expect(holding()).toBe('overlay running address unchanged');
    type('virsh suspend new');
    expect(holding()).toBe('overlay');
    type('virsh resume new');
    await session.saveFile('create.ts', files['solution/create.ts']!);
    const report = await session.check();
    expect(report.score).toEqual({ points: 100, of: 100 });
    const { exercise } = await loaded;
    expect((await replay({ exercise, sandbox }, await session.submission())).asSubmitted).toBe(true);
  });

  test('do not take a copy, somebody else’s address, or a base image that was changed', async () => {
    const { type, holding } = await play();
    type('cd /var/lib/libvirt/images');
    type('cp base.raw copy.raw; qemu-img convert -O qcow2 base.raw copy.qcow2');
    type('qemu-img create -f qcow2 -b web.qcow2 -F qcow2 second.qcow2');
    expect(holding()).toBe('');
    type(overlay);
    type(description('/<uuid>/d'));
    type('virsh define ~/new.xml');
    type('virsh start new');
    expect(holding()).toBe('overlay running unchanged');
    type('virsh destroy mail');
    expect(holding()).toBe('overlay running');
    type('virsh start mail');
    expect(holding()).toBe('overlay running unchanged');
    type('sudo chmod 666 base.raw; echo x | dd of=base.raw bs=1 seek=9000 conv=notrunc');
    expect(holding()).toBe('overlay running');
  });

  test('do not take a VM that nobody will find after it was switched off', async () => {
    const { type, holding } = await play();
    type('cd /var/lib/libvirt/images');
    type(overlay);
    type(description('/<uuid>/d', '/<mac /d'));
    type('virsh create ~/new.xml');
    expect(type('virsh list')).toContain('new    running');
    expect(holding()).toBe('overlay');
  });
});

describe('the second hypervisor, which the learner’s code makes VMs on', () => {
  test('has what was made, is empty again after a change, and hands errors on to mkdir', async () => {
    const { session, files, type } = await play();
    type('cd /testhost');
    type('mkdir vms/one');
    expect(type('ls vms; cat host')).toMatch(/one[\s\S]*vCPU 0 {2}at 0x80000000/);
    expect(type('mkdir vms/two')).toMatch(
      /is one’s[\s\S]*something of two is left behind[\s\S]*mkdir: .*File exists/,
    );
    expect(type('cat host')).toMatch(/two \(no VM yet\)[\s\S]*overlay two\.qcow2/);

    await session.saveFile('create.ts', files['solution/create.ts']!);
    expect(type('ls vms; cat host')).not.toMatch(/one|two/);
    type('mkdir vms/one vms/two');
    expect(type('cat host')).toMatch(
      /one\s[\s\S]*:01[\s\S]*0x80001000[\s\S]*two\s[\s\S]*:02[\s\S]*0x80001000/,
    );
    const refusals: readonly (readonly [string, RegExp])[] = [
      ['memory=20M', /Cannot allocate memory/],
      ['vcpus=3', /Resource temporarily unavailable/],
      ['image=gone.raw', /No such file or directory/],
      ['image=damaged.qcow2', /Input\/output error/],
      ['mac=52:54:00:00:00:02', /File exists/],
      ['colour=red', /Invalid argument/],
    ];
    const before = type('cat host').replace(/^.*\n/, '');
    for (const [line, told] of refusals) {
      type(`echo ${line} > spec`);
      expect(type('mkdir vms/three')).toMatch(told);
    }
    type('echo memory=2M > spec; echo makeDevices > fail');
    expect(type('mkdir vms/three')).toMatch(/makeDevices failed[\s\S]*Input\/output error/);
    expect(type('cat host').replace(/^.*\n/, '')).toBe(before);
    type(': > fail; mkdir vms/three; rmdir vms/one');
    expect(type('ls vms')).toMatch(/three.*two/);
    expect(type('echo giveName > fail')).toContain('Invalid argument');
  });

  test('does not harm anybody when the code does not answer', async () => {
    const { session, type } = await play();
    type('cd /testhost');
    for (const [code, told] of [
      ['export function createVm( {', /the code does not run yet/],
      ['export function createVm() { for (;;); }', /does not come to an end/],
      ['export const other = 1;', /exports no function createVm/],
      ['export function createVm() {}', /it returned, and no name was taken for x/],
      ['export function createVm(spec) { spec.nothing.here; }', /TypeError/],
    ] as const) {
      await session.saveFile('create.ts', code);
      const shown = type('mkdir vms/x');
      expect(shown).toMatch(told);
      expect(shown).toContain("mkdir: cannot create directory 'vms/x': Input/output error");
    }
    expect(type('ls vms; virsh list')).toMatch(/web {4}running/);
  });
});

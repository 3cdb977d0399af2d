/** A world is its scenario and its seed: the same twice, however its time is sliced, and nothing else. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, MILLISECOND, SECOND } from '../../src/base/index.ts';
import { createWorld, type Scenario, ScenarioError, type World } from '../../src/world/index.ts';

const scenario: Scenario = {
  hosts: [
    {
      name: 'bluebox',
      images: [{ reference: 'web:1', from: 'base:latest', layers: [{ '/srv/index.html': 'hello\n' }] }],
      files: { '/home/student/notes.txt': { content: 'read me\n', uid: 1000, gid: 1000 } },
      setup: 'mkdir -p /data; head -c 16 /dev/urandom | od -An -tx1 > /data/token || echo none > /data/token',
    },
  ],
};

/** Keys with the virtual time at which they are pressed. */
interface Press {
  readonly at: number;
  readonly keys: string;
}

const presses: readonly Press[] = [
  { at: 300 * MILLISECOND, keys: 'echo one > a; (sleep 1; echo late > b) & ' },
  { at: 340 * MILLISECOND, keys: '\r' },
  { at: 900 * MILLISECOND, keys: 'docker run web:1 cat /srv/index.html\r' },
  { at: 2300 * MILLISECOND, keys: 'yes | head -1000 | wc -l\r' },
];
const END = 4 * SECOND;

/** Types `presses` at a terminal; `slice` says how far the clock moves at a time. What was printed, and the world. */
function play(seed: string, slice: () => number): { world: World; printed: string } {
  const world = createWorld(scenario, seed);
  const start = world.now;
  let printed = '';
  const terminal = world.host('bluebox').openTerminal({
    user: 'student',
    size: { rows: 24, cols: 80 },
    onOutput: (bytes) => {
      printed += decodeUtf8(bytes);
    },
  });
  for (const { at, keys } of [...presses, { at: END, keys: '' }]) {
    while (world.now < start + at) world.run(Math.min(start + at, world.now + slice()));
    terminal.input(encodeUtf8(keys));
  }
  return { world, printed };
}

describe('determinism', () => {
  const whole = play('seed', () => END);

  test('the commands really ran', () => {
    const { view } = whole.world.host('bluebox');
    expect(decodeUtf8(view.readFile('/home/student/b') ?? new Uint8Array())).toBe('late\n');
    expect(whole.printed).toContain('hello');
    expect(whole.printed).toMatch(/^1000\r$/m);
  });

  test('the same scenario, seed and inputs give the same bytes and the same hash', () => {
    const again = play('seed', () => END);
    expect(again.printed).toBe(whole.printed);
    expect(again.world.hash()).toBe(whole.world.hash());
  });

  test('how the time is sliced makes no difference', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 9 }), (lengths) => {
        let next = 0;
        const sliced = play('seed', () => lengths[next++ % lengths.length]! * MILLISECOND);
        expect(sliced.printed).toBe(whole.printed);
        expect(sliced.world.hash()).toBe(whole.world.hash());
      }),
      { numRuns: 6 },
    );
  });

  test('another seed, another input or one nanosecond more is another world', () => {
    expect(play('other', () => END).world.hash()).not.toBe(whole.world.hash());
    const { world } = play('seed', () => END);
    const hash = world.hash();
    world.run(world.now + 1);
    expect(world.hash()).not.toBe(hash);
  });

  test('looking at a world does not change it', () => {
    const { world } = play('seed', () => END);
    const { view } = world.host('bluebox');
    const hash = world.hash();
    view.processes();
    view.readdir('/');
    view.mounts();
    view.stat('/etc/passwd');
    expect(world.hash()).toBe(hash);
  });
});

describe('scenarios', () => {
  const bare = (setup: string, name = 'bluebox'): Scenario => ({ hosts: [{ name, setup }] });

  test('setup is done, as root, before anyone logs in', () => {
    const world = createWorld(bare('id -u > /data; date +%s >> /data'), 's');
    const text = decodeUtf8(world.host('bluebox').view.readFile('/data') ?? new Uint8Array());
    expect(text.split('\n')[0]).toBe('0');
    expect(Number(text.split('\n')[1])).toBeGreaterThanOrEqual(1_767_603_600);
  });

  test('a setup that fails says which host, how, and what it printed', () => {
    const failing = () => createWorld(bare('echo before; ls /nowhere; echo never'), 's');
    expect(failing).toThrow(ScenarioError);
    expect(failing).toThrow(/setup of bluebox ended with status 2; it printed:\nbefore\nls: .*\/nowhere/);
    expect(failing).not.toThrow(/never/);
  });

  test('a setup that does not end is given up', () => {
    expect(() => createWorld(bare('sleep 1000'), 's')).toThrow(/setup of bluebox did not end within 120 s/);
  });

  test('a host that is not there is answered with those that are', () => {
    const world = createWorld({ hosts: [{ name: 'red' }, { name: 'green' }] }, 's');
    expect(world.hosts.map((host) => host.name)).toEqual(['red', 'green']);
    expect(() => world.host('blue')).toThrow('no host blue; there are red, green');
  });

  test('an image on top of one that nobody declared is refused by name', () => {
    const hosts = [{ name: 'bluebox', images: [{ reference: 'a:1', from: 'b:1', layers: [] }] }];
    expect(() => createWorld({ hosts }, 's')).toThrow(/b:1/);
  });
});

describe('the message of the day', () => {
  const motd = 'Notes are in notes.txt.\nMind the gap.\n';

  /** What a terminal shows from its login on. */
  function shown(files: Scenario['hosts'][0]['files'], keys: string, argv?: readonly string[]): string {
    const world = createWorld({ hosts: [{ name: 'bluebox', motd, files: files ?? {} }] }, 'motd');
    let printed = '';
    const terminal = world.host('bluebox').openTerminal({
      user: 'student',
      size: { rows: 24, cols: 80 },
      onOutput: (bytes) => {
        printed += decodeUtf8(bytes);
      },
      ...(argv !== undefined && { argv }),
    });
    world.run(world.now + SECOND);
    terminal.input(encodeUtf8(keys));
    world.run(world.now + SECOND);
    return printed.replaceAll('\r\n', '\n');
  }

  test('is shown at login before the first prompt, and not for a shell started there', () => {
    const printed = shown({}, 'bash\rbash -l\recho $((6 * 7))\r');
    expect(printed.startsWith(motd)).toBe(true);
    expect(printed.slice(motd.length)).toMatch(/^\x1b\S*student@bluebox/);
    expect(printed).toMatch(/^42$/m);
    expect(printed.split(motd)).toHaveLength(2);
  });

  test('is not shown with ~/.hushlogin, nor by a terminal that runs something else than the login shell', () => {
    expect(shown({ '/home/student/.hushlogin': '' }, '\r')).toMatch(/^\x1b\S*student@bluebox/);
    expect(shown({}, '', ['/usr/bin/echo', 'hello'])).toBe('hello\n');
  });

  test('that may not be read is passed over', () => {
    const printed = shown({ '/etc/motd': { content: motd, mode: 0o600 } }, '\r');
    expect(printed).toMatch(/^\x1b\S*student@bluebox/);
  });
});

describe('an error of ours in an event that belongs to no process', () => {
  const broken = (error: Error) => () => {
    throw error;
  };
  const fault = new TypeError('of ours');

  test('is passed over where somebody asked to be told, and told in dmesg; what comes after it happens', () => {
    const told: unknown[] = [];
    const world = createWorld({ hosts: [{ name: 'bluebox' }] }, 'event', (oops) => told.push(oops));
    let later = false;
    world.events.after(SECOND, broken(fault));
    world.events.after(SECOND, () => {
      later = true;
    });
    world.run(world.now + 2 * SECOND);
    expect(later).toBe(true);
    expect(told).toEqual([{ comm: null, error: fault }]);
    expect(world.runUntil(() => false, world.now + SECOND)).toBe(false);
  });

  test('is thrown where nobody asked, and so is a limit of the JavaScript engine in any case', () => {
    const alone = createWorld({ hosts: [{ name: 'bluebox' }] }, 'event');
    alone.events.after(SECOND, broken(fault));
    expect(() => alone.run(alone.now + 2 * SECOND)).toThrow('of ours');
    const world = createWorld({ hosts: [{ name: 'bluebox' }] }, 'event', () => {});
    world.events.after(SECOND, broken(new RangeError('Maximum call stack size exceeded')));
    expect(() => world.run(world.now + 2 * SECOND)).toThrow(RangeError);
  });

  test('one that comes again and again is thrown in the end: a world that only fails is none', () => {
    let times = 0;
    const world = createWorld({ hosts: [{ name: 'bluebox' }] }, 'event', () => times++);
    const again = (): void => {
      world.events.after(0, again);
      throw fault;
    };
    world.events.after(SECOND, again);
    expect(() => world.run(world.now + 2 * SECOND)).toThrow('of ours');
    expect(times).toBe(100);
  });
});

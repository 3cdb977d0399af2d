/** Sessions: what a learner does moves the world, is recorded, and leads to the same place again. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, MILLISECOND, SECOND } from '../../src/base/index.ts';
import {
  type Goal,
  parseSubmission,
  ReplayError,
  replay,
  restoreSession,
  Session,
  type Transcript,
} from '../../src/exercise/index.ts';
import type { Oops } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';
import { exerciseFile, newSession, options, restored } from '../support/exerciseSession.ts';

describe('a session', () => {
  test('the same seed and the same keys give the same world; another seed does not', async () => {
    const worlds = await Promise.all(['a', 'a', 'b'].map((seed) => newSession(seed)));
    for (const { type } of worlds) type('echo kept > ~/note; docker ps -a');
    const [first, second, other] = worlds.map(({ session }) => session.world.hash());
    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  test('the processor is given up between checks, and between the inputs of a record', async () => {
    const { session, type } = await newSession('breath');
    type('echo kept');
    let breaths = 0;
    const breathe = async () => {
      breaths += 1;
    };
    const again = await restoreSession(
      { ...(await options()), breathe, seed: 'breath' },
      session.transcript(),
    );
    expect(breaths).toBe(session.transcript().inputs.length);
    await again.judge();
    expect(breaths).toBe(session.transcript().inputs.length + session.exercise.checks.length);
  });

  test('a record leads to the same world, files, prediction and hints', async () => {
    const { session, type } = await newSession('record');
    session.predict(['volume']);
    session.openHint(1);
    await session.saveFile('overlay.ts', await exerciseFile('solution/overlay.ts'));
    type('docker ps -a; sleep 1; ls /var/lib | wc -l');
    session.resize(1, { rows: 30, cols: 100 });
    const again = (await restored(session.transcript())).session;
    expect((await again.judge()).worldHash).toBe((await session.judge()).worldHash);
    expect(again.files()).toEqual(session.files());
    expect(again.prediction).toEqual(['volume']);
    expect(again.hints()).toEqual(session.hints());
    expect(again.transcript()).toEqual(session.transcript());
  });

  test('inputs of one moment keep their order in a replay', async () => {
    const { session } = await newSession('moment');
    session.input(1, 'echo one');
    session.resize(1, { rows: 10, cols: 40 });
    session.input(1, '\r');
    session.openTerminal('bluebox', { rows: 24, cols: 80 });
    session.input(2, 'sleep 1 &\r');
    session.closeTerminal(2);
    const submission = await session.submission();
    expect((await replay(await options(), submission)).asSubmitted).toBe(true);
  });

  test('what the learner is given to read fits 79 columns', async () => {
    const { session } = await newSession('columns');
    const { view } = session.world.host('bluebox');
    for (const path of ['/home/student/README.txt', '/etc/motd']) {
      const lines = decodeUtf8(view.readFile(path) ?? new Uint8Array()).split('\n');
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.filter((line) => line.length > 79)).toEqual([]);
    }
  });

  test('a reset is the world of the beginning', async () => {
    const { session, type } = await newSession('reset');
    const fresh = await newSession('reset');
    type('docker rm -f one; echo x > ~/x');
    expect(session.world.hash()).not.toBe(fresh.session.world.hash());
    await session.reset();
    const twin = await newSession('reset');
    await twin.session.reset();
    expect(session.world.hash()).toBe(twin.session.world.hash());
    expect((await restored(session.transcript())).session.world.hash()).toBe(session.world.hash());
  });

  test('code that cannot run is said so with its place, and mended goes live', async () => {
    const { session } = await newSession('code');
    const [problem] = await session.saveFile('overlay.ts', 'export const lookup = (;\n');
    expect(problem).toMatchObject({ file: 'overlay.ts', line: 1 });
    expect(await session.saveFile('overlay.ts', await exerciseFile('starter/overlay.ts'))).toEqual([]);
    await expect(session.saveFile('other.ts', '')).rejects.toThrow('no file other.ts');
  });
});

describe('an error of the book’s own in a program', () => {
  test('ends that program; the terminal tells it, the rest goes on, and the record leads to the same score', async () => {
    const printed = { text: '' };
    const given = await options(printed);
    const broken = (world: World) => world.host('bluebox').view.stat('/home/student/broken') !== null;
    const goal: Goal = {
      ...given.exercise.goals[0]!,
      holds(world) {
        if (broken(world)) throw new TypeError('of ours');
        return true;
      },
    };
    const told: (string | null)[] = [];
    const exercise = { ...given.exercise, goals: [goal] };
    const survived = { ...given, exercise, onOops: ({ comm }: Oops) => told.push(comm) };
    const session = await Session.start({ ...survived, seed: 'oops' });
    const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
    session.input(terminal, 'touch broken\rlab status; echo $?\rrm broken; echo still here\r');
    session.advance(3 * SECOND);
    expect(told).toEqual(['lab']);
    expect(printed.text).toContain('[Virtbook] a fault of the simulation ended lab; the rest goes on');
    expect(printed.text).toMatch(/\r\n139\r\n/);
    expect(printed.text).toMatch(/\rstill here\r\n/);
    const submission = await session.submission();
    expect((await replay(survived, submission)).asSubmitted).toBe(true);
    expect(told).toEqual(['lab', 'lab']);
    await expect(replay({ ...given, exercise }, submission)).rejects.toThrow('of ours');
  });
});

describe('an error of the book’s own in an event that belongs to no program', () => {
  test('loses that event alone; terminal and dmesg tell it, and the record leads to the same score', async () => {
    const printed = { text: '' };
    const given = await options(printed);
    const goal: Goal = {
      ...given.exercise.goals[0]!,
      holds(world) {
        if (world.host('bluebox').view.stat('/home/student/broken') === null) return true;
        world.events.after(MILLISECOND, () => {
          throw new TypeError('of ours');
        });
        return false;
      },
    };
    const told: (string | null)[] = [];
    const exercise = { ...given.exercise, goals: [goal] };
    const survived = { ...given, exercise, onOops: ({ comm }: Oops) => told.push(comm) };
    const session = await Session.start({ ...survived, seed: 'event' });
    const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
    session.input(
      terminal,
      'touch broken\rlab status; lab status\rrm broken; sleep 1; dmesg | tail -n 2; echo still here\r',
    );
    session.advance(3 * SECOND);
    expect(told).toEqual([null, null]);
    const said = '[Virtbook] a fault of the simulation, in no program, was passed over; the rest goes on';
    expect(printed.text.split(said)).toHaveLength(2);
    expect(printed.text).toMatch(/Oops: TypeError\r\n/);
    expect(printed.text).toMatch(/\nstill here\r\n/);
    const submission = await session.submission();
    expect((await replay(survived, submission)).asSubmitted).toBe(true);
    await expect(replay({ ...given, exercise }, submission)).rejects.toThrow('of ours');
  });
});

describe('a terminal whose shell has ended', () => {
  const ENDED = '\n[The shell has ended. Press Enter for a new one.]\n';

  test.each(['exit', '\u0004', 'exec false', 'yes >/dev/tty & exit', 'kill -9 $$'])(
    'after %j it says so once, and Enter starts a new login shell there',
    async (end) => {
      const { session, type } = await newSession('ended');
      type('cd /tmp; here=old');
      const text = type(end);
      expect(text.endsWith(ENDED)).toBe(true);
      expect(text.split(ENDED)).toHaveLength(2);
      session.resize(1, { rows: 30, cols: 100 });
      session.input(1, 'x');
      session.advance(1);
      expect(type('')).toMatch(/student@bluebox.*\$ $/s);
      expect(session.terminals()).toEqual([{ id: 1, host: 'bluebox' }]);
      expect(type('echo "$0 $PWD [$here]"; stty size; tty')).toMatch(
        /^-bash \/home\/student \[\]\n30 100\n\/dev\/pts\/0$/m,
      );
    },
  );

  test('the message of the day is shown once in each terminal, not by a later shell there', async () => {
    const printed = { text: '' };
    const session = await Session.start({ ...(await options(printed)), seed: 'motd' });
    const count = () => printed.text.split('This is bluebox').length - 1;
    for (const [keys, expected] of [
      ['ls\r', 1],
      ['exit\r', 1],
      ['\recho again\r', 1],
    ] as const) {
      if (session.terminals().length === 0) session.openTerminal('bluebox', { rows: 24, cols: 80 });
      session.input(1, keys);
      session.advance(1_000_000_000);
      expect(count()).toBe(expected);
    }
    session.openTerminal('bluebox', { rows: 24, cols: 80 });
    session.advance(1_000_000_000);
    expect(count()).toBe(2);
  });

  test('a record of it leads to the same world', async () => {
    const { session, type } = await newSession('ended');
    type('sleep 100 &');
    type('exit');
    type('');
    type('echo kept > ~/second; exit');
    session.input(1, '\recho third > ~/third\r');
    session.advance(1_000_000_000);
    expect(session.world.host('bluebox').view.stat('/home/student/third')).not.toBeNull();
    const again = (await restored(session.transcript())).session;
    expect(again.world.hash()).toBe(session.world.hash());
    const submission = await session.submission();
    expect((await replay(await options(), submission)).asSubmitted).toBe(true);
  });

  test('one that was closed says nothing more, and takes no keys', async () => {
    const { session, type } = await newSession('ended');
    type('true');
    const opened = session.openTerminal('bluebox', { rows: 24, cols: 80 });
    session.advance(1_000_000_000);
    session.closeTerminal(opened);
    expect(type('echo still')).not.toContain('has ended');
    session.input(opened, '\r');
    expect(session.terminals()).toHaveLength(1);
  });

  test('without its user in /etc/passwd there is no new shell, and it says why', async () => {
    const { type } = await newSession('ended');
    type("docker run --rm -v /etc:/host notes:1 sed -i '/^student/d' /host/passwd; exit");
    expect(type('')).toContain('bluebox has no user student');
  });
});

describe('lab, the command', () => {
  test('lab status lists the goals and which hold now', async () => {
    const { session, type } = await newSession('lab');
    const text = type('lab status');
    const goals = session.goals();
    for (const { title, holds } of goals) expect(text).toContain(`[${holds ? 'x' : ' '}] ${title}`);
    expect(text).toContain(`${goals.filter(({ holds }) => holds).length} of ${goals.length} goals hold.`);
  });

  test('lab reset asks whoever drives the session, once; a replay does not make it up', async () => {
    const { session, type } = await newSession('lab');
    expect(session.takeResetRequest()).toBe(false);
    expect(type('lab reset')).toContain('Rebuilding the world');
    expect((await restored(session.transcript())).session.takeResetRequest()).toBe(false);
    expect(session.takeResetRequest()).toBe(true);
    expect(session.takeResetRequest()).toBe(false);
  });

  test('wrong usage is refused with what there is', async () => {
    const { type } = await newSession('lab');
    const text = type('lab undo; echo "status $?"');
    expect(text).toContain('lab: there is no command undo');
    expect(text).toContain('status 2');
  });
});

describe('a submission', () => {
  async function submitted() {
    const { session, type } = await newSession('submit');
    await session.saveFile('overlay.ts', await exerciseFile('wrong/bottom-up/overlay.ts'));
    type('docker ps');
    return session.submission();
  }

  test('replays to its own report', async () => {
    const submission = await submitted();
    const copy = parseSubmission(JSON.stringify(submission));
    const result = await replay(await options(), copy);
    expect(result).toEqual({ report: submission.report, asSubmitted: true });
  });

  test('a better report in the file changes nothing but what is said of it', async () => {
    const submission = await submitted();
    const { score } = submission.report;
    const forged = { ...submission, report: { ...submission.report, score: { ...score, points: score.of } } };
    const result = await replay(await options(), forged);
    expect(result.asSubmitted).toBe(false);
    expect(result.report.score).toEqual(score);
  });

  const changes: readonly (readonly [string, (t: Transcript) => Transcript, RegExp])[] = [
    ['another exercise', (t) => ({ ...t, exercise: 'vm-create' }), /exercise vm-create/],
    ['another version of the exercise', (t) => ({ ...t, contentHash: 'f'.repeat(64) }), /another version/],
    ['another format', (t) => ({ ...t, format: 99 as never }), /format 99/],
    ['an end before the last input', (t) => ({ ...t, end: 0 }), /before its last input/],
    ['inputs out of order', (t) => ({ ...t, inputs: [...t.inputs].reverse() }), /comes after one at/],
    [
      'an unknown input',
      (t) => ({ ...t, inputs: [...t.inputs, { at: t.end, kind: 'cheat' } as never] }),
      /unknown kind/,
    ],
  ];
  test.each(changes)('with %s is refused in words', async (_name, change, message) => {
    const { transcript } = await submitted();
    await expect(restored(change(transcript))).rejects.toThrow(message);
    await expect(restored(change(transcript))).rejects.toBeInstanceOf(ReplayError);
  });

  test('a record that was changed after the digest was made is refused', async () => {
    const submission = await submitted();
    const changed = { ...submission, transcript: { ...submission.transcript, seed: 'other' } };
    await expect(replay(await options(), changed)).rejects.toThrow('the file was changed or cut off');
  });

  test.each(['', '{', '[]', 'null', '{"transcript":{}}'])('the file %j is no submission', (text) => {
    expect(() => parseSubmission(text)).toThrow(/This is no submission/);
  });
});

/** The overlay explorer's model: what each step shows, against what overlayfs.rst says; time travel; agreement of its HTML. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cell,
  layerNames,
  type Operation,
  Player,
  paths,
  renderAccount,
  renderTable,
  summary,
  walkThrough,
} from '../../src/figures/overlay/index.ts';

/** A cell in one word: a file by its content. */
const word = (cell: Cell): string => (cell.kind === 'file' ? cell.content : cell.kind);

/** One row as `merged | upper | app | base`. */
function rowOf(player: Player, path: string): string {
  const row = player.frame.rows.find((candidate) => candidate.path === path)!;
  return [row.merged, ...row.layers].map(word).join(' | ').replaceAll('\n', ' ').replace(/ +/g, ' ').trim();
}

function played(steps: number): Player {
  const player = new Player();
  player.replay(walkThrough.slice(0, steps));
  return player;
}

describe('the walk-through', () => {
  test.each([
    ['at the start the upper directory is empty', 0, '/etc/motd', 'Welcome! | absent | absent | Welcome!'],
    [
      'a layer hides the file of the one below',
      0,
      '/etc/shop.conf',
      'port=8080 | absent | port=8080 | port=80',
    ],
    ['reading copies nothing', 2, '/etc/motd', 'Welcome! | absent | absent | Welcome!'],
    [
      'appending copies the whole file up',
      3,
      '/etc/motd',
      'Welcome! Closed today | Welcome! Closed today | absent | Welcome!',
    ],
    ['… and its directory', 3, '/etc', 'directory | directory | directory | directory'],
    ['a new file is made in the upper directory', 5, '/srv/note.txt', 'draft | draft | absent | absent'],
    ['deleting leaves a whiteout', 6, '/etc/shop.conf', 'absent | whiteout | port=8080 | port=80'],
    ['deleting a tree ends in one whiteout', 8, '/srv', 'absent | whiteout | directory | directory'],
    ['… which takes the new files with it', 8, '/srv/note.txt', 'absent | absent | absent | absent'],
    ['a directory made anew is opaque', 9, '/srv', 'directory | opaque | directory | directory'],
    ['… and hides what was below', 9, '/srv/index.html', 'absent | absent | Our shop | It works!'],
    ['the next container starts clean', 11, '/etc/motd', 'Welcome! | absent | absent | Welcome!'],
    ['… in every row', 11, '/srv', 'directory | absent | directory | directory'],
  ])('%s', (_, steps, path, row) => {
    expect(rowOf(played(steps), path)).toBe(row);
  });

  test.each([
    [1, 'Look-up of /etc/motd: layer app has nothing, layer base has a file; the search ends there.'],
    [2, 'Look-up of /etc/shop.conf: layer app has a file; the search ends there.'],
    [3, 'Copy-up of /etc/motd: the whole file, 9 bytes, is copied from layer base to the upper directory.'],
    [4, 'Look-up of /etc/motd: the upper directory has a file; the search ends there.'],
    [6, 'A whiteout for /etc/shop.conf is put into the upper directory.'],
    [
      7,
      'Listing of /etc: motd from the upper directory; the upper directory hides shop.conf of layer app, motd of layer base and shop.conf of layer base.',
    ],
    [9, 'The directory /srv of the upper directory is marked as opaque.'],
    [10, 'Listing of /srv: no names.'],
    [11, 'The upper directory is deleted, with 35 bytes of content in it.'],
  ])('step %i tells: %s', (step, sentence) => {
    expect(played(step).frame.events).toContain(sentence);
  });

  test('the second write to a file copies nothing', () => {
    expect(played(4).frame.events.join()).not.toContain('Copy-up');
  });

  test.each([
    [1, 'Welcome!\n'],
    [2, 'port=8080\n'],
    [7, 'motd'],
    [10, ''],
  ])('step %i prints %j', (step, output) => {
    expect(played(step).frame.output).toBe(output);
  });

  test('never changes a layer of the image', () => {
    const layers = (player: Player) => player.frame.rows.map((row) => row.layers.slice(1));
    const player = new Player();
    const before = layers(player);
    for (const step of walkThrough) {
      player.forward(step);
      expect(layers(player)).toEqual(before);
    }
  });
});

describe('errors are the real tools’', () => {
  test.each<[Operation, string]>([
    [{ kind: 'read', path: '/srv/note.txt' }, 'cat: /srv/note.txt: No such file or directory'],
    [{ kind: 'read', path: '/srv' }, 'cat: /srv: Is a directory'],
    [{ kind: 'list', path: '/srv/note.txt' }, "ls: cannot access '/srv/note.txt': No such file or directory"],
    [{ kind: 'remove', path: '/srv' }, "rm: cannot remove '/srv': Is a directory"],
    [{ kind: 'makeDirectory', path: '/etc' }, "mkdir: cannot create directory '/etc': File exists"],
    [{ kind: 'write', path: '/etc', text: 'x\n' }, 'bash: /etc: Is a directory'],
  ])('%j', (operation, output) => {
    const player = new Player();
    player.act(operation);
    expect(player.frame.output).toBe(output);
  });
});

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('read', 'list', 'remove', 'removeTree', 'makeDirectory'),
    path: fc.constantFrom(...paths),
  }),
  fc.record({
    kind: fc.constantFrom('write', 'append'),
    path: fc.constantFrom(...paths),
    text: fc.constant('a line\n'),
  }),
  fc.constant({ kind: 'replaceContainer' } as const),
);

describe('whatever a reader does', () => {
  test('going back gives exactly the state before, and layers stay as they are', () => {
    fc.assert(
      fc.property(fc.array(anyOperation, { minLength: 1, maxLength: 12 }), (operations) => {
        const player = new Player();
        const frames = [player.frame];
        for (const operation of operations) {
          player.act(operation);
          frames.push(player.frame);
        }
        for (const frame of frames.slice(0, -1).reverse()) {
          player.back();
          expect(player.frame).toEqual(frame);
        }
        expect(player.before).toBeNull();
        const image = frames.map(({ rows }) => rows.map(({ layers }) => layers.slice(1)));
        for (const layers of image) expect(layers).toEqual(image[0]);
      }),
      { numRuns: 60 },
    );
  });

  test('what the container sees is what the layers named as its source have', () => {
    fc.assert(
      fc.property(fc.array(anyOperation, { maxLength: 12 }), (operations) => {
        const player = new Player();
        for (const operation of operations) player.act(operation);
        for (const { merged, layers, shownFrom } of player.frame.rows) {
          const top = layers[shownFrom[0] ?? -1];
          if (merged.kind === 'absent') expect(shownFrom).toEqual([]);
          else if (merged.kind === 'file') expect(merged).toEqual(top);
          else expect(['directory', 'opaque']).toContain(top?.kind);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('HTML', () => {
  test('the table names every path and every directory, and marks what is hidden and new', () => {
    const player = played(6);
    const html = renderTable(player.frame, player.before);
    for (const name of ['shop.conf', 'Upper directory', 'Layer app', 'Layer base', ', hidden', ', new']) {
      expect(html).toContain(name);
    }
    expect(html.match(/<tr class/g)).toHaveLength(paths.length);
    expect(layerNames).toHaveLength(3);
  });

  test('what is typed cannot become markup', () => {
    const player = new Player();
    player.act({ kind: 'append', path: '/etc/motd', text: '<img src=x>&"\n' });
    const html = renderTable(player.frame, player.before) + renderAccount(player.frame);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x&gt;&amp;&quot;');
  });

  test('the line for a screen reader says the step, the command and what was done', () => {
    expect(summary(played(0).frame, 0)).toBe('Start: nothing has been done in the container yet.');
    const line = summary(played(6).frame, 6);
    expect(line).toMatch(/^Step 6: rm \/etc\/shop\.conf\. .* A whiteout for \/etc\/shop\.conf is put/);
    expect(line).not.toContain('Look-up');
  });
});

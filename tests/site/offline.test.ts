/** The service worker: what it stores, what it answers, whose version. And what the build writes of it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeServiceWorker } from '../../src/site/integrations/offline.ts';
import { browserAt } from '../support/workerScope.ts';

const FIRST = { '': 'start 1', 'part/': 'part 1', '_astro/lab-a.js': 'lab 1', 'pagefind/x.json': 'index' };
const FAR = 'https://book.example';

async function visited(origin = FAR) {
  const browser = browserAt(origin, { ...FIRST });
  const worker = browser.worker();
  await worker.install();
  await worker.activate();
  browser.fetched.length = 0;
  return { browser, worker };
}

/** Another build: the pages have changed, the script has another name. */
function deploy(browser: ReturnType<typeof browserAt>): void {
  delete browser.files['_astro/lab-a.js'];
  Object.assign(browser.files, { '': 'start 2', 'part/': 'part 2', '_astro/lab-b.js': 'lab 2' });
}

describe('storing', () => {
  test('everything is stored, and the page of the first visit taken over', async () => {
    const { browser, worker } = await visited();
    expect(browser.stored()).toEqual(Object.keys(FIRST).sort());
    expect(worker.claimed).toBe(1);
    expect(await worker.ask('state')).toEqual({ stored: 4, of: 4 });
  });

  test('one file that cannot be had, and the worker is not installed; the next attempt fetches the rest only', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    const worker = browser.worker();
    delete browser.files['_astro/lab-a.js'];
    await expect(worker.install()).rejects.toThrow('_astro/lab-a.js: the server answered 404');
    browser.files['_astro/lab-a.js'] = FIRST['_astro/lab-a.js'];
    browser.fetched.length = 0;
    await worker.install();
    expect(browser.fetched).toEqual(['/_astro/lab-a.js', '/pagefind/x.json']);
  });

  test('files of another build are not taken for those of this one', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    const worker = browser.worker();
    browser.files['part/'] = 'part 2';
    await expect(worker.install()).rejects.toThrow('Failed to fetch');
    expect(browser.stored()).not.toContain('part/');
  });

  test('a disk that is nearly full is left to the learner’s work', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    browser.free = 50e6;
    await expect(browser.worker().install()).rejects.toThrow('no room');
    expect(browser.stored()).toEqual([]);
  });

  test('a browser that does not say how much room there is stores everything', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    browser.free = null;
    await browser.worker().install();
    expect(browser.stored()).toEqual(Object.keys(FIRST).sort());
  });

  test('a pause interrupts what is being fetched and ends when it is said, or by itself', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    const worker = browser.worker();
    browser.slow = true;
    const installed = worker.install();
    await expect.poll(() => browser.fetched).toEqual(['/']);
    browser.slow = false;
    await worker.ask('pause');
    await worker.ask('state');
    expect(browser.fetched).toEqual(['/']);
    await worker.ask('resume');
    await installed;
    expect(browser.fetched).toEqual(['/', '/', '/part/', '/_astro/lab-a.js', '/pagefind/x.json']);

    await worker.ask('pause');
    browser.cache.entries.clear();
    const storing = worker.ask('store');
    for (const task of browser.timers) task();
    await storing;
    expect(await worker.ask('state')).toEqual({ stored: 4, of: 4 });
  });

  test('where the browser’s storage is damaged, the network alone answers', async () => {
    const { browser, worker } = await visited();
    browser.damaged = true;
    expect(await worker.get('part/', 'navigate')).toBe('part 1');
    expect(await worker.get('_astro/lab-a.js')).toBe('lab 1');
    browser.files['_astro/lab-b.js'] = 'lab 2';
    expect(await worker.get('_astro/lab-b.js')).toBe('lab 2');
  });

  test('who saves data stores what they visit, and all of it once they do not', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    browser.saveData = true;
    const worker = browser.worker();
    await worker.install();
    await worker.activate();
    expect(browser.fetched).toEqual([]);
    expect(await worker.get('part/', 'navigate')).toBe('part 1');
    await worker.ask('store');
    expect(await worker.ask('state')).toEqual({ stored: 1, of: 4 });
    browser.status = null;
    expect(await worker.get('part/', 'navigate')).toBe('part 1');
    await expect(worker.get('', 'navigate')).rejects.toThrow('Failed to fetch');
    browser.status = 200;
    browser.saveData = false;
    await worker.ask('store');
    expect(await worker.ask('state')).toEqual({ stored: 4, of: 4 });
  });

  test('what is not stored and has changed on the server is shown as it is there, and not stored', async () => {
    const browser = browserAt(FAR, { ...FIRST });
    browser.saveData = true;
    const worker = browser.worker();
    await worker.install();
    deploy(browser);
    expect(await worker.get('part/', 'navigate')).toBe('part 2');
    expect(browser.stored()).toEqual([]);
  });
});

describe('answering', () => {
  test('without a network everything is there, whatever follows the question mark', async () => {
    const { browser, worker } = await visited();
    browser.status = null;
    expect(await worker.get('', 'navigate')).toBe('start 1');
    expect(await worker.get('part/?from=course', 'navigate')).toBe('part 1');
    expect(await worker.get('pagefind/x.json?ts=1')).toBe('index');
    expect(await worker.get('part', 'navigate')).toBe(`to ${FAR}/part/`);
    await expect(worker.get('_astro/none.js')).rejects.toThrow('Failed to fetch');
  });

  test('with one, code does not wait for it', async () => {
    const { browser, worker } = await visited();
    expect(await worker.get('_astro/lab-a.js')).toBe('lab 1');
    expect(await worker.get('pagefind/x.json')).toBe('index');
    expect(browser.fetched).toEqual([]);
  });

  test('a page is the server’s, unless that is in trouble or lets the reader wait', async () => {
    const { browser, worker } = await visited();
    browser.files['part/'] = 'part 2';
    expect(await worker.get('part/', 'navigate')).toBe('part 2');
    browser.status = 503;
    expect(await worker.get('part/', 'navigate')).toBe('part 1');
    browser.slow = true;
    const page = worker.get('part/', 'navigate');
    await expect.poll(() => browser.timers.length).toBeGreaterThan(0);
    for (const task of browser.timers) task();
    expect(await page).toBe('part 1');
  });

  test('on the reader’s own machine all but code is the server’s, however long it takes', async () => {
    const { browser, worker } = await visited('http://localhost:4321');
    browser.files['pagefind/x.json'] = 'new index';
    expect(await worker.get('pagefind/x.json')).toBe('new index');
    expect(await worker.get('_astro/lab-a.js')).toBe('lab 1');
    expect(browser.timers).toEqual([]);
    browser.status = null;
    expect(await worker.get('pagefind/x.json')).toBe('index');
  });

  test('other sites, other methods and pages that are not the book’s are left to the browser', async () => {
    const { worker } = await visited();
    expect(await worker.get('part/', 'navigate', 'POST')).toBeNull();
    expect(await worker.get('elsewhere/', 'navigate')).toBeNull();
    expect(await worker.get('constructor', 'navigate')).toBeNull();
  });
});

describe('a new version', () => {
  test('is stored beside the old one, which goes on answering its pages', async () => {
    const { browser, worker } = await visited();
    deploy(browser);
    await browser.worker().install();
    expect(await worker.get('_astro/lab-a.js')).toBe('lab 1');
    // A page of the new version that the old worker answers for.
    browser.status = null;
    expect(await worker.get('_astro/lab-b.js')).toBe('lab 2');
  });

  test('is shown without a network as soon as it is complete, and not before', async () => {
    const { browser, worker } = await visited();
    deploy(browser);
    await browser.worker().install();
    browser.status = null;
    expect(await worker.get('part/', 'navigate')).toBe('part 1');
    browser.waiting = {};
    expect(await worker.get('part/', 'navigate')).toBe('part 2');
  });

  test('takes the place of the old one when that is no longer used', async () => {
    const { browser } = await visited();
    deploy(browser);
    const next = browser.worker();
    await next.install();
    // Only what has changed was fetched.
    expect(browser.fetched).not.toContain('/pagefind/x.json');
    await next.activate();
    expect(browser.stored()).toEqual(['', '_astro/lab-b.js', 'pagefind/x.json', 'part/']);
    expect([...browser.cache.entries.values()]).not.toContain('part 1');
  });
});

test('the build writes a script that keeps every file a page may ask for', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'virtbook-built-'));
  try {
    for (const file of [
      ...['index.html', '404.html', 'part/index.html', '_astro/a.js', 'sw.js'],
      ...['pagefind/pagefind.js', 'pagefind/pagefind-ui.js', 'pagefind/pagefind-worker.js'],
    ]) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), file);
    }
    expect(await writeServiceWorker(root)).toEqual({ files: 5, bytes: 10 + 15 + 11 + 20 + 27 });
    const scope = { location: { href: `${FAR}/base/sw.js` }, listeners: [] as string[] };
    const addEventListener = (type: string) => scope.listeners.push(type);
    new Function('self', readFileSync(path.join(root, 'sw.js'), 'utf8'))({ ...scope, addEventListener });
    expect(scope.listeners).toEqual(['install', 'activate', 'fetch', 'message']);
    expect(readFileSync(path.join(root, 'sw.js'), 'utf8')).toMatch(
      /keepBook\(self, \{"_astro\/a\.js":"[\w+/=]{44}","":"[^"]*","pagefind\/pagefind-worker\.js":/,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

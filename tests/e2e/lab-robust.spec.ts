/** What goes wrong around the lab: a stuck world, a reload, a second tab, full, damaged or missing storage. The learner's work survives. */
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import {
  EXERCISE,
  labOf,
  labReady,
  openLab,
  plainEditor,
  reopenLab,
  run,
  SLOW,
  screen,
  startButton,
  stored,
} from '../support/labBrowser.ts';
import { CONTAINERS } from '../support/siteBrowser.ts';

test.describe.configure({ timeout: 120_000 });
test.use({ trace: 'on-first-retry' });

/** What a download holds, as text. */
async function downloaded(page: Page, press: () => Promise<void>): Promise<string> {
  const waiting = page.waitForEvent('download');
  await press();
  return readFileSync(await (await waiting).path(), 'utf8');
}

test('code that never ends is stopped by its budget, and the world goes on', async ({ page }) => {
  const lab = await openLab(page);
  const box = await plainEditor(page);
  await box.fill(`for (;;) {}\n${await box.inputValue()}`);
  await run(page, 'echo still here', /still here\s*student@/);
  await expect(lab.locator('.vb-problems')).toContainText('overlay.ts, line 1', { timeout: SLOW });
  await expect(lab).toHaveAttribute('data-state', 'ready');
});

for (const script of ['host', 'serve', 'exercise'])
  test(`a script of the world that cannot be fetched (${script}) is told, and fetched again when the reader asks`, async ({
    page,
  }) => {
    const scripts = new RegExp(`/_astro/${script}-[^/]*\\.js$`);
    await page.route(scripts, (route) => route.abort());
    await page.goto(CONTAINERS);
    const refused = page.waitForEvent('requestfailed', (request) => scripts.test(request.url()));
    await startButton(page).click();
    await refused;
    const lab = labOf(page);
    await expect(lab).toHaveAttribute('data-state', 'failed', { timeout: SLOW });
    await expect(lab.locator('[data-notice=failed]')).toContainText(
      /The world of this exercise stopped: .* could not be fetched\. Your code is safe/,
    );
    await page.unroute(scripts);
    await lab.getByRole('button', { name: 'Start the world again' }).click();
    await labReady(page);
  });

test('a stuck world is replaced; terminal history and code survive', async ({ page }) => {
  // The first worker hangs in a native loop, out of every budget's reach, once a file with this word is taken over.
  const hang =
    "addEventListener('message', ({ data }) => { if (JSON.stringify(data).includes('hang-here')) for (;;) ; });\n";
  let workers = 0;
  await page.route(/\/host-[^/]*\.js$/, async (route) => {
    workers += 1;
    if (workers > 1) return route.fallback();
    const response = await route.fetch();
    await route.fulfill({ response, body: hang + (await response.text()) });
  });
  const lab = await openLab(page);
  await run(page, 'echo before >note; cat note', /before\s*student@/);
  const box = await plainEditor(page);
  const text = `// hang-here\n${await box.inputValue()}`;
  await box.fill(text);
  await box.press('Control+s');
  await expect(lab.locator('[data-notice=slow]')).toContainText('your code is safe', { timeout: SLOW });
  await expect(lab.locator('[data-notice=replaced]')).toContainText('Your code is untouched', {
    timeout: SLOW,
  });
  expect(workers).toBe(2);
  await labReady(page);
  await expect(box).toHaveValue(text);
  await expect(screen(page)).toContainText('echo before >note');
  await run(page, 'wc -c note', /7 note/);
});

test('a reload finds code, terminal history and files of the world again', async ({ page }) => {
  await openLab(page);
  await run(page, 'echo kept >note; cat note', /kept\s*student@/);
  const box = await plainEditor(page);
  const text = `// mine\n${await box.inputValue()}`;
  await box.fill(text);
  await run(page, 'echo two', /two\s*student@/);
  const enters = (work: unknown) => JSON.stringify(work)?.split(String.raw`"data":"\r"`).length - 1;
  await stored(page, (work) => work?.files['overlay.ts'] === text && enters(work) === 2);
  // What is typed last is kept, too: nothing is written to the database while a page is left.
  const last = `${text}// last\n`;
  await box.fill(last);
  await reopenLab(page);
  await expect(screen(page)).toContainText('echo kept >note');
  await expect(page.locator('.vb-code-box')).toHaveValue(last, { timeout: SLOW });
  await run(page, 'wc -c note', /5 note/);
  await stored(page, (work) => work?.files['overlay.ts'] === last);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /unsaved/.test(key)))).toEqual(
    [],
  );
});

test('a line that is typed as the page is left is typed again at the next opening', async ({ page }) => {
  await openLab(page);
  await run(page, 'echo before', /before\s*student@/);
  await stored(page, (work) => JSON.stringify(work)?.includes(String.raw`"data":"\r"`) === true);
  await page.keyboard.type('echo last >last; wc -c last');
  await page.keyboard.press('Enter');
  // A page that needs no server is there at once: the world's record has no time to come.
  await page.goto('about:blank');
  await openLab(page);
  await expect(screen(page)).toContainText(/5 last\s*student@/, { timeout: SLOW });
});

test('a second tab only shows the code until it takes over; then the first one only shows it', async ({
  page,
  context,
}) => {
  const lab = await openLab(page);
  const box = await plainEditor(page);
  const text = `// mine\n${await box.inputValue()}`;
  await box.fill(text);
  await stored(page, (work) => work?.files['overlay.ts'] === text);
  await lab.locator('[data-action=skip-prediction]').click();
  await lab.locator('[data-primary=check]').click();
  await downloaded(page, () => lab.locator('[data-action=submit]').click());
  await expect(lab.locator('[data-notice=submitted]')).toContainText('It is also kept below');
  const second = await context.newPage();
  await second.goto(CONTAINERS);
  await startButton(second).click();
  await expect(labOf(second)).toHaveAttribute('data-state', 'read-only', { timeout: SLOW });
  await expect(second.locator('.vb-code-box')).toHaveValue(text, { timeout: SLOW });
  await expect(second.locator('.vb-code-box')).toHaveAttribute('readonly', '');
  await expect(labOf(second).locator('h2')).toHaveText('Where a container’s bytes go');
  await expect(labOf(second).locator('[data-attempt]')).toContainText('Attempt 1: ');
  await expect(labOf(second).locator('.vb-editor .vb-hint-line')).toContainText('only shown here');
  await second.getByRole('button', { name: 'Use it here' }).click();
  await labReady(second);
  await expect(second.locator('.vb-code-box')).toHaveValue(text);
  await expect(second.locator('.vb-code-box')).not.toHaveAttribute('readonly', '');
  await expect(labOf(page)).toHaveAttribute('data-state', 'read-only');
  await expect(page.locator('[data-notice=tab]')).toContainText('another tab');
  await page.getByRole('button', { name: 'Use it here' }).click();
  await labReady(page);
  await expect(box).toHaveValue(text);
});

test('full storage is told, with a way to save everything; room again is used at once', async ({ page }) => {
  await page.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name === 'work' && document.documentElement.dataset.quota !== 'room')
        throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, given);
    };
  });
  const lab = await openLab(page);
  const box = await plainEditor(page);
  const text = `// mine\n${await box.inputValue()}`;
  await box.fill(text);
  const notice = lab.locator('[data-notice=storage]');
  await expect(notice).toContainText('no room left', { timeout: SLOW });
  const file = await downloaded(page, () => notice.getByRole('button', { name: 'Export' }).click());
  expect(JSON.parse(file).work.files['overlay.ts']).toBe(text);
  await expect(box).toHaveValue(text);
  await page.evaluate(() => {
    document.documentElement.dataset.quota = 'room';
  });
  await box.fill(`${text}// more\n`);
  await stored(page, (work) => work?.files['overlay.ts'] === `${text}// more\n`);
});

test('damaged stored work is set aside whole, and what can be read of the code is kept', async ({ page }) => {
  await openLab(page);
  const box = await plainEditor(page);
  await box.fill('// mine');
  await stored(page, (work) => work?.files['overlay.ts'] === '// mine');
  await page.goto('/');
  await page.evaluate(damage, { id: EXERCISE, seed: 7 });
  await page.goto(CONTAINERS);
  await startButton(page).click();
  const lab = await labReady(page);
  const notice = lab.locator('[data-notice=aside]');
  await expect(notice).toContainText('its seed is missing');
  await expect(page.locator('.vb-code-box')).toHaveValue('// mine', { timeout: SLOW });
  const file = await downloaded(page, () => notice.getByRole('button', { name: 'Download' }).click());
  expect(JSON.parse(file)[0].record).toMatchObject({ seed: 7, files: { 'overlay.ts': '// mine' } });
});

test('a session record that leads elsewhere is set aside, and the code is kept', async ({ page }) => {
  await openLab(page);
  const box = await plainEditor(page);
  await box.fill('// mine');
  await stored(page, (work) => work?.files['overlay.ts'] === '// mine');
  await page.goto('/');
  const inputs = [{ kind: 'input', at: 0, terminal: 99, data: 'x' }];
  await page.evaluate(damage, { id: EXERCISE, inputs });
  await page.goto(CONTAINERS);
  await startButton(page).click();
  const lab = await labReady(page);
  await expect(lab.locator('[data-notice=aside]')).toContainText('could not be continued');
  await expect(page.locator('.vb-code-box')).toHaveValue('// mine', { timeout: SLOW });
});

test('without any storage everything works, and the reader is told that nothing is kept', async ({
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  const lab = await openLab(page);
  const notice = lab.locator('[data-notice=storage]');
  await expect(notice).toContainText('only while this page is open');
  await run(page, 'echo works >note; cat note', /works\s*student@/);
  const box = await plainEditor(page);
  await box.fill('// mine');
  const file = await downloaded(page, () => notice.getByRole('button', { name: 'Export' }).click());
  expect(JSON.parse(file).work.files['overlay.ts']).toBe('// mine');
});

interface Damage {
  readonly id: string;
  readonly seed?: number;
  readonly inputs?: readonly unknown[];
}

/** Runs in the page: puts a wrong seed, or wrong inputs of the session, into the stored work. */
function damage({ id, seed, inputs }: Damage): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('virtbook-lab');
    opening.onsuccess = () => {
      const store = opening.result.transaction('work', 'readwrite').objectStore('work');
      const reading = store.get(id);
      reading.onsuccess = () => {
        const work = reading.result;
        if (seed !== undefined) work.seed = seed;
        if (inputs !== undefined) work.transcript.inputs = inputs;
        const writing = store.put(work, id);
        writing.onsuccess = () => resolve(opening.result.close());
        writing.onerror = () => reject(writing.error);
      };
    };
  });
}

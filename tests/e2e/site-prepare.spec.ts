/** The exercise gets ready while its question is read: never before the reader has touched the page, and not where they save data. */
import { expect, type Page, test } from '@playwright/test';
import { labReady, openLab, run, screen, startButton, stored } from '../support/labBrowser.ts';
import { CONTAINERS } from '../support/siteBrowser.ts';

/** The page, scrolled to the exercise by its address as a browser does it. */
async function atTheCard(page: Page): Promise<string[]> {
  const workers: string[] = [];
  page.on('worker', (worker) => workers.push(worker.url()));
  await page.goto(`${CONTAINERS}#exercise-container-disk-write`, { waitUntil: 'networkidle' });
  await page.locator('[data-start]').scrollIntoViewIfNeeded();
  await page.waitForTimeout(1000);
  return workers;
}

test('a page that nobody has touched prepares nothing; a touched one does, and the exercise opens in it', async ({
  page,
}) => {
  const workers = await atTheCard(page);
  expect(workers).toHaveLength(0);
  await page.mouse.move(300, 300);
  await expect.poll(() => workers.length).toBe(1);
  await page.locator('[data-start]').click();
  await expect(page.locator('.vb-terminal[data-prompt-ready]')).toBeVisible({ timeout: 20_000 });
  expect(workers).toHaveLength(1);
});

test('who comes by a link to the exercise, and touches the page, may press at once: nothing is waited for', async ({
  page,
}) => {
  await page.clock.install();
  const workers = await atTheCard(page);
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await page.mouse.move(300, 300);
  // The page is drawn meanwhile; its timers are not.
  await page.waitForTimeout(300);
  await page.clock.runFor(20);
  await expect.poll(() => workers.length).toBe(1);
});

test('where the reader saves data nothing is prepared', async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
  );
  const workers = await atTheCard(page);
  await page.mouse.move(10, 10);
  await page.waitForTimeout(1000);
  expect(workers).toHaveLength(0);
});

/** Exercises whose worlds are there or are being built, by the names of their workers. */
const prepared = (page: Page): Promise<string[]> =>
  Promise.all(
    page
      .workers()
      .map((worker) => worker.evaluate(() => (globalThis as { name?: string }).name?.split(':')[1] ?? '')),
  ).catch(() => []);

test('of several exercises of a page the one is ready that is being read, also when the reader comes back to it', async ({
  page,
}) => {
  await page.goto('/virtualization/virtual-machines/', { waitUntil: 'networkidle' });
  const readQuestion = (id: string) =>
    page.locator(`#exercise-${id}-title`).evaluate((title) => title.scrollIntoView({ block: 'center' }));
  await page.mouse.move(300, 300);
  for (const id of ['vm-isolation', 'vm-disk-write', 'vm-isolation']) {
    await readQuestion(id);
    await expect.poll(() => prepared(page)).toEqual([id]);
  }
});

test('work that was begun is made ready, too, and goes on where it was; also after the page has cleared up its memory', async ({
  page,
}) => {
  await openLab(page);
  await run(page, 'echo kept$((40 + 2))', /kept42/);
  await stored(page, (work) => JSON.stringify(work).includes(String.raw`"data":"\r"`));
  await page.reload();
  await startButton(page).scrollIntoViewIfNeeded();
  await page.mouse.move(300, 300);
  await expect.poll(() => page.workers().length).toBe(1);
  // Nobody outside can see the record being read and replayed.
  await page.waitForTimeout(1500);
  const inspector = await page.context().newCDPSession(page);
  await inspector.send('HeapProfiler.collectGarbage');
  await startButton(page).click();
  await labReady(page);
  await expect(screen(page)).toContainText('kept42');
});

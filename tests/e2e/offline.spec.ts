/** The book without a network, after one visit; and what a new version does to a lab that is open. The server really falls silent. */
import { expect, type Page, test } from '@playwright/test';
import { serveBook } from '../support/bookServer.ts';
import { labOf, labReady, run, SLOW, screen, startButton } from '../support/labBrowser.ts';
import { CONTAINERS, collectErrors, neverIdle } from '../support/siteBrowser.ts';

test.use({ serviceWorkers: 'allow', viewport: { width: 1440, height: 900 } });
test.describe.configure({ timeout: 120_000 });

/** Checks the code as it is and submits; the editor is there, too. */
async function checkAndSubmit(page: Page): Promise<void> {
  const lab = labOf(page);
  await expect(lab.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: SLOW });
  await lab.locator('[data-action=skip-prediction]').click();
  await lab.locator('[data-primary=check]').click();
  await expect(lab.locator('.vb-score')).toBeVisible({ timeout: SLOW });
  const downloading = page.waitForEvent('download');
  await lab.locator('[data-action=submit]').click();
  expect((await downloading).suggestedFilename()).toMatch(/^container-disk-write-.*\.virtbook\.json$/);
}

test('after one visit of one page everything goes on without a network: pages, search, a lab, its editor, checks, submission', async ({
  page,
}) => {
  await using book = await serveBook();
  await page.addInitScript(neverIdle);
  await page.goto(book.address);
  const state = page.locator('[data-offline]');
  await expect(state).toHaveAttribute('data-offline', 'whole', { timeout: SLOW });
  await expect(state).toHaveText(/^In this browser the whole book is stored\.$/, { useInnerText: true });

  await book.stop();
  await expect(page.evaluate(() => fetch('/not-in-the-book'))).rejects.toThrow(/Failed to fetch/);
  const errors = collectErrors(page);
  await page.keyboard.press('Control+k');
  await page.locator('dialog input').first().fill('whiteout');
  await page.locator(`dialog .pagefind-ui__result-link[href^="${CONTAINERS}"]`).first().click();
  await expect(page).toHaveURL(new RegExp(CONTAINERS));
  await page.locator('overlay-explorer').getByRole('button', { name: 'Next step' }).click();
  await expect(page.locator('overlay-explorer [data-position]')).toHaveText('Step 1 of 11');
  await startButton(page).click();
  const lab = await labReady(page);
  await run(page, 'docker diff two', /D \/srv\/old\.html/);
  await checkAndSubmit(page);
  await lab.locator('[data-action=shortcuts]').click();
  await expect(page.getByRole('dialog')).toContainText('In this browser the whole book is stored.');
  expect(errors).toEqual([]);
});

test('a lab goes on in its version when a new one is deployed; the next visit has the new one, then without a network, too', async ({
  context,
}) => {
  await using book = await serveBook();
  const page = await context.newPage();
  await page.goto(book.address + CONTAINERS);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await startButton(page).click();
  await labReady(page);

  await book.deployNext();
  const waits = await page.evaluate(async () => {
    const registration = (await navigator.serviceWorker.getRegistration())!;
    await registration.update();
    const next = registration.installing ?? registration.waiting!;
    while (next.state === 'installing')
      await new Promise((resolve) => next.addEventListener('statechange', resolve, { once: true }));
    // One that does not wait takes over within this time.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return next === registration.waiting;
  });
  expect(waits).toBe(true);
  // The code of commands, editor and checks is asked for only now, and no server has it any more.
  await run(page, 'docker diff two', /D \/srv\/old\.html/);
  await checkAndSubmit(page);

  const second = await context.newPage();
  await second.goto(book.address + CONTAINERS);
  await expect(second.locator('html')).toHaveAttribute('data-edition', '2');
  await page.close();
  await second.close();
  await book.stop();
  const third = await context.newPage();
  await third.goto(book.address + CONTAINERS);
  await expect(third.locator('html')).toHaveAttribute('data-edition', '2');
  await startButton(third).click();
  await labReady(third);
  await expect(screen(third)).toContainText('docker diff two');
  await run(third, 'docker diff one', /A \/srv\/draft\.txt/);
});

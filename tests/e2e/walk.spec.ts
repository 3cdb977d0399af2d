/**
 * The main job, once through: read, open, predict, type in the terminal, edit, fail a check with feedback, mend, pass, submit; and the
 * submission replays in Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { CONTAINERS } from '../support/siteBrowser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/container-disk-write/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto(CONTAINERS);
  await page.locator('exercise-card').getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
}

/** Where the panes do not all fit, one is chosen by its tab. */
async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = page.locator('[data-virtbook-lab]').getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Types a command and waits for its output's last line. */
async function run(page: Page, command: string, shown: RegExp): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type(command);
  await page.keyboard.press('Enter');
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: 15_000 });
}

/** Replaces the learner's file as by pasting. */
async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

test('read, try, write, check, mend, submit, replay', async ({ page, context }, info) => {
  test.setTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);

  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByRole('checkbox', { name: /data\/journal/ }).check();
  await lab.getByRole('checkbox', { name: /shared\/hello/ }).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'docker diff two', /D \/srv\/old\.html/);
  await run(
    page,
    'docker rm -f one && docker run -d --name one -v journal:/data notes:1 && docker exec one cat /data/journal.txt',
    /first entry/,
  );
  await run(
    page,
    "printf '%s\\n' '/srv/page.html copied' '/srv/old.html whiteout' '/srv/new.html new' '/etc/motd nothing' >diff.txt; wc -l diff.txt",
    /4 diff\.txt/,
  );
  await expect(lab.locator('[data-goal="kept"]')).toHaveAttribute('data-holds', 'true');
  await expect(lab.locator('[data-goal="explained"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, read('wrong/forgets-whiteout/overlay.ts'));
  await lab.locator('[data-primary]').click();
  const unlink = lab.locator('[data-check="unlink"]');
  await expect(unlink).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(unlink).toContainText('whiteout');
  await expect(lab.locator('[data-counterexample]').first()).toContainText('unlink(');

  await replaceCode(page, read('solution/overlay.ts'));
  await run(
    page,
    'ls /lab/one/merged/etc && rm /lab/one/merged/etc/motd && ls -l /lab/one/upper/etc',
    /0, 0 .* motd/,
  );
  await lab.locator('[data-primary="check"], [data-action="check"]').first().click();
  await expect(lab.locator('.vb-score')).toHaveAttribute('data-points', '100', { timeout: 20_000 });

  const downloading = page.waitForEvent('download');
  await lab.locator('[data-primary="submit"]').click();
  const file = info.outputPath('submission.virtbook.json');
  await (await downloading).saveAs(file);
  const submitted = JSON.parse(readFileSync(file, 'utf8'));
  expect(submitted.report.score).toEqual({ points: 100, of: 100 });

  const replayed = JSON.parse(
    execFileSync(process.execPath, [`${root}src/cli/virtbook.ts`, 'replay', '--json', file], {
      encoding: 'utf8',
    }),
  );
  expect(replayed.report).toEqual(submitted.report);
  expect(replayed.asSubmitted).toBe(true);
});

test('work is found again after leaving the page', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  await run(page, 'echo kept >note.txt; cat note.txt', /kept/);
  await page.waitForTimeout(1500);
  await page.reload();
  await page
    .locator('exercise-card')
    .getByRole('button', { name: /Start|Continue/ })
    .click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
  await run(page, 'ls -l note.txt', /note\.txt/);
});

for (const width of [1440, 390]) {
  for (const theme of ['light', 'dark'] as const) {
    test(`axe finds nothing in the open exercise at ${width} px, ${theme}`, async ({ page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      await openExercise(page);
      await page.waitForTimeout(1500);
      await page.screenshot({ path: info.outputPath(`lab-${width}-${theme}.png`) });
      const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    });
  }
}

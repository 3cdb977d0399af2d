/**
 * The exercise on making a VM through the real page: a fourth VM over the base image, code that leaves something behind and what is drawn of
 * it, the book's own solution, and the submission replayed in Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/vm-create/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto('/virtualization/virtual-machines/');
  const card = page.locator('exercise-card[data-exercise="vm-create"]');
  await card.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
}

/** Where the panes do not all fit, one is chosen by its tab. */
async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = page.locator('[data-virtbook-lab]').getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Types a line and waits for what it shows. */
async function run(page: Page, line: string, shown: RegExp): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: 15_000 });
}

async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

test('a fourth VM over the base image, code that leaves something behind, and code that does not', async ({
  page,
  context,
}, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByRole('radio', { name: /about 192 KiB/ }).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'cd /var/lib/libvirt/images', /images\$/);
  await run(page, 'qemu-img create -f qcow2 -b base.raw -F raw new.qcow2', /backing_fmt=raw/);
  await expect(lab.locator('[data-goal="overlay"]')).toHaveAttribute('data-holds', 'true');
  await run(
    page,
    "virsh dumpxml web | sed -e s/web/new/ -e '/<uuid>/d' -e '/<mac /d' > ~/new.xml; wc -l ~/new.xml",
    /\d+ \/home\/student\/new\.xml/,
  );
  await run(page, 'virsh define ~/new.xml', /Domain 'new' defined/);
  await run(page, 'virsh start new', /Domain 'new' started/);
  for (const goal of ['running', 'address', 'unchanged'])
    await expect(lab.locator(`[data-goal="${goal}"]`)).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, read('wrong/forgets-the-overlay/create.ts'));
  await lab.locator('[data-primary]').click();
  const undo = lab.locator('[data-check="undo"]');
  await expect(undo).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(undo).toContainText('the overlay of new');
  await expect(undo.locator('[data-counterexample]')).toContainText(/overlay\s+new\.qcow2 ◀/);
  const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await undo.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('undo.png') });

  await replaceCode(page, read('solution/create.ts'));
  await run(page, 'mkdir /testhost/vms/one; cat /testhost/host', /vCPU 0\s+at 0x80001000/);
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

for (const width of [1440, 390]) {
  for (const theme of ['light', 'dark'] as const) {
    test(`axe finds nothing in the exercise on making a VM at ${width} px, ${theme}`, async ({
      page,
    }, info) => {
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

/**
 * The exercise on what keeps VMs apart, through the real page: mallory reads alice's disk, the walls are named, a careless switch is drawn, the
 * book's own solution refuses mallory in the running guest, and the submission is replayed in Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/vm-isolation/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto('/virtualization/virtual-machines/');
  await page.locator('exercise-card[data-exercise="vm-isolation"] [data-start]').click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
}

async function typeLine(page: Page, line: string): Promise<void> {
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

async function run(page: Page, line: string, shown: RegExp): Promise<void> {
  await typeLine(page, line);
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: 15_000 });
}

/** Waits until the cursor stands behind this prompt. */
async function prompt(page: Page, text: string): Promise<void> {
  await expect(page.locator('.vb-terminal')).toHaveAttribute('data-last-line', text, { timeout: 15_000 });
}

async function replaceCode(page: Page, text: string): Promise<void> {
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

test('the attacks, a switch that floods, and the walls', async ({ page, context }, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByLabel(/the page table that her programs/).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'virsh console mallory', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'mallory login:');
  await typeLine(page, 'root');
  await prompt(page, 'root@mallory:~#');
  await run(page, 'dd if=/dev/vda skip=2048 count=1', /Secret: [\w-]+/);
  const [, secret] = /Secret: ([a-z]+-[a-z]+-\d{3})/.exec(
    (await page.locator('.vb-terminal').textContent()) ?? '',
  )!;
  await run(page, 'peek 0x80a00000', /0x080a00000: [0-9a-f]{8}/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@bluebox:~$');
  await typeLine(page, `echo ${secret} >secret.txt`);
  await expect(lab.locator('[data-goal="stolen"]')).toHaveAttribute('data-holds', 'true');
  await typeLine(
    page,
    'printf "%s\\n" "peek translate" "dma translate" "hog pickVcpu" "dd mapBlock" "sniff forward" "spoof forward" >walls.txt',
  );
  await expect(lab.locator('[data-goal="walls"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, read('wrong/floods-everything/isolation.ts'));
  await lab.locator('[data-primary]').click();
  const network = lab.locator('[data-check="network"]');
  await expect(network).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(network.locator('[data-counterexample]')).toContainText('◀ not meant');
  const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await network.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('network.png') });

  await replaceCode(page, read('solution/isolation.ts'));
  await run(page, 'virsh console mallory', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'root@mallory:~#');
  await run(page, 'peek 0x80b00000', /0x080b00000: access fault/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@bluebox:~$');
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

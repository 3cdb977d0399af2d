/**
 * The exercise on a VM's frames, through the real page: the ping that fails, the tap that is put back, one ping caught at three places, a switch that
 * believes what it heard first is drawn, the book's own switch has full marks, and the submission is replayed in Node to the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/vm-network-write/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto('/virtualization/virtual-machines/');
  await page.locator('exercise-card[data-exercise="vm-network-write"] [data-start]').click();
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

test('the lost frame, three captures, a switch with a memory too good, and one that learns', async ({
  page,
  context,
}, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  const lab = page.locator('[data-virtbook-lab]');
  const goal = (id: string) => lab.locator(`[data-goal="${id}"]`);
  await lab.getByLabel('at the tap of web', { exact: true }).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'virsh console web', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'web login:');
  await typeLine(page, 'root');
  await prompt(page, 'root@web:~#');
  await run(page, 'ping -c 1 10.0.0.12', /100% packet loss/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@north:~$');
  await run(page, 'bridge link', /vnet1.*master br0/);
  await typeLine(page, 'sudo ip link set vnet0 master br0');
  await typeLine(
    page,
    'for d in vnet0.tap br0.bridge eth0.nic; do sudo tcpdump -i ${d%.*} -c 2 -w ${d#*.}.pcap icmp & done',
  );
  await expect(page.locator('.vb-terminal')).toContainText(/listening on eth0/, { timeout: 15_000 });
  await typeLine(page, 'virsh console web');
  await typeLine(page, '');
  await prompt(page, 'root@web:~#');
  await run(page, 'ping -c 1 10.0.0.12', /64 bytes from 10\.0\.0\.12/);
  await run(page, 'ping -c 1 203.0.113.7', /64 bytes from 203\.0\.113\.7/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@north:~$');
  for (const id of ['db', 'outside', 'capture'])
    await expect(goal(id)).toHaveAttribute('data-holds', 'true', { timeout: 15_000 });

  await replaceCode(page, read('wrong/first-port-wins/vswitch.ts'));
  await lab.locator('[data-primary]').click();
  const migration = lab.locator('[data-check="migration"]');
  await expect(migration).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(migration.locator('[data-counterexample]')).toContainText('◀ is at eth0');
  const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await migration.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('migration.png') });

  await replaceCode(page, read('solution/vswitch.ts'));
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

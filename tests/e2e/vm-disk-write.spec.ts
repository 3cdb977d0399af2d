/**
 * The exercise on a VM's disk through the real page: the goals by power cut and image, a wrong back end and what is drawn of it, the book's
 * own solution in the running guest, and the submission replayed in Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { CONTAINERS } from '../support/siteBrowser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/vm-disk-write/${file}`, 'utf8');

const VMS = '/virtualization/virtual-machines/';

/** On the page that has its card. */
async function startExercise(page: Page, id: string): Promise<void> {
  const card = page.locator(`exercise-card[data-exercise="${id}"]`);
  await card.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
}

async function openExercise(page: Page): Promise<void> {
  await page.goto(VMS);
  await startExercise(page, 'vm-disk-write');
}

/** Where the panes do not all fit, one is chosen by its tab. */
async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = page.locator('[data-virtbook-lab]').getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Types a line and waits for what it shows. */
async function run(page: Page, line: string, shown: RegExp): Promise<void> {
  await typeLine(page, line);
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: 15_000 });
}

async function typeLine(page: Page, line: string): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** Waits until the cursor stands behind this prompt. */
async function prompt(page: Page, text: string): Promise<void> {
  await expect(page.locator('.vb-terminal')).toHaveAttribute('data-last-line', text, { timeout: 15_000 });
}

async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

async function login(page: Page): Promise<void> {
  await run(page, 'virsh console db', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'db login:');
  await typeLine(page, 'root');
  await prompt(page, 'root@db:~#');
}

async function leaveConsole(page: Page): Promise<void> {
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@bluebox:~$');
}

test('power cut, place in the image, a back end that is refused and one that serves the guest', async ({
  page,
  context,
}, info) => {
  test.setTimeout(150_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByRole('button', { name: /Move “write\(2\).*up/ }).click();
  await lab.locator('[data-primary]').click();

  await login(page);
  await run(page, 'write /order.txt "one coffee"', /11 bytes in memory/);
  await typeLine(page, 'sync');
  await prompt(page, 'root@db:~#');
  await leaveConsole(page);
  await run(page, 'host power-cycle', /The shell has ended/);
  await typeLine(page, '');
  await prompt(page, 'student@bluebox:~$');
  await expect(lab.locator('[data-goal="survives"]')).toHaveAttribute('data-holds', 'true');
  await run(
    page,
    'qemu-img map --output=json /var/lib/libvirt/images/db.qcow2',
    /"start": 1048576.*"offset": 393216/,
  );
  await run(page, 'echo $((393216 + 512 * 2137 - 1048576)) > where.txt; wc -l where.txt', /1 where\.txt/);
  await expect(lab.locator('[data-goal="located"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, read('wrong/start-sector-only/virtio-blk.ts'));
  await lab.locator('[data-primary]').click();
  const range = lab.locator('[data-check="range"]');
  await expect(range).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(range.locator('[data-counterexample]')).toContainText(
    /data\s+1024[^◀]*◀ 2 from sector 31 on; the/,
  );
  await expect(range).toContainText('expected status 1 (IOERR)');
  const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await range.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('range.png') });

  await replaceCode(page, read('solution/virtio-blk.ts'));
  await run(page, 'virsh start db', /Domain 'db' started/);
  await login(page);
  await run(page, 'write /note.txt "from the guest"', /15 bytes in memory/);
  await run(page, 'dd if=/note.txt of=/dev/vdb seek=3', /15 bytes copied/);
  await leaveConsole(page);
  await run(page, 'hexdump -C /var/lib/libvirt/images/lab.img', /00000600 .*from the guest/);
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

/** Of the kernel's code for VMs alone: a request of /dev/kvm. */
const VM_MARK = /KVM_CREATE_VM/;
/** Loaded after the terminal, and only by those who open the editor. */
const EDITOR = /monaco|editor\.worker|ts\.worker|tsMode|codicon|editor\.api/i;

test('only a lab with VMs loads the code of hosts with VMs, and one without stays below 700 KB', async ({
  page,
}) => {
  test.setTimeout(90_000);
  /** By address: what is asked for again comes from the browser's cache. */
  const loaded = new Map<string, { bytes: number; text: string }>();
  page.on('response', async (response) => {
    if (!/\.(js|wasm|css)$/.test(new URL(response.url()).pathname)) return;
    const body = await response.body().catch(() => null);
    if (body !== null) loaded.set(response.url(), { bytes: gzipSync(body).length, text: body.toString() });
  });
  const open = async (id: string, address: string) => {
    await page.goto(address, { waitUntil: 'networkidle' });
    loaded.clear();
    await startExercise(page, id);
    await page.locator('.vb-terminal[data-prompt-ready="true"]').waitFor();
    await page.waitForLoadState('networkidle');
    return [...loaded].filter(([url]) => !EDITOR.test(url)).map(([url, file]) => ({ url, ...file }));
  };
  const container = await open('container-disk-write', CONTAINERS);
  expect(container.filter(({ text }) => VM_MARK.test(text)).map(({ url }) => url)).toEqual([]);
  expect(container.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(700 * 1024);
  const vm = await open('vm-disk-write', VMS);
  expect(vm.filter(({ text }) => VM_MARK.test(text))).not.toEqual([]);
});

for (const width of [1440, 390]) {
  for (const theme of ['light', 'dark'] as const) {
    test(`axe finds nothing in the exercise on a VM’s disk at ${width} px, ${theme}`, async ({
      page,
    }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      await openExercise(page);
      // A name that is not used yet is marked, and can be read.
      if (width === 1440) {
        await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
        await page.locator('.vb-editor .monaco-editor').first().click();
        await page.keyboard.type('const notYet = 1;\n');
        await expect(page.locator('.squiggly-inline-unnecessary').first()).toBeVisible({ timeout: 20_000 });
      }
      await page.waitForTimeout(1500);
      await page.screenshot({ path: info.outputPath(`lab-${width}-${theme}.png`) });
      const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    });
  }
}

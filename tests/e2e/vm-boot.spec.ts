/**
 * The exercise on booting through the real page: five VMs are mended until each asks for a login, a wrong firmware and what is drawn of it, the
 * book's own solution as what they boot by, and the submission replayed in Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/vm-boot/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto('/virtualization/virtual-machines/');
  await page.locator('exercise-card[data-exercise="vm-boot"] [data-start]').click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 20_000,
  });
}

/** Where the panes do not all fit, one is chosen by its tab. */
async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = page.locator('[data-virtbook-lab]').getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Pastes a line and waits until the cursor stands behind what it ends with. */
async function run(page: Page, line: string, last: string): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.insertText(`clear; ${line}`);
  await page.keyboard.press('Enter');
  await lastLine(page, last);
}

async function lastLine(page: Page, text: string): Promise<void> {
  await expect(page.locator('.vb-terminal')).toHaveAttribute('data-last-line', text, { timeout: 20_000 });
}

const PROMPT = 'student@bluebox:~$';

/** Switches a VM on, waits for the end of what it says, and leaves its console. */
async function start(page: Page, vm: string, last: string | RegExp): Promise<void> {
  if (typeof last === 'string') await run(page, `virsh start ${vm} --console`, last);
  else {
    await page.keyboard.insertText(`clear; virsh start ${vm} --console`);
    await page.keyboard.press('Enter');
    await expect(page.locator('.vb-terminal')).toContainText(last, { timeout: 20_000 });
  }
  await page.keyboard.press('Control+]');
  await lastLine(page, PROMPT);
}

async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

const IMAGES = '/var/lib/libvirt/images';
const TFTP = '/var/lib/tftpboot';

const MENDED: readonly (readonly [string, string])[] = [
  [
    'web',
    `virsh dumpxml web | sed "/<boot order='1'/d; s,<target dev='vdb'.*,&<boot order='1'/>," >web.xml; virsh define web.xml`,
  ],
  ['mail', `printf '\\x55\\xaa' | sudo dd of=${IMAGES}/mail.img bs=1 seek=510 conv=notrunc`],
  [
    'db',
    `mtype -i ${IMAGES}/db.img@@1M ::/syslinux.cfg | sed s/sda1/vda1/ >syslinux.cfg; sudo mcopy -o -i ${IMAGES}/db.img@@1M syslinux.cfg ::/`,
  ],
  [
    'cache',
    `mkdir r; cd r; mcopy -i ${IMAGES}/cache.img@@1M ::/initrd.img ..; cpio -idu --quiet <../initrd.img; echo virtio_blk >>etc/modules; find . | cpio -o -H newc --quiet >../initrd.img; cd; sudo mcopy -o -i ${IMAGES}/cache.img@@1M initrd.img ::/`,
  ],
  [
    'kiosk',
    `sudo mkdir ${TFTP}/pxelinux.cfg; printf 'DEFAULT linux\\nLABEL linux\\nKERNEL vmlinux\\nINITRD initrd.img\\nAPPEND hostname=kiosk\\n' | sudo tee ${TFTP}/pxelinux.cfg/default`,
  ],
];

test('five VMs mended, a firmware that is refused and one that boots them, submit, replay', async ({
  page,
  context,
}, info) => {
  test.setTimeout(180_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);
  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByRole('radio', { name: /The kernel starts/ }).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'virsh list --all | wc -l', PROMPT);
  await start(page, 'mail', /no boot signature \(0x55 0xaa\)/);
  await run(page, 'virsh destroy mail', PROMPT);

  await replaceCode(page, read('wrong/last-byte-is-enough/firmware.ts'));
  await lab.locator('[data-primary="check"], [data-action="check"]').first().click();
  const signature = lab.locator('[data-check="signature"]');
  await expect(signature).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(signature.locator('[data-counterexample]')).toContainText(
    /ends in 00 aa[^◀]*→ passed over: no signature[^◀]*◀ executed without a signature/,
  );
  const { violations } = await new AxeBuilder({ page }).include('[data-virtbook-lab]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await signature.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('signature.png') });

  await replaceCode(page, read('solution/firmware.ts'));
  await run(page, 'clear', PROMPT);
  await start(page, 'mail', /vda: passed over: no signature.*Nothing in the boot order can be started/);
  await run(page, 'virsh destroy mail', PROMPT);
  for (const [vm, mend] of MENDED) {
    await run(page, mend, PROMPT);
    await start(page, vm, `${vm} login:`);
    await expect(lab.locator(`[data-goal="${vm}"]`)).toHaveAttribute('data-holds', 'true');
  }
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
    test(`axe finds nothing in the exercise on booting at ${width} px, ${theme}`, async ({ page }, info) => {
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

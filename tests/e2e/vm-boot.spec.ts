/**
 * The exercise on booting through the real page: five VMs are mended until each asks for a login, a wrong firmware and what is drawn of it, the
 * book's own solution as what they boot by, and the submission replayed in Node to the same score and the same world.
 */
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolations } from '../support/accessible.ts';
import {
  fileOf,
  openExercise,
  passSubmitAndReplay,
  pasteLine,
  prompt,
  replaceCode,
  shows,
} from '../support/exercisePage.ts';
import { LAB } from '../support/labBrowser.ts';

/** Pastes a line and waits until the cursor stands behind what it ends with. */
async function run(page: Page, line: string, last: string): Promise<void> {
  await pasteLine(page, `clear; ${line}`);
  await prompt(page, last);
}

const PROMPT = 'student@bluebox:~$';

/** Switches a VM on, waits for the end of what it says, and leaves its console. */
async function start(page: Page, vm: string, last: string | RegExp): Promise<void> {
  if (typeof last === 'string') await run(page, `virsh start ${vm} --console`, last);
  else {
    await pasteLine(page, `clear; virsh start ${vm} --console`);
    await shows(page, last);
  }
  await page.keyboard.press('Control+]');
  await prompt(page, PROMPT);
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
  const lab = await openExercise(page, 'vm-boot');
  await lab.getByRole('radio', { name: /The kernel starts/ }).check();
  await lab.locator('[data-primary]').click();

  await run(page, 'virsh list --all | wc -l', PROMPT);
  await start(page, 'mail', /no boot signature \(0x55 0xaa\)/);
  await run(page, 'virsh destroy mail', PROMPT);

  await replaceCode(page, fileOf('vm-boot', 'wrong/last-byte-is-enough/firmware.ts'));
  await lab.locator('[data-primary="check"], [data-action="check"]').first().click();
  const signature = lab.locator('[data-check="signature"]');
  await expect(signature).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(signature.locator('[data-counterexample]')).toContainText(
    /ends in 00 aa[^◀]*→ passed over: no signature[^◀]*◀ executed without a signature/,
  );
  await expectNoViolations(page, LAB);
  await signature.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('signature.png') });

  await replaceCode(page, fileOf('vm-boot', 'solution/firmware.ts'));
  await run(page, 'clear', PROMPT);
  await start(page, 'mail', /vda: passed over: no signature.*Nothing in the boot order can be started/);
  await run(page, 'virsh destroy mail', PROMPT);
  for (const [vm, mend] of MENDED) {
    await run(page, mend, PROMPT);
    await start(page, vm, `${vm} login:`);
    await expect(lab.locator(`[data-goal="${vm}"]`)).toHaveAttribute('data-holds', 'true');
  }
  await passSubmitAndReplay(page, info);
});

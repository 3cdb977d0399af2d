/**
 * The exercise on making a VM through the real page: a fourth VM over the base image, code that leaves something behind and what is drawn of
 * it, the book's own solution, and the submission replayed in Node to the same score and the same world.
 */
import { expect, test } from '@playwright/test';
import { expectNoViolations } from '../support/accessible.ts';
import {
  fileOf,
  openExercise,
  passSubmitAndReplay,
  replaceCode,
  typeAndSee,
} from '../support/exercisePage.ts';
import { LAB } from '../support/labBrowser.ts';

test('a fourth VM over the base image, code that leaves something behind, and code that does not', async ({
  page,
  context,
}, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await openExercise(page, 'vm-create');
  await lab.getByRole('radio', { name: /about 192 KiB/ }).check();
  await lab.locator('[data-primary]').click();

  await typeAndSee(page, 'cd /var/lib/libvirt/images', /images\$/);
  await typeAndSee(page, 'qemu-img create -f qcow2 -b base.raw -F raw new.qcow2', /backing_fmt=raw/);
  await expect(lab.locator('[data-goal="overlay"]')).toHaveAttribute('data-holds', 'true');
  await typeAndSee(
    page,
    "virsh dumpxml web | sed -e s/web/new/ -e '/<uuid>/d' -e '/<mac /d' > ~/new.xml; wc -l ~/new.xml",
    /\d+ \/home\/student\/new\.xml/,
  );
  await typeAndSee(page, 'virsh define ~/new.xml', /Domain 'new' defined/);
  await typeAndSee(page, 'virsh start new', /Domain 'new' started/);
  for (const goal of ['running', 'address', 'unchanged'])
    await expect(lab.locator(`[data-goal="${goal}"]`)).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, fileOf('vm-create', 'wrong/forgets-the-overlay/create.ts'));
  await lab.locator('[data-primary]').click();
  const undo = lab.locator('[data-check="undo"]');
  await expect(undo).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(undo).toContainText('the overlay of new');
  await expect(undo.locator('[data-counterexample]')).toContainText(/overlay\s+new\.qcow2 ◀/);
  await expectNoViolations(page, LAB);
  await undo.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('undo.png') });

  await replaceCode(page, fileOf('vm-create', 'solution/create.ts'));
  await typeAndSee(page, 'mkdir /testhost/vms/one; cat /testhost/host', /vCPU 0\s+at 0x80001000/);
  await passSubmitAndReplay(page, info);
});

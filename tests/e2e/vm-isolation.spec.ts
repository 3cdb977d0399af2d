/**
 * The exercise on what keeps VMs apart, through the real page: mallory reads alice's disk, the walls are named, a careless switch is drawn, the
 * book's own solution refuses mallory in the running guest, and the submission is replayed in Node to the same score and the same world.
 */
import { expect, test } from '@playwright/test';
import { expectNoViolations } from '../support/accessible.ts';
import {
  fileOf,
  openExercise,
  passSubmitAndReplay,
  prompt,
  replaceCode,
  typeAndSee,
  typeLine,
} from '../support/exercisePage.ts';
import { LAB } from '../support/labBrowser.ts';

test('the attacks, a switch that floods, and the walls', async ({ page, context }, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await openExercise(page, 'vm-isolation');
  await lab.getByLabel(/the page table that her programs/).check();
  await lab.locator('[data-primary]').click();

  await typeAndSee(page, 'virsh console mallory', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'mallory login:');
  await typeLine(page, 'root');
  await prompt(page, 'root@mallory:~#');
  await typeAndSee(page, 'dd if=/dev/vda skip=2048 count=1', /Secret: [\w-]+/);
  const [, secret] = /Secret: ([a-z]+-[a-z]+-\d{3})/.exec(
    (await page.locator('.vb-terminal').textContent()) ?? '',
  )!;
  await typeAndSee(page, 'peek 0x80a00000', /0x080a00000: [0-9a-f]{8}/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@bluebox:~$');
  await typeLine(page, `echo ${secret} >secret.txt`);
  await expect(lab.locator('[data-goal="stolen"]')).toHaveAttribute('data-holds', 'true');
  await typeLine(
    page,
    'printf "%s\\n" "peek translate" "dma translate" "hog pickVcpu" "dd mapBlock" "sniff forward" "spoof forward" >walls.txt',
  );
  await expect(lab.locator('[data-goal="walls"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, fileOf('vm-isolation', 'wrong/floods-everything/isolation.ts'));
  await lab.locator('[data-primary]').click();
  const network = lab.locator('[data-check="network"]');
  await expect(network).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(network.locator('[data-counterexample]')).toContainText('◀ not meant');
  await expectNoViolations(page, LAB);
  await network.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('network.png') });

  await replaceCode(page, fileOf('vm-isolation', 'solution/isolation.ts'));
  await typeAndSee(page, 'virsh console mallory', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'root@mallory:~#');
  await typeAndSee(page, 'peek 0x80b00000', /0x080b00000: access fault/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@bluebox:~$');
  await passSubmitAndReplay(page, info);
});

/**
 * The exercise on a VM's frames, through the real page: the ping that fails, the tap that is put back, one ping caught at three places, a switch that
 * believes what it heard first is drawn, the book's own switch has full marks, and the submission is replayed in Node to the same world.
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

test('the lost frame, three captures, a switch with a memory too good, and one that learns', async ({
  page,
  context,
}, info) => {
  test.setTimeout(240_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await openExercise(page, 'vm-network-write');
  const goal = (id: string) => lab.locator(`[data-goal="${id}"]`);
  await lab.getByLabel('at the tap of web', { exact: true }).check();
  await lab.locator('[data-primary]').click();

  await typeAndSee(page, 'virsh console web', /Escape character is/);
  await typeLine(page, '');
  await prompt(page, 'web login:');
  await typeLine(page, 'root');
  await prompt(page, 'root@web:~#');
  await typeAndSee(page, 'ping -c 1 10.0.0.12', /100% packet loss/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@north:~$');
  await typeAndSee(page, 'bridge link', /vnet1.*master br0/);
  await typeLine(page, 'sudo ip link set vnet0 master br0');
  await typeLine(
    page,
    'for d in vnet0.tap br0.bridge eth0.nic; do sudo tcpdump -i ${d%.*} -c 2 -w ${d#*.}.pcap icmp & done',
  );
  await expect(page.locator('.vb-terminal')).toContainText(/listening on eth0/, { timeout: 15_000 });
  await typeLine(page, 'virsh console web');
  await typeLine(page, '');
  await prompt(page, 'root@web:~#');
  await typeAndSee(page, 'ping -c 1 10.0.0.12', /64 bytes from 10\.0\.0\.12/);
  await typeAndSee(page, 'ping -c 1 203.0.113.7', /64 bytes from 203\.0\.113\.7/);
  await page.keyboard.press('Control+]');
  await prompt(page, 'student@north:~$');
  for (const id of ['db', 'outside', 'capture'])
    await expect(goal(id)).toHaveAttribute('data-holds', 'true', { timeout: 15_000 });

  await replaceCode(page, fileOf('vm-network-write', 'wrong/first-port-wins/vswitch.ts'));
  await lab.locator('[data-primary]').click();
  const migration = lab.locator('[data-check="migration"]');
  await expect(migration).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(migration.locator('[data-counterexample]')).toContainText('◀ is at eth0');
  await expectNoViolations(page, LAB);
  await migration.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('migration.png') });

  await replaceCode(page, fileOf('vm-network-write', 'solution/vswitch.ts'));
  await passSubmitAndReplay(page, info);
});

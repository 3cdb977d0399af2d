/**
 * The exercise on a VM's disk through the real page: the goals by power cut and image, a wrong back end and what is drawn of it, the book's
 * own solution in the running guest, and the submission replayed in Node to the same score and the same world.
 */
import { gzipSync } from 'node:zlib';
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolations } from '../support/accessible.ts';
import {
  type ExerciseId,
  fileOf,
  openExercise,
  passSubmitAndReplay,
  prompt,
  replaceCode,
  startExercise,
  typeAndSee,
  typeLine,
} from '../support/exercisePage.ts';
import { LAB } from '../support/labBrowser.ts';
import { CONTAINERS } from '../support/siteBrowser.ts';

const VMS = '/virtualization/virtual-machines/';

async function login(page: Page): Promise<void> {
  await typeAndSee(page, 'virsh console db', /Escape character is/);
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
  const lab = await openExercise(page, 'vm-disk-write');
  await lab.getByRole('button', { name: /Move “write\(2\).*up/ }).click();
  await lab.locator('[data-primary]').click();
  const order = lab.locator('[data-prediction] ol > li');
  await expect.poll(() => order.count()).toBeGreaterThan(2);
  await expect(order.filter({ hasText: 'write(2)' })).toHaveCount(1);

  await login(page);
  await typeAndSee(page, 'write /order.txt "one coffee"', /11 bytes in memory/);
  await typeLine(page, 'sync');
  await prompt(page, 'root@db:~#');
  await leaveConsole(page);
  await typeAndSee(page, 'host power-cycle', /The shell has ended/);
  await typeLine(page, '');
  await prompt(page, 'student@bluebox:~$');
  await expect(lab.locator('[data-goal="survives"]')).toHaveAttribute('data-holds', 'true');
  await typeAndSee(
    page,
    'qemu-img map --output=json /var/lib/libvirt/images/db.qcow2',
    /"start": 1048576.*"offset": 393216/,
  );
  await typeAndSee(
    page,
    'echo $((393216 + 512 * 2137 - 1048576)) > where.txt; wc -l where.txt',
    /1 where\.txt/,
  );
  await expect(lab.locator('[data-goal="located"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, fileOf('vm-disk-write', 'wrong/start-sector-only/virtio-blk.ts'));
  await lab.locator('[data-primary]').click();
  const range = lab.locator('[data-check="range"]');
  await expect(range).toHaveAttribute('data-status', 'failed', { timeout: 20_000 });
  await expect(range.locator('[data-counterexample]')).toContainText(
    /data\s+1024[^◀]*◀ 2 from sector 31 on; the/,
  );
  await expect(range).toContainText('expected status 1 (IOERR)');
  await expectNoViolations(page, LAB);
  await range.scrollIntoViewIfNeeded();
  await page.screenshot({ path: info.outputPath('range.png') });

  await replaceCode(page, fileOf('vm-disk-write', 'solution/virtio-blk.ts'));
  await typeAndSee(page, 'virsh start db', /Domain 'db' started/);
  await login(page);
  await typeAndSee(page, 'write /note.txt "from the guest"', /15 bytes in memory/);
  await typeAndSee(page, 'dd if=/note.txt of=/dev/vdb seek=3', /15 bytes copied/);
  await leaveConsole(page);
  await typeAndSee(page, 'hexdump -C /var/lib/libvirt/images/lab.img', /00000600 .*from the guest/);
  await passSubmitAndReplay(page, info);
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
  const open = async (id: ExerciseId, address: string) => {
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

/**
 * The exercise image-portability, once through the real page: export, mend, import, boot, plan, and full marks; the submission replays in
 * Node to the same score and the same world.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}content/exercises/image-portability/${file}`, 'utf8');

async function openExercise(page: Page): Promise<void> {
  await page.goto('/virtualization/images/');
  await page.locator('exercise-card').getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('[data-virtbook-lab]')).toHaveAttribute('data-state', 'ready', {
    timeout: 30_000,
  });
}

/** Where the panes do not all fit, one is chosen by its tab. */
async function showPane(page: Page, name: 'Code' | 'Terminal'): Promise<void> {
  const tab = page.locator('[data-virtbook-lab]').getByRole('tab', { name, exact: true });
  if (await tab.isVisible()) await tab.click();
}

/** Pastes a command and waits for its output. */
async function run(page: Page, command: string, shown: RegExp): Promise<void> {
  await showPane(page, 'Terminal');
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  await page.keyboard.insertText(command);
  await page.keyboard.press('Enter');
  await expect(page.locator('.vb-terminal')).toContainText(shown, { timeout: 30_000 });
}

/** Replaces the learner's file as by pasting. */
async function replaceCode(page: Page, text: string): Promise<void> {
  await showPane(page, 'Code');
  await expect(page.locator('.vb-editor')).toHaveAttribute('data-editor', 'ready', { timeout: 20_000 });
  await page.locator('.vb-editor .monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.evaluate((code) => navigator.clipboard.writeText(code), text);
  await page.keyboard.press('Control+V');
}

test('export, mend, import, boot, plan, submit, replay', async ({ page, context }, info) => {
  test.setTimeout(180_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  await openExercise(page);

  const lab = page.locator('[data-virtbook-lab]');
  await lab.getByRole('spinbutton').fill('183');
  await lab.locator('[data-primary]').click();

  await run(
    page,
    'aws-sim ec2 export-image --image-id ami-0a49b1c7d2e5f3861 --disk-image-format VMDK --s3-export-location S3Bucket=exports',
    /converting/,
  );
  await run(
    page,
    'sleep 2; aws-sim s3 cp s3://exports/export-ami-00000000000000001.vmdk e.vmdk; qemu-img convert -f vmdk -O raw e.vmdk disk.raw; ls -l disk.raw',
    /1073741824/,
  );
  await run(
    page,
    'pack() { tar --format=oldgnu -Sczf web.tar.gz disk.raw; gcloud-sim storage cp web.tar.gz gs://transfer/; gcloud-sim compute images create web --source-uri=gs://transfer/web.tar.gz; }; pack',
    /virtio_net is not in its/,
  );
  await run(
    page,
    'mkdir t; cd t; mcopy -i ../disk.raw@@1M ::/initrd.img ..; cpio -idu --quiet <../initrd.img; echo virtio_net >>etc/modules; find . | cpio -o -H newc --quiet >../initrd.img; cd; echo datasource=gce >agent.cfg; mcopy -o -i disk.raw@@1M initrd.img ::/; mcopy -o -i disk.raw@@1M agent.cfg ::/etc; pack',
    /READY/,
  );
  await expect(lab.locator('[data-goal="imported"]')).toHaveAttribute('data-holds', 'true');
  await run(
    page,
    'gcloud-sim compute instances create web1 --image=web --metadata-from-file=ssh-keys=ssh-keys.txt',
    /RUNNING/,
  );
  await run(
    page,
    'clear; sleep 1; gcloud-sim compute instances get-serial-port-output web1 | tail -n 3',
    /web login:/,
  );
  await expect(lab.locator('[data-goal="reachable"]')).toHaveAttribute('data-holds', 'true');

  await replaceCode(page, read('wrong/gigabyte-as-gibibyte/port.ts'));
  await lab.locator('[data-primary]').click();
  const size = lab.locator('[data-check="size"]');
  await expect(size).toHaveAttribute('data-status', 'failed', { timeout: 30_000 });
  await expect(size).toContainText('8589934592');

  await replaceCode(page, read('solution/port.ts'));
  await run(page, 'clear; head /plans/*', /add-drivers virtio_net/);
  await lab.locator('[data-primary="check"], [data-action="check"]').first().click();
  await expect(lab.locator('.vb-score')).toHaveAttribute('data-points', '100', { timeout: 30_000 });

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
    test(`axe finds nothing in the open exercise at ${width} px, ${theme}`, async ({ page }, info) => {
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

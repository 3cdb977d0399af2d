/**
 * The exercise image-portability, once through the real page: export, mend, import, boot, plan, and full marks; the submission replays in
 * Node to the same score and the same world.
 */
import { expect, type Page, test } from '@playwright/test';
import {
  fileOf,
  openExercise,
  passSubmitAndReplay,
  pasteLine,
  replaceCode,
  shows,
} from '../support/exercisePage.ts';

/** Pastes a command and waits for its output. */
async function run(page: Page, command: string, shown: RegExp): Promise<void> {
  await pasteLine(page, command);
  await shows(page, shown);
}

test('export, mend, import, boot, plan, submit, replay', async ({ page, context }, info) => {
  test.setTimeout(180_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await openExercise(page, 'image-portability');

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

  await replaceCode(page, fileOf('image-portability', 'wrong/gigabyte-as-gibibyte/port.ts'));
  await lab.locator('[data-primary]').click();
  const size = lab.locator('[data-check="size"]');
  await expect(size).toHaveAttribute('data-status', 'failed', { timeout: 30_000 });
  await expect(size).toContainText('8589934592');

  await replaceCode(page, fileOf('image-portability', 'solution/port.ts'));
  await run(page, 'clear; head /plans/*', /add-drivers virtio_net/);
  await passSubmitAndReplay(page, info);
});

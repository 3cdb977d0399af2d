/** The figures of the parts on virtual machines and images: by keyboard, without script, in step with what the page says. */
import { expect, type Locator, type Page, test } from '@playwright/test';

const VMS = '/virtualization/virtual-machines/';
const IMAGES = '/virtualization/images/';

/** A string of the walk's own view that survives minification. */
const WALK_MARK = /htinst/;

const exits = (page: Page) => page.locator('step-figure', { has: page.locator('.exits-lanes') });
const walk = (page: Page) => page.locator('address-walk');
const followed = (page: Page) => walk(page).locator('select[name=preset]');
const button = (figure: Locator, name: string) => figure.getByRole('button', { name, exact: true });

/** Goes to the last step, by script for it is many presses; the figure is as high at each. */
async function stepThrough(figure: Locator): Promise<void> {
  const count = await figure.locator('[data-step]').count();
  const before = (await figure.boundingBox())!.height;
  // The first press brings the figure's script.
  await button(figure, 'Next step').click();
  await expect(figure.locator('[data-position]')).toHaveText(`Step 2 of ${count}`);
  const heights = await figure.evaluate(async (element, presses) => {
    const next = [...element.querySelectorAll('button')].find(
      ({ textContent }) => textContent?.trim() === 'Next step',
    )!;
    const seen = [element.getBoundingClientRect().height];
    for (let press = 0; press < presses; press++) {
      next.click();
      await new Promise((resolve) => requestAnimationFrame(resolve));
      seen.push(element.getBoundingClientRect().height);
    }
    return seen;
  }, count - 2);
  await expect(figure.locator('[data-position]')).toHaveText(`Step ${count} of ${count}`);
  expect(heights).toEqual(heights.map(() => before));
}

test.describe('figures of steps', () => {
  test('step forwards and backwards by keyboard; one step is seen, and its place in the diagram', async ({
    page,
  }) => {
    await page.goto(VMS);
    const figure = exits(page);
    const steps = figure.locator('[data-step]');
    const count = await steps.count();
    expect(count).toBeGreaterThan(10);
    const next = button(figure, 'Next step');
    await next.focus();
    for (let step = 1; step <= count; step++) {
      await expect(figure.locator('[data-position]')).toHaveText(`Step ${step} of ${count}`);
      await expect(steps.nth(step - 1)).toBeVisible();
      await expect(figure.locator('[data-step]:visible')).toHaveCount(1);
      await expect(figure.locator('[data-now]')).toHaveAttribute('data-at', `${step - 1}`);
      if (step > 1) await expect(figure.getByRole('status')).toContainText(`Step ${step}: `);
      await page.keyboard.press('ArrowRight');
    }
    await expect(next).toHaveAttribute('aria-disabled', 'true');
    await expect(next).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(figure.locator('[data-position]')).toHaveText(`Step ${count - 1} of ${count}`);
    await page.keyboard.press('Home');
    await expect(steps.first()).toBeVisible();
  });

  for (const width of [1440, 390]) {
    test(`no step moves what stands below, ${width} px`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      for (const address of [VMS, IMAGES]) {
        await page.goto(address);
        for (const figure of await page.locator('step-figure').all()) await stepThrough(figure);
      }
    });
  }

  test('a click in the diagram goes to its step', async ({ page }) => {
    await page.goto(VMS);
    const figure = exits(page);
    await figure.locator('.exits-hypervisor').nth(2).click();
    const at = Number(await figure.locator('[data-now]').getAttribute('data-at'));
    await expect(figure.locator('[data-position]')).toContainText(`Step ${at + 1} of`);
    await expect(figure.locator('[data-step]').nth(at)).toBeVisible();
    await expect(figure.locator('[data-step]').nth(at)).toContainText('VM exit: ');
  });
});

test.describe('the address walk', () => {
  test('the machine is fetched when the form is reached for, not before', async ({ page }) => {
    let machines = 0;
    page.on('response', async (response) => {
      if (response.request().resourceType() !== 'script') return;
      if (WALK_MARK.test(await response.text())) machines++;
    });
    await page.goto(VMS, { waitUntil: 'networkidle' });
    await button(walk(page), 'Next step').click();
    expect(machines).toBe(0);
    await followed(page).focus();
    await expect.poll(() => machines).toBe(1);
  });

  test('another address is walked in the browser, to its exit', async ({ page }) => {
    await page.goto(VMS);
    const figure = walk(page);
    await followed(page).selectOption('A device');
    await expect(figure.getByLabel('Virtual address, hexadecimal')).toHaveValue('0x10000000');
    await expect(figure.locator('[data-step]')).toHaveCount(9);
    await button(figure, 'Next step').focus();
    await page.keyboard.press('End');
    await expect(figure.locator('[data-step]').last()).toContainText('VM exit.');
    await expect(figure.locator('[data-step]').last()).toContainText('store guest-page fault');
    await expect(figure.locator('.is-fault')).toHaveText(/fault/);
  });

  test('an address of the reader’s own; what is none is told', async ({ page }) => {
    await page.goto(VMS);
    const figure = walk(page);
    const address = figure.getByLabel('Virtual address, hexadecimal');
    await address.fill('everywhere');
    await button(figure, 'Walk').click();
    await expect(figure.getByRole('alert')).toContainText('one to eight hexadecimal digits');
    await address.fill('20ffc');
    await address.press('Enter');
    await expect(figure.getByRole('alert')).toHaveText('');
    await expect(figure.locator('[data-step]').first()).toContainText('0x00020ffc');
    await expect(figure.locator('[data-step]').last()).toContainText('Allowed.');
    await expect(followed(page)).toHaveValue('own');
  });

  test('the first walk is in the page as the browser would make it', async ({ page }) => {
    await page.goto(VMS);
    const figure = walk(page);
    const text = () => figure.locator('.steps-list').textContent();
    const built = await text();
    await followed(page).selectOption('A device');
    await expect(figure.locator('[data-step]')).toHaveCount(9);
    await followed(page).selectOption('A program’s variable');
    await expect(figure.locator('[data-step]')).toHaveCount(10);
    expect((await text())?.replace(/\s+/g, '')).toBe(built?.replace(/\s+/g, ''));
  });
});

test.describe('image and machines', () => {
  const clone = (page: Page) => page.locator('image-clone');

  test('a step of one’s own follows the step that is seen; the walk-through comes back', async ({ page }) => {
    await page.goto(IMAGES);
    const figure = clone(page);
    const position = figure.locator('[data-position]');
    const steps = figure.locator('[data-step]');
    const count = await steps.count();
    const built = await figure.locator('.steps-list').textContent();
    for (let step = 0; step < 2; step++) await button(figure, 'Next step').click();
    await figure.locator('select[name=disk]').selectOption('web1');
    await figure.locator('select[name=cluster]').selectOption('cluster 0');
    await button(figure, 'Do it').click();
    await expect(position).toHaveText('Step 4 of 4');
    await expect(figure.getByRole('status')).toContainText('web1 writes to cluster 0.');
    await expect(steps.last()).toContainText('65,024 bytes are read from base.qcow2');
    await expect(steps.last().getByRole('row', { name: /^Cluster 0|^0/ })).toContainText('from web1');
    await button(figure, 'Back').click();
    await expect(steps.nth(2)).toContainText('web2 is created.');
    await button(figure, 'The walk-through again').click();
    await expect(position).toHaveText(`Step 1 of ${count}`);
    expect((await figure.locator('.steps-list').textContent())?.replace(/\s+/g, '')).toBe(
      built?.replace(/\s+/g, ''),
    );
  });
});

test.describe('the transfer calculator', () => {
  test('computes anew at each change, and tells it', async ({ page }) => {
    await page.goto(IMAGES);
    const figure = page.locator('transfer-calculator');
    const result = figure.locator('[data-result]');
    await expect(result).toContainText('183 s (3 min 3 s)');
    await figure.getByLabel('Unit of the size').selectOption('GiB');
    await expect(result).toContainText('196 s (3 min 16 s)');
    await figure.getByRole('spinbutton', { name: 'Arrives' }).fill('94');
    await expect(figure.getByRole('status')).toContainText('at what arrives of it 73 s');
    await figure.getByRole('spinbutton', { name: 'Size' }).fill('');
    await expect(figure.getByRole('alert')).toContainText('The size is a number above 0.');
    await button(figure, 'The course’s image').click();
    await expect(figure.getByRole('alert')).toHaveText('');
    await expect(result).toContainText('64 s (1 min 4 s)');
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('every step can be read, and there is nothing to press', async ({ page }) => {
    await page.goto(VMS);
    for (const figure of [exits(page), walk(page)]) {
      const steps = figure.locator('[data-step]');
      for (let index = 0; index < (await steps.count()); index++)
        await expect(steps.nth(index)).toBeVisible();
      for (const pressed of await figure.locator('button').all()) await expect(pressed).toBeHidden();
    }
    await page.goto(IMAGES);
    await page.locator('transfer-calculator summary').click();
    await expect(page.locator('transfer-calculator details')).toContainText('9 MB, 1 Gb/s, 35 %');
  });
});

test('on paper all steps are printed', async ({ page }) => {
  await page.goto(VMS);
  await page.emulateMedia({ media: 'print' });
  for (const step of await exits(page).locator('[data-step]').all()) await expect(step).toBeVisible();
  for (const pressed of await page.locator('main button').all()) await expect(pressed).toBeHidden();
});

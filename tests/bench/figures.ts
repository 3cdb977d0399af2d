/** The figures of the parts on virtual machines and images: what their pages weigh, and how long a reader waits for a step of their own. */
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright';

type Row = readonly [what: string, measured: string, aim: string];

const VMS = 'virtualization/virtual-machines/';
const IMAGES = 'virtualization/images/';

/** Scripts that a page fetches, compressed, from now on. */
function scriptsOf(page: Page): () => Promise<string> {
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  return async () => {
    const fetched = await Promise.all(sizes.splice(0));
    return `${(fetched.reduce((sum, size) => sum + size, 0) / 1024).toFixed(1)} KB`;
  };
}

interface Figure {
  readonly name: string;
  readonly page: string;
  /** Does something in the figure that needs the kernel; resolves when it is seen. In the page. */
  readonly act: () => Promise<void>;
}

const FIGURES: readonly Figure[] = [
  {
    name: 'address walk',
    page: VMS,
    act: async () => {
      const figure = document.querySelector('address-walk')!;
      const list = figure.querySelector('.steps-list')!;
      const changed = new Promise<void>((resolve) => {
        new MutationObserver(() => resolve()).observe(list, { childList: true });
      });
      const select = figure.querySelector<HTMLSelectElement>('select[name=preset]')!;
      select.selectedIndex = (select.selectedIndex + 1) % 8;
      select.dispatchEvent(new Event('change', { bubbles: true }));
      await changed;
    },
  },
  {
    name: 'image and machines',
    page: IMAGES,
    act: async () => {
      const figure = document.querySelector('image-clone')!;
      const list = figure.querySelector('.steps-list')!;
      const changed = new Promise<void>((resolve) => {
        new MutationObserver(() => resolve()).observe(list, { childList: true });
      });
      figure.querySelector<HTMLButtonElement>('button[type=submit]')!.click();
      await changed;
    },
  },
];

/** Milliseconds that `act` takes. */
const timed = (page: Page, { act }: Figure): Promise<number> =>
  page.evaluate(
    `(async () => { const begun = performance.now(); await (${act})(); return performance.now() - begun; })()`,
  );

async function rowsOf(browser: Browser, base: string, figure: Figure): Promise<Row[]> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const scripts = scriptsOf(page);
  await page.goto(base + figure.page, { waitUntil: 'networkidle' });
  const reading = await scripts();
  const first = await timed(page, figure);
  const fetched = await scripts();
  const later = [];
  for (let round = 0; round < 5; round++) later.push(await timed(page, figure));
  const median = later.sort((a, b) => a - b)[2]!;
  await page.close();
  return [
    [`${figure.page}: script before anything is touched (gzip)`, reading, '≤ 40 KB'],
    [`${figure.name}: fetched at the first use (gzip)`, fetched, ''],
    [
      `${figure.name}: choice → shown, first and then median of 5`,
      `${first.toFixed(0)} ms, ${median.toFixed(0)} ms`,
      '',
    ],
  ];
}

/** `base` is the address of the served book, with its last slash. */
export async function figureRows(browser: Browser, base: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const figure of FIGURES) rows.push(...(await rowsOf(browser, base, figure)));
  return rows;
}

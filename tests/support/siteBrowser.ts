/** What browser tests of the book share: its pages, and what a page fetched. */
import { gzipSync } from 'node:zlib';
import type { Page, Response } from '@playwright/test';

/** Every page that is read; answers and the page for wrong addresses apart. */
export const READING_PAGES = [
  '/',
  '/virtualization/',
  '/virtualization/virtual-machines/',
  '/virtualization/images/',
  '/virtualization/containers/',
  '/virtualization/registries/',
  '/virtualization/serverless/',
] as const;

/** The page of the section on container disks, its figure and its exercise. */
export const CONTAINERS = '/virtualization/containers/';

/** For a page's start: a machine so busy that the browser has no idle moment. */
export function neverIdle(): void {
  window.requestIdleCallback = (task, { timeout } = {}) =>
    timeout === undefined
      ? 0
      : window.setTimeout(task, timeout, { didTimeout: true, timeRemaining: () => 0 });
}

/** Strings that survive minification and give away the kernel's file systems and the lab's editor, terminal and sandbox. */
export const KERNEL_MARK = /trusted\.overlay\./;
export const LAB_MARK = /\.monaco-editor|\.xterm|quickjs/i;

export interface Fetched {
  readonly url: string;
  readonly type: string;
  /** Compressed with gzip, as a server would send it. */
  readonly bytes: number;
  readonly text: string;
}

/** Opens `address` and returns all scripts and style sheets that came with it, those in the page itself included. */
export async function openAndWeigh(page: Page, address: string): Promise<Fetched[]> {
  const pending: Promise<Fetched | null>[] = [];
  const record = async (response: Response): Promise<Fetched | null> => {
    const type = response.request().resourceType();
    if (type !== 'script' && type !== 'stylesheet') return null;
    const body = await response.body();
    return { url: response.url(), type, bytes: gzipSync(body).length, text: body.toString() };
  };
  page.on('response', (response) => pending.push(record(response)));
  await page.goto(address, { waitUntil: 'networkidle' });
  const inline = await page.evaluate(() =>
    [...document.querySelectorAll('script:not([src])')].map((script) => script.textContent ?? '').join('\n'),
  );
  const files = (await Promise.all(pending)).filter((file) => file !== null);
  return [...files, { url: 'inline', type: 'script', bytes: gzipSync(inline).length, text: inline }];
}

/** Errors that the page reports, violations of its content policy included. Call before opening it. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

/** What browser tests of the lab share: opening the exercise, its terminal, its code. */
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import { CONTAINERS } from './siteBrowser.ts';

/** The exercise that the tests open; it stands in the chapter on containers. */
export const EXERCISE = 'container-disk-write';

/** A slow machine builds a world, or replays a session, within this many milliseconds. */
export const SLOW = 30_000;

/** A file of the exercise's folder. */
export const exerciseFile = (name: string): string =>
  readFileSync(new URL(`../../content/exercises/${EXERCISE}/${name}`, import.meta.url), 'utf8');

/** The lab on its page, as axe and others are told. */
export const LAB = '[data-virtbook-lab]';

export const labOf = (page: Page): Locator => page.locator(LAB);

export const startButton = (page: Page): Locator =>
  page.locator('exercise-card').getByRole('button', { name: /Start|Continue/ });

/** Waits until the exercise can be worked in and its terminal shows a prompt. */
export async function labReady(page: Page): Promise<Locator> {
  const lab = labOf(page);
  await expect(lab).toHaveAttribute('data-state', 'ready', { timeout: SLOW });
  await expect(lab.locator('.vb-terminal')).toHaveAttribute('data-prompt-ready', 'true', { timeout: SLOW });
  return lab;
}

/** Reads the chapter and starts the exercise. */
export async function openLab(page: Page): Promise<Locator> {
  await page.goto(CONTAINERS);
  await startButton(page).click();
  return labReady(page);
}

/** Loads the page again and goes on with the exercise. */
export async function reopenLab(page: Page): Promise<Locator> {
  await page.reload();
  await startButton(page).click();
  return labReady(page);
}

/** What is to be read on the terminal's screen. */
export const screen = (page: Page): Locator => page.locator('.vb-xterm:not([hidden]) .xterm-rows');

/** Types a command into the terminal and waits for what it prints. */
export async function run(page: Page, command: string, shown: RegExp): Promise<void> {
  await page.locator('.vb-xterm:not([hidden]) textarea').focus();
  await page.keyboard.type(command);
  await page.keyboard.press('Enter');
  await expect(screen(page)).toContainText(shown, { timeout: SLOW });
}

/** Turns the editor into the plain text box and returns it. */
export async function plainEditor(page: Page): Promise<Locator> {
  const editor = page.locator('.vb-editor');
  const box = editor.locator('.vb-code-box');
  if ((await editor.getAttribute('data-mode')) !== 'plain')
    await editor.getByRole('button', { name: 'Plain text' }).click();
  await expect(box).toBeVisible({ timeout: SLOW });
  return box;
}

/** Waits until the stored work on the exercise says what `holds` asks for. */
export async function stored(page: Page, holds: (work: StoredWork | undefined) => boolean): Promise<void> {
  await expect
    .poll(async () => holds(await page.evaluate(readStoredWork, EXERCISE)), { timeout: SLOW })
    .toBe(true);
}

export interface StoredWork {
  readonly files: Readonly<Record<string, string>>;
}

/** Runs in the page. */
function readStoredWork(id: string): Promise<StoredWork | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('virtbook-lab');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const reading = database.transaction('work').objectStore('work').get(id);
      reading.onsuccess = () => {
        database.close();
        resolve(reading.result);
      };
      reading.onerror = () => reject(reading.error);
    };
  });
}

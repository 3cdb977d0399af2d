/** Go templates as `--format` takes them: their code (template/) comes with the later part (rarer.ts). */
import { CodeMissing } from '../later.ts';
import type { Telling, templateOf as TemplateOf } from './template/index.ts';

let provided: typeof TemplateOf | null = null;

export function provideTemplates(code: typeof TemplateOf): void {
  provided = code;
}

/** `template` as it is filled from one thing after the other. Throws DockerError for a mistake in it, and so does what it gives. */
export function templateOf(template: string, telling: Telling = {}): (data: unknown) => string {
  if (provided === null) throw new CodeMissing('docker --format');
  return provided(template, telling);
}

/** `template` filled from `data`. Throws DockerError for a mistake in it. */
export const fill = (template: string, data: unknown, telling: Telling = {}): string =>
  templateOf(template, telling)(data);

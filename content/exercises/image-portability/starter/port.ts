import type { Image, Plan, Step, Target } from './api.d.ts';

/**
 * Seconds that `bytes` take over a link rated `ratedBitsPerSecond`, of which the share `efficiency` (above 0, up to 1) gets through.
 */
export function transferSeconds(bytes: number, ratedBitsPerSecond: number, efficiency: number): number {
  return bytes / ratedBitsPerSecond;
}

/**
 * What has to be done to bring an image to another cloud: the steps in their order and no step that is not needed, or all reasons why
 * it cannot be. The kinds of steps and reasons, with what each means, are in api.d.ts.
 */
export function plan(image: Image, target: Target): Plan {
  // So far only the file travels.
  const steps: Step[] = [
    { do: 'export', format: image.exports[0] ?? 'raw' },
    { do: 'upload' },
    { do: 'import', bootMode: image.bootMode },
  ];
  return { steps };
}

/** Fixed anchors: lets a chapter write `## A heading {#its-anchor}`, so that links survive a change of the heading's words. */
import type { AstroIntegration } from 'astro';

interface ProcessorWithFeatures {
  options: { features: { headingAttributes?: boolean } };
}

/** Must stand before Starlight, whose Markdown processor copies the options. */
export function headingAnchors(): AstroIntegration {
  return {
    name: 'virtbook-heading-anchors',
    hooks: {
      'astro:config:setup': ({ config }) => {
        const processor = config.markdown.processor as unknown as ProcessorWithFeatures;
        processor.options.features.headingAttributes = true;
      },
    },
  };
}

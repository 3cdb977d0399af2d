import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { exerciseFolders } from './src/lab/folders/vite.ts';
import { labVite } from './src/lab/styles/vite.ts';
import { sidebar } from './src/site/chapters.ts';
import { contentPolicy } from './src/site/integrations/contentPolicy.ts';
import { headingAnchors } from './src/site/integrations/headingAnchors.ts';
import { offline } from './src/site/integrations/offline.ts';

// https://astro.build/config. The book is static: everything on a page can be read without script.
export default defineConfig({
  srcDir: './src/site',
  publicDir: './public',
  outDir: './dist',
  cacheDir: './.cache/astro',
  trailingSlash: 'always',
  // It is for those who build a site's frame, and its script is not there at the first visit.
  devToolbar: { enabled: false },
  integrations: [
    headingAnchors(),
    starlight({
      title: 'Virtbook',
      description: 'A course textbook on virtualization that runs.',
      disable404Route: true,
      credits: false,
      favicon: '/favicon.svg',
      sidebar,
      components: { Search: './src/site/components/Search.astro' },
      // Long lines wrap, so that no code has to be scrolled sideways, by keyboard least of all.
      expressiveCode: { defaultProps: { wrap: true } },
      customCss: ['./src/site/styles/book.css', './src/site/styles/print.css'],
      // The chapters lie outside of Starlight's own folder; without this they lose asides and heading links.
      markdown: { processedDirs: ['./content'] },
    }),
    contentPolicy(),
    offline(),
  ],
  vite: { plugins: [labVite(), exerciseFolders()], worker: { plugins: () => [exerciseFolders()] } },
});

/** What a chapter and an exercise's texts must have at their heads; a build stops at a file that lacks it. */

import { defineCollection } from 'astro:content';
import { docsSchema } from '@astrojs/starlight/schema';
import { glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { pageId } from './chapters.ts';

const docs = defineCollection({
  loader: glob({
    base: './content/chapters',
    pattern: '**/*.mdx',
    generateId: ({ entry }) => pageId(entry),
  }),
  schema: docsSchema(),
});

const questions = defineCollection({
  loader: glob({
    base: './content/exercises',
    pattern: '*/question.mdx',
    generateId: ({ entry }) => entry.split('/')[0] ?? entry,
  }),
  schema: z.object({
    title: z.string(),
    /** What a learner needs at most, in minutes. */
    minutes: z.number().int().min(5).max(40),
    /** Each completes "After it you can …". */
    outcomes: z.array(z.string()).min(2).max(5),
  }),
});

const answers = defineCollection({
  loader: glob({
    base: './content/exercises',
    pattern: '*/answer.mdx',
    generateId: ({ entry }) => entry.split('/')[0] ?? entry,
  }),
  schema: z.object({ title: z.string() }),
});

export const collections = { docs, questions, answers };

/** The order of the book, and the address of a page from its file's place. */

/** `02-virtualization/03-containers.mdx` → `virtualization/containers`; numbers order files, they are no part of an address. */
export function pageId(file: string): string {
  const parts = file
    .replace(/\.mdx$/, '')
    .split('/')
    .map((part) => part.replace(/^\d+-/, ''));
  if (parts.length > 1 && parts.at(-1) === 'index') parts.pop();
  return parts.join('/');
}

interface SidebarPage {
  label: string;
  slug: string;
}

interface SidebarGroup {
  label: string;
  items: SidebarPage[];
}

/** Starlight's side bar, given by hand because the chapters lie outside of Starlight's own folder. */
export const sidebar: (SidebarPage | SidebarGroup)[] = [
  { label: 'About this book', slug: 'index' },
  {
    label: '2 Virtualization',
    items: [
      { label: 'Overview', slug: 'virtualization' },
      { label: '1 Virtual machines', slug: 'virtualization/virtual-machines' },
      { label: '2 VM images', slug: 'virtualization/images' },
      { label: '3 Containers', slug: 'virtualization/containers' },
      { label: '4 Container repositories', slug: 'virtualization/registries' },
      { label: '5 Serverless', slug: 'virtualization/serverless' },
    ],
  },
];

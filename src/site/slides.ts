/** Where each of the course's 29 slides is treated: its number → page and anchor. A test holds that every anchor is there. */

export interface SlidePlace {
  readonly slide: number;
  readonly title: string;
  /** The page's id, as in `chapters.ts`. */
  readonly page: string;
  readonly anchor: string;
}

const chapter = 'virtualization';
const vm = `${chapter}/virtual-machines`;
const img = `${chapter}/images`;
const con = `${chapter}/containers`;
const reg = `${chapter}/registries`;
const srv = `${chapter}/serverless`;

const places: readonly (readonly [string, string, string])[] = [
  ['Title', chapter, 'intro'],
  ['Outline: virtual machines', vm, 'vm-outline'],
  ['What is a virtual machine?', vm, 'vm-what'],
  ['Type 1 hypervisor', vm, 'vm-types'],
  ['Type 2 hypervisor', vm, 'vm-types'],
  ['VM resources', vm, 'vm-resources'],
  ['Discussion questions', vm, 'vm-questions'],
  ['Outline: virtual machine images', img, 'img-outline'],
  ['VM image', img, 'img-what'],
  ['Creating an image and using it', img, 'img-clone'],
  ['Image across network', img, 'img-transfer'],
  ['Discussion question', img, 'img-portability'],
  ['Outline: containers', con, 'con-outline'],
  ['Container as a light-weight mechanism', con, 'con-what'],
  ['Executing container', con, 'con-stack'],
  ['Container layers', con, 'con-layers'],
  ['Virtue of using layers', con, 'con-delta'],
  ['Comparing VMs and containers', con, 'con-vs-vm'],
  ['Discussion questions', con, 'con-questions'],
  ['Outline: container repositories', reg, 'reg-outline'],
  ['Container repositories', reg, 'reg-what'],
  ['Docker Hub', reg, 'reg-hub'],
  ['Integrating with development workflow', reg, 'reg-workflow'],
  ['Discussion question', reg, 'reg-choice'],
  ['Outline: serverless architecture', srv, 'srv-outline'],
  ['Serverless example', srv, 'srv-php'],
  ['General definition', srv, 'srv-def'],
  ['More complicated example', srv, 'srv-email'],
  ['Discussion questions', srv, 'srv-questions'],
];

export const slides: readonly SlidePlace[] = places.map(([title, page, anchor], index) => ({
  slide: index + 1,
  title,
  page,
  anchor,
}));

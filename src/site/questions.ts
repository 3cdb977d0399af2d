/** The fifteen questions of the book, one for each discussion question of the course's slides, in their order. */

export interface BookQuestion {
  /** Fixed: addresses, submissions and gradebooks use it. Also the exercise's folder name. */
  readonly id: string;
  /** The part's letters and the question's number on its slide. */
  readonly code: string;
  readonly slide: number;
  /** Our own wording; it asks what the slide asks. */
  readonly wording: string;
}

export const questions: readonly BookQuestion[] = [
  {
    id: 'vm-isolation',
    code: 'VM-1',
    slide: 7,
    wording:
      'Several VMs share one host. What stops the actions of one from reaching another? Answer for each resource by itself: processor, memory, disk, network.',
  },
  {
    id: 'vm-disk-write',
    code: 'VM-2',
    slide: 7,
    wording:
      'A program in a VM saves a file. Which stations do its bytes pass before they lie on a disk of the host?',
  },
  {
    id: 'vm-network-write',
    code: 'VM-3',
    slide: 7,
    wording:
      'A program in a VM sends a packet. How does the packet leave the VM, and who decides where it goes?',
  },
  {
    id: 'vm-create',
    code: 'VM-4',
    slide: 7,
    wording: 'What has to be made, reserved and recorded on a host before a new VM exists?',
  },
  {
    id: 'vm-boot',
    code: 'VM-5',
    slide: 7,
    wording: 'A VM has been created. What happens between switching it on and its login prompt?',
  },
  {
    id: 'image-portability',
    code: 'IMG-1',
    slide: 12,
    wording:
      'You have a VM image that was made on AWS. Can it be brought to Google Cloud, and what has to change on the way?',
  },
  {
    id: 'container-isolation',
    code: 'CON-1',
    slide: 19,
    wording:
      'What keeps the actions of one container apart from those of another on the same host? Does it matter whether one engine runs both?',
  },
  {
    id: 'container-disk-write',
    code: 'CON-2',
    slide: 19,
    wording:
      'A program in a container writes to a file. Where do the bytes go, what does everybody else see, and when are they gone?',
  },
  {
    id: 'container-network-write',
    code: 'CON-3',
    slide: 19,
    wording:
      'A program in a container sends a packet. How does it get out, and how does the reply find back?',
  },
  {
    id: 'container-create',
    code: 'CON-4',
    slide: 19,
    wording:
      'How does a container come to be: from source files to an image, and from an image to a container?',
  },
  {
    id: 'container-start',
    code: 'CON-5',
    slide: 19,
    wording: 'A container exists but nothing runs in it. What happens until its program does?',
  },
  {
    id: 'container-layers',
    code: 'CON-6',
    slide: 19,
    wording:
      'A new version of an image differs in its top layer alone. How do the machines that build, store and fetch it find that out?',
  },
  {
    id: 'registry-choice',
    code: 'REG-1',
    slide: 24,
    wording:
      'Which places for container images exist besides Docker Hub, and what speaks for one or another?',
  },
  {
    id: 'serverless-deploy',
    code: 'SRV-1',
    slide: 29,
    wording:
      'A provider is handed a container image. How does it know that the image is to be run as a serverless function and not as a service?',
  },
  {
    id: 'serverless-limits',
    code: 'SRV-2',
    slide: 29,
    wording: 'A serverless container must keep no state. What else may it not do, or not count on?',
  },
];

/** The question with this id; throws when there is none, so that a chapter cannot name a wrong one. */
export function questionOf(id: string): BookQuestion {
  const question = questions.find((candidate) => candidate.id === id);
  if (question === undefined)
    throw new Error(`there is no question "${id}": questions.ts lists those of the book`);
  return question;
}

import type { GuestMemory, Image, Queue } from './api.d.ts';

// This file is the back end of the disk vdb of the VM “db”: save it, and the next doorbell of the guest runs your
// function. The disk's image is /var/lib/libvirt/images/lab.img on the host.

// A flag of a descriptor (virtio 1.2, 2.7.5); the others are WRITE, 2, and INDIRECT, 4.
const NEXT = 1;

// A type of a request (5.2.6); the others are IN, 0, and OUT, 1.
const FLUSH = 4;

// What a request's last byte says when it is done; UNSUPP is 2.
const OK = 0;
const IOERR = 1;

/**
 * Called at every doorbell. Carries out each request that the driver has made available and gives its chain back on the used
 * ring; returns whether the guest is to be interrupted.
 *
 * A chain is a run of bytes for you to read (the header: type u32, reserved u32, sector u64; then, for OUT, the data) and after it a run of
 * bytes for you to write (for IN the data; the last byte of all is the status). Where the driver has cut these runs into descriptors
 * means nothing. The used ring's index counts the chains that were given back; those from there up to the available ring's index wait
 * for you. With a chain goes the number of bytes that you wrote into it.
 *
 * - Other types are answered UNSUPP. A request that is not made of whole sectors on the disk is answered IOERR and touches nothing but its
 *   status; so is OUT to a read-only disk, and what the image fails to do.
 * - A chain that breaks a rule is given back with length 0, and nothing of it is carried out: it is longer than the queue, leads out of the
 *   table or of the guest's memory, has no whole header or no byte for the status, has something to read after something to write, or has
 *   an INDIRECT descriptor, which this device did not offer.
 * - The driver sets bit 0 of the available ring's flags, NO_INTERRUPT, while it wants no interrupt.
 */
export function service(queue: Queue, guestMemory: GuestMemory, image: Image): boolean {
  const index = guestMemory.readU16(queue.used + 2);
  if (index === guestMemory.readU16(queue.available + 2)) return false;
  const head = guestMemory.readU16(queue.available + 4 + 2 * (index % queue.size));

  // So far one chain is taken, the header is looked for in its first descriptor and the status in its last, and only FLUSH is done.
  let last = head;
  while ((guestMemory.readU16(queue.descriptors + 16 * last + 12) & NEXT) !== 0)
    last = guestMemory.readU16(queue.descriptors + 16 * last + 14);
  const header = guestMemory.readU64(queue.descriptors + 16 * head);
  const status = guestMemory.readU64(queue.descriptors + 16 * last);
  if (guestMemory.readU32(header) === FLUSH) {
    image.flush();
    guestMemory.write(status, Uint8Array.of(OK));
  } else guestMemory.write(status, Uint8Array.of(IOERR));

  const element = queue.used + 4 + 8 * (index % queue.size);
  guestMemory.writeU32(element, head);
  guestMemory.writeU32(element + 4, 1);
  guestMemory.writeU16(queue.used + 2, index + 1);
  return true;
}

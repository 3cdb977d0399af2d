/** Guests in assembly that drive a virtio device by hand: the least that virtio 1.2 asks (3.1.1, 4.2.3). */

export interface DiskRequest {
  /** 0 reads, 1 writes, 4 flushes (5.2.6). */
  readonly type?: number;
  readonly sector?: number;
  readonly bytes?: number;
}

/**
 * One request to the disk in slot 0, its data at the guest physical address `data`; then prints the status as a digit, `?` when the
 * device does not answer, and idles.
 */
export function diskRequest(data: number, { type = 0, sector = 0, bytes = 512 }: DiskRequest = {}): string {
  const words = (value: number) => `${value % 2 ** 32}, ${Math.floor(value / 2 ** 32)}`;
  return `
  .equ DEVICE, 0x10001000
  li s0, DEVICE
  li t0, 3
  sw t0, 0x70(s0)
  li t0, 1
  sw t0, 0x24(s0)
  sw t0, 0x20(s0)
  li t0, 11
  sw t0, 0x70(s0)
  li t0, 8
  sw t0, 0x38(s0)
  la t0, descriptors
  sw t0, 0x80(s0)
  la t0, available
  sw t0, 0x90(s0)
  la t0, used
  sw t0, 0xa0(s0)
  li t0, 1
  sw t0, 0x44(s0)
  li t0, 15
  sw t0, 0x70(s0)
  la t0, available
  li t1, 1
  sh t1, 2(t0)
  fence
  sw zero, 0x50(s0)
  la t0, used
  li t2, 50000
1:lhu t1, 2(t0)
  bnez t1, 2f
  addi t2, t2, -1
  bnez t2, 1b
2:la t0, status
  lbu a0, 0(t0)
  addi a0, a0, 48
  li a7, 1
  ecall
3:wfi
  j 3b
.align 4
descriptors:
  .word header, 0, 16, 0x00010001
  .word ${words(data)}, ${bytes}, ${type === 0 ? '0x00020003' : '0x00020001'}
  .word status, 0, 1, 2
  .zero 80
header: .word ${type}, 0, ${words(sector)}
available: .zero 24
.align 2
used: .zero 80
status: .byte 15
`;
}

/**
 * A guest that writes `pages` pages from RAM + 1 MiB on, and then gives them to the balloon in slot 0, one by one, as many as the host
 * would like to have. A mute one has its driver ready and never gives any.
 */
export function balloonGuest(pages: number, { mute = false } = {}): string {
  return `
  .equ DEVICE, 0x10001000
  li s0, DEVICE
  li t0, 3
  sw t0, 0x70(s0)
  li t0, 1
  sw t0, 0x24(s0)
  sw t0, 0x20(s0)
  li t0, 11
  sw t0, 0x70(s0)
  li t0, 8
  sw t0, 0x38(s0)
  la t0, descriptors
  sw t0, 0x80(s0)
  la t0, available
  sw t0, 0x90(s0)
  la t0, used
  sw t0, 0xa0(s0)
  li t0, 1
  sw t0, 0x44(s0)
  li t0, 15
  sw t0, 0x70(s0)
  li s1, ${pages}
  li s2, RAM + 0x100000
  li t2, 0x1000
  mv t1, s1
1:sw s2, 0(s2)
  add s2, s2, t2
  addi t1, t1, -1
  bnez t1, 1b
  li s3, 0
2:${mute ? 'j 2b' : ''}
  lw t0, 0x100(s0)
  bgeu s3, t0, 2b
  bgeu s3, s1, 2b
  li t0, (RAM + 0x100000) >> 12
  add t0, t0, s3
  la t1, number
  sw t0, 0(t1)
  la t0, available
  lhu t1, 2(t0)
  addi t1, t1, 1
  sh t1, 2(t0)
  fence
  sw zero, 0x50(s0)
  la t0, used
3:lhu t2, 2(t0)
  bne t2, t1, 3b
  addi s3, s3, 1
  sw s3, 0x104(s0)
  j 2b
.align 4
descriptors:
  .word number, 0, 4, 0
  .zero 112
number: .word 0
available: .zero 24
.align 2
used: .zero 80
`;
}

/** Writes `pages` pages from RAM + 64 KiB on, one after the other, prints a dot and powers off. */
export const memoryEater = (pages: number) => `
  li s0, RAM + 0x10000
  li s1, ${pages}
  li t0, 0x1000
1:sw s0, 0(s0)
  add s0, s0, t0
  addi s1, s1, -1
  bnez s1, 1b
  putc '.'
  off`;

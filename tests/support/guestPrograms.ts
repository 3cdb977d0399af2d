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

import { createHmac } from 'node:crypto';

/** totp is the code that an authenticator app shows (RFC 6238). */
export function totp(secret: string, at = Date.now()): string {
  let bits = '';
  for (const c of secret.replace(/\s/g, '').toUpperCase()) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const h = createHmac('sha1', key).update(step).digest();
  const from = (h[19] ?? 0) & 15;
  return String((h.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

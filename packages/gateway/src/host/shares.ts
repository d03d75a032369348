/** A variant that answers now, with its share in percent and the version that answers for it. */
export type Share = { name: string; weight: number; version: number };

/**
 * The variant that answers a request: always the same one for the same id, as long as the shares stay.
 *
 * @remarks
 * Weights need not add up to 100: while one variant is not loaded, the others divide its share. One variant alone costs
 * no look at the id.
 */
export function shareOf(
  shares: readonly Share[],
  requestId = '',
): Share | undefined {
  if (shares.length < 2) return shares[0];
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  let left = fractionOf(requestId) * total;
  return shares.find(({ weight }) => (left -= weight) < 0) ?? shares.at(-1);
}

/** A number from 0 up to 1, evenly spread over ids: FNV-1a with the last mix of MurmurHash3. */
function fractionOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

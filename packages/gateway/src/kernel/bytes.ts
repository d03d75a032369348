/** Bytes that came in pieces, in one piece: a copy when there are several. */
export function inOnePiece(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** Splits bytes that came in pieces in two, without a copy. */
export function splitAt(
  parts: readonly Buffer[],
  at: number,
): [Buffer[], Buffer[]] {
  const front: Buffer[] = [];
  const back: Buffer[] = [];
  let left = at;
  for (const part of parts) {
    if (left >= part.length) front.push(part);
    else if (left <= 0) back.push(part);
    else {
      front.push(part.subarray(0, left));
      back.push(part.subarray(left));
    }
    left -= part.length;
  }
  return [front, back];
}

import { inOnePiece } from '../kernel/bytes';
import { FrameReader, toFrame } from './frames';

describe('frames', () => {
  const read = (chunks: Buffer[]) => {
    const found: { head: unknown; bytes: Buffer[] }[] = [];
    const reader = new FrameReader((head, bytes) =>
      found.push({ head, bytes }),
    );
    chunks.forEach(chunk => reader.push(chunk));
    return found;
  };
  const sent = [
    { head: { id: 1, text: 'Größe' }, bytes: [Buffer.from('abc')] },
    { head: { id: 2 }, bytes: [] },
    { head: { id: 3 }, bytes: [Buffer.from('de'), Buffer.from('fghij')] },
  ];
  const stream = Buffer.concat(
    sent.flatMap(({ head, bytes }) => toFrame(head, bytes)),
  );

  it.each([1, 2, 3, 7, 8, 9, 50, 1000])(
    'are found in a stream that comes in pieces of %d bytes',
    size => {
      const chunks = Array.from(
        { length: Math.ceil(stream.length / size) },
        (_, index) => stream.subarray(index * size, (index + 1) * size),
      );
      expect(
        read(chunks).map(({ head, bytes }) => [head, `${inOnePiece(bytes)}`]),
      ).toEqual([
        [{ id: 1, text: 'Größe' }, 'abc'],
        [{ id: 2 }, ''],
        [{ id: 3 }, 'defghij'],
      ]);
    },
  );

  it('hand bytes on in the pieces in which they came, without a copy', () => {
    const [start, ...rest] = toFrame({ id: 1 }, [
      Buffer.alloc(9, 'a'),
      Buffer.alloc(5, 'b'),
    ]);
    const [{ bytes }] = read([start, ...rest]);
    expect(bytes).toHaveLength(2);
    bytes.forEach((part, index) => expect(part).toBe(rest[index]));
  });
});

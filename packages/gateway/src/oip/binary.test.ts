import { readBlob, writeBlob } from './binary';

describe('binary tensor data', () => {
  it('refuses strings that are not UTF-8', () => {
    const blob = Buffer.from([1, 0, 0, 0, 0xff]);
    expect(() => readBlob('X', 'string', 1, blob)).toThrow(
      /string 0 is not UTF-8/,
    );
  });

  it('keeps every text, a byte order mark among them', () => {
    const data = ['', '\ufeffa', 'ab', '𝄞'];
    const blob = writeBlob({ type: 'string', dims: [4], data });
    expect(readBlob('X', 'string', 4, blob)).toEqual(data);
  });

  it('refuses strings that the runtime would cut off', () => {
    const blob = writeBlob({ type: 'string', dims: [1], data: ['a\u0000b'] });
    expect(() => readBlob('X', 'string', 1, blob)).toThrow(/zero byte/);
  });

  it('refuses bytes for BOOL that are neither 0 nor 1', () => {
    expect(() => readBlob('X', 'bool', 2, Buffer.from([1, 2]))).toThrow(
      /byte 1 is 2/,
    );
  });
});

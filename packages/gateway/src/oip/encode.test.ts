import { type Tensor } from '../tensors/tensors';
import { encodeAnswer } from './encode';

describe('binary tensor data', () => {
  it('is written in the order of the outputs', () => {
    const tensor = (value: number): Tensor => ({
      type: 'uint8',
      dims: [1],
      data: Uint8Array.of(value),
    });
    const { parts } = encodeAnswer({
      model: 'm',
      version: 1,
      id: undefined,
      outputs: new Map([
        ['z', tensor(1)],
        ['a', tensor(2)],
      ]),
      isBinary: () => true,
    });
    expect(parts.slice(1)).toEqual([Buffer.from([1]), Buffer.from([2])]);
  });
});

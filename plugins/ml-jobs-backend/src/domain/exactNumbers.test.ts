import { requireExact } from './exactNumbers';

describe('numbers', () => {
  it('are refused in a request when their last digit may be lost already', () => {
    expect(() => requireExact({ seed: 9007199254740993 })).toThrow(
      'The parameter seed is 9007199254740992, which a number keeps only up to 9007199254740991',
    );
    expect(() =>
      requireExact({ seed: '9007199254740993', rate: 1.5, on: true }),
    ).not.toThrow();
  });
});

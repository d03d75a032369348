import { closest } from './closest';

describe('the closest word', () => {
  const words = ['entryPoint', 'environment', 'resources', 'gpus', 'cpu'];

  it.each([
    ['entrypoint', 'entryPoint'],
    ['entry_point', 'entryPoint'],
    ['Entry-Point', 'entryPoint'],
    ['environments', 'environment'],
    ['resource_s', 'resources'],
    ['gpu', 'gpus'],
    ['cpus', 'cpu'],
    ['memory', undefined],
    ['x', undefined],
    ['', undefined],
    ['e'.repeat(100_000), undefined],
  ])('of %.20s is %s', (word, expected) => {
    expect(closest(word, words)).toBe(expected);
  });
});

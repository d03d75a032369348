import { durationMs, memoryBytes } from './duration';

it('reads durations and amounts of memory', () => {
  expect(durationMs('P1DT2H3M4S')).toBe(93_784_000);
  expect(durationMs('PT30M')).toBe(1_800_000);
  expect(memoryBytes('1.5Gi')).toBe(1_610_612_736);
});

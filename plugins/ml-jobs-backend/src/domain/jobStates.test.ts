import { assertTransition, isOver } from './jobStates';

describe('the states of a job', () => {
  it('says what is allowed when a change is not', () => {
    expect(() => assertTransition('running', 'preparing')).toThrow(
      'A job that is running cannot become preparing; allowed: succeeded, failed, cancelled, queued',
    );
    expect(() => assertTransition('succeeded', 'queued')).toThrow(
      'allowed: nothing',
    );
  });

  it('knows the ends', () => {
    expect(isOver('cancelled')).toBe(true);
    expect(isOver('preparing')).toBe(false);
  });
});

import {
  choosePriority,
  chooseQueue,
  usualAdmission,
  usualQueue,
} from './queueOptions';

const owner = 'group:default/a';
const research = { ...usualQueue, name: 'research', groups: [owner] };
const closed = { ...usualQueue, name: 'closed', accepts: false };
const vision = { ...usualQueue, name: 'vision', groups: ['group:default/b'] };
const queues = [research, vision, closed, usualQueue];

describe('the queue of a new job', () => {
  it.each([
    ['its own', { owner, queue: 'default' }, 'default'],
    ['that of its owner', { owner }, 'research'],
    ['the default one', { owner: 'group:default/c' }, 'default'],
  ])('is %s', (_, job, name) => {
    expect(chooseQueue(queues, job).name).toBe(name);
  });

  it('is the default one where no queues are configured, whatever it names', () => {
    expect(chooseQueue([usualQueue], { owner, queue: 'research' }).name).toBe(
      'default',
    );
  });

  it.each([
    [
      'gone',
      "There is no queue 'gone'; those of group:default/a: research, closed, default",
    ],
    [
      'vision',
      "There is no queue 'vision'; those of group:default/a: research, closed, default",
    ],
    [
      'closed',
      "The queue 'closed' takes no new jobs at present; those of group:default/a: research, default",
    ],
  ])('is refused: %s', (queue, message) => {
    expect(() => chooseQueue(queues, { owner, queue })).toThrow(message);
  });

  it('has a class, which has to be one of those there are', () => {
    const { priorities } = usualAdmission;
    expect(choosePriority(priorities, undefined)).toBe('standard');
    expect(() => choosePriority(priorities, 'toString')).toThrow(
      "There is no priority 'toString'; there are production, standard, background",
    );
  });
});

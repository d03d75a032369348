import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { callerOf } from '../caller/caller';
import {
  auditedContentRead,
  dataRefusal,
  type DataAnswer,
} from './guardedData';

const caller = callerOf(mockCredentials.user('user:default/ann'));
const open: DataAnswer = { ref: 'weather', mayRead: true, because: 'open' };
const granted: DataAnswer = {
  ref: 'scans',
  mayRead: true,
  because: 'grant',
  grant: 'g1',
};
const owned: DataAnswer = { ref: 'bills', mayRead: true, because: 'owner' };
const closed: DataAnswer = {
  ref: 'masses',
  mayRead: false,
  message: 'Ask ben for a grant',
};

describe('a read of what came out of data', () => {
  const read = async (answers: DataAnswer[], shows?: string) => {
    const events: object[] = [];
    const auditor = mockServices.auditor.mock({
      createEvent: async event => {
        const ends = (outcome: string) => async () => {
          events.push({ ...event, outcome });
        };
        return { success: ends('given'), fail: ends('refused') };
      },
    });
    const ended = await auditedContentRead(auditor, {
      caller,
      what: 'The log of job j1',
      shows,
      answers,
      meta: { job: 'j1' },
    }).then(
      () => 'given',
      error => `${error.name} ${error.code}: ${error.message}`,
    );
    return { ended, events };
  };
  const eventOf = (outcome: string, meta: object) => ({
    eventId: 'guarded-content-read',
    severityLevel: 'medium',
    request: undefined,
    outcome,
    meta: {
      actor: 'user:default/ann',
      what: 'The log of job j1',
      job: 'j1',
      ...meta,
    },
  });

  it('is given and not written down where no data set is guarded', async () => {
    for (const answers of [[], [open]]) {
      expect(await read(answers)).toEqual({ ended: 'given', events: [] });
    }
  });

  it('is written down with the right for each guarded data set, named once', async () => {
    expect(await read([open, granted, owned, granted])).toEqual({
      ended: 'given',
      events: [
        eventOf('given', {
          datasets: ['scans', 'bills'],
          because: [
            { right: 'grant', grant: 'g1' },
            { right: 'owner', grant: null },
          ],
        }),
      ],
    });
  });

  it('is refused for one data set among others, with whom to ask, and no right is written down', async () => {
    expect(await read([open, granted, closed])).toEqual({
      ended:
        'NotAllowedError ml-data.access-needed: The log of job j1 may show masses. Ask ben for a grant',
      events: [eventOf('refused', { datasets: ['scans', 'masses'] })],
    });
    const { ended } = await read([closed], 'shows values of');
    expect(ended).toContain('The log of job j1 shows values of masses.');
  });
});

describe('a refusal of data', () => {
  it.each([
    ['dataset:default/masses', 'dataset:default/masses'],
    ['credit/bills@12', 'dataset:credit/bills'],
    ['dataset:credit/bills@12', 'dataset:credit/bills'],
    ['masses', 'dataset:default/masses'],
    ['data of runs too far above it', undefined],
    ['a/b/c', undefined],
  ])('of %s names the data set as the catalog does', (ref, dataset) => {
    const refusal = dataRefusal('Ask ben', ref);
    expect(refusal.code).toBe('ml-data.access-needed');
    expect(refusal.dataset).toBe(dataset);
  });
});

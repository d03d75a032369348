import { ServiceUnavailableError } from '@backstage/errors';
import { patiently } from './patiently';

describe('patiently', () => {
  const said: string[] = [];
  const pauses: number[] = [];
  const waiting = {
    say: (text: string) => said.push(text),
    pause: async (ms: number) => pauses.push(ms),
  };
  beforeEach(() => {
    said.length = 0;
    pauses.length = 0;
  });

  it('asks until the portal answers, and says each once', async () => {
    let asked = 0;
    const answer = await patiently(async () => {
      if (++asked < 4) throw new ServiceUnavailableError('No portal answers');
      return 'here';
    }, waiting);
    expect(answer).toBe('here');
    expect(pauses).toEqual([5000, 5000, 5000]);
    expect(said).toEqual([
      'No portal answers. Asking again for up to 5 minutes',
      'The portal answers again',
    ]);
  });

  it('asks again after an answer that breaks off', async () => {
    let asked = 0;
    const ask = async () => {
      if (++asked === 1) throw new TypeError('terminated');
      return asked;
    };
    expect(await patiently(ask, waiting)).toBe(2);
  });

  it('gives up after five minutes, with what the last try said', async () => {
    await expect(
      patiently(async () => {
        throw new ServiceUnavailableError('No portal answers');
      }, waiting),
    ).rejects.toThrow('No portal answers');
    expect(pauses.reduce((sum, ms) => sum + ms)).toBe(5 * 60_000);
    expect(said.at(-1)).toBe('The portal has not come back in 5 minutes');
  });

  it('does not ask again where the portal refuses', async () => {
    await expect(
      patiently(async () => {
        throw new Error('not yours');
      }, waiting),
    ).rejects.toThrow('not yours');
    expect([said, pauses]).toEqual([[], []]);
  });
});

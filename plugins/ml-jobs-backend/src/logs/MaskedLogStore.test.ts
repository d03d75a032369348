// cspell:ignore pässword pässwor
import {
  describeLogStore,
  InMemoryLogStore,
} from '@downstage/plugin-ml-jobs-node/testUtils';
import { Secrets } from '../domain/secrets';
import { MaskedLogStore } from './MaskedLogStore';

const secret = 'pässword-of-the-bucket';
const masked = (store = new InMemoryLogStore(), hidden = [secret]) =>
  new MaskedLogStore({ store, secrets: new Secrets(hidden) });

describeLogStore('MaskedLogStore', async ({ mostBytes }) => {
  const logs = new Map<string, Buffer>();
  const open = () => masked(new InMemoryLogStore({ logs, mostBytes }), []);
  return { store: open(), reopened: async () => open(), close: async () => {} };
});

describe('secrets in a log store of a module', () => {
  const log = { jobId: 'job1', attempt: 1 };
  const bytes = Buffer.from(`key=${secret} is used\n`);
  const stars = '*'.repeat(Buffer.byteLength(secret));

  it('are hidden wherever a reader begins and ends', async () => {
    const store = masked();
    await store.append(log, { offset: 0, bytes });
    for (let offset = 0; offset < bytes.length; offset++) {
      for (const limit of [4, 7, 1_000]) {
        const piece = await store.read(log, { offset, limit, isOver: true });
        expect(`key=${stars} is used\n`).toContain(piece.text);
        expect(piece.nextOffset).toBeGreaterThan(offset);
      }
    }
    const { text } = await store.read(log, {
      offset: -bytes.length,
      limit: 99,
    });
    expect(text).toBe(`key=${stars} is used\n`);
  });

  it('are held back while their rest has not been written', async () => {
    const store = masked();
    await store.append(log, { offset: 0, bytes: bytes.subarray(0, 12) });
    const range = { offset: 0, limit: 1_000 };
    expect(await store.read(log, range)).toMatchObject({
      ...{ text: 'key=', nextOffset: 4, size: 12 },
    });
    await store.append(log, { offset: 12, bytes: bytes.subarray(12) });
    const rest = await store.read(log, { ...range, offset: 4 });
    expect(rest.text).toBe(`${stars} is used\n`);
  });

  it('show their begin where the log ends with it', async () => {
    const store = masked();
    await store.append(log, { offset: 0, bytes: bytes.subarray(0, 12) });
    const options = { offset: 0, limit: 1_000, isOver: true };
    const { text } = await store.read(log, options);
    expect(text).toBe('key=pässwor');
  });
});

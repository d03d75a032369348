import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describeArtifactStore } from '@downstage/plugin-ml-registry-node/testUtils';
import { testServer } from './__testUtils__/testServer';
import { S3ArtifactStore } from './S3ArtifactStore';

jest.setTimeout(120_000);
const server = testServer();
afterAll(() => server.close());

const of = (content: string) => Readable.from([Buffer.from(content)]);

describeArtifactStore('S3ArtifactStore', async () => {
  const options = await server.aPlace();
  return {
    store: new S3ArtifactStore(options),
    leftovers: () => server.unfinished(options),
  };
});

describe('S3ArtifactStore, being a bucket', () => {
  it('stays below its prefix', async () => {
    const options = await server.aPlace();
    const whole = new S3ArtifactStore(options);
    const inside = new S3ArtifactStore({
      ...options,
      prefix: `${options.prefix}/inside`,
    });
    await inside.put('1/x', of('x'));
    expect(await whole.list('')).toEqual([{ path: 'inside', isDir: true }]);
    expect(await inside.list('')).toEqual([{ path: '1', isDir: true }]);
  });

  it('signs an address from which anybody may fetch one file, ranges included, for a while', async () => {
    const store = new S3ArtifactStore(await server.aPlace());
    await store.put('1/a ü.html', of('0123456789'));
    const { url, headers } = await store.signGet('1/a ü.html', {
      expiresInSeconds: 60,
    });
    const whole = await fetch(url, { headers });
    expect(await whole.text()).toBe('0123456789');
    expect(whole.headers.get('content-disposition')).toBe('attachment');
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe('234');
    const forged = await fetch(url.replace('a%20', 'b%20'));
    expect(forged.status).toBe(403);
  });

  it('says what is wrong when the bucket is not there', async () => {
    const options = await server.aPlace();
    const store = new S3ArtifactStore({ ...options, bucket: 'no-such-bucket' });
    await expect(store.get('1/x')).rejects.toThrow();
    await expect(store.put('1/x', of('x'))).rejects.toThrow();
  });

  it('refuses a path that is longer than a key may be', async () => {
    const store = new S3ArtifactStore(await server.aPlace());
    const long = `${'folder/'.repeat(145)}x`;
    await expect(store.put(long, of('x'))).rejects.toThrow('Invalid path');
  });

  it('reads what it wrote', async () => {
    const store = new S3ArtifactStore(await server.aPlace());
    await store.put('1/x', of('content'));
    const file = await store.get('1/x');
    expect(file && (await text(file.content))).toBe('content');
  });
});

/* eslint-disable jest/no-export, jest/valid-title, jest/no-conditional-expect -- a suite for others to call; stores differ in how parts reach them */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ArtifactStore } from '../artifactStore';

const sha256 = (content: string | Buffer) =>
  createHash('sha256').update(content).digest('hex');
const of = (content: string | Buffer) => Readable.from([Buffer.from(content)]);
const mebibyte = 1024 * 1024;

/**
 * What every artifact store promises, as tests. Objects are whole or absent, and are replaced in one go. Odd names
 * work, and no name leads out of the root. Listings, ranges, large streams in constant memory, writers at the same
 * time, and uploads in parts are tested too.
 *
 * @example
 * ```ts
 * describeArtifactStore('FolderArtifactStore', async () => ({
 *   store: await FolderArtifactStore.open(folder),
 *   leftovers: async () => readdir(join(folder, '.incoming')),
 * }));
 * ```
 */
export function describeArtifactStore(
  name: string,
  /** Makes an empty store; `leftovers` lists what unfinished uploads left behind. */
  create: () => Promise<{
    store: ArtifactStore;
    leftovers: () => Promise<unknown[]>;
    dispose?: () => Promise<void>;
  }>,
): void {
  describe(name, () => {
    let made: Awaited<ReturnType<typeof create>>;
    let store: ArtifactStore;
    beforeEach(async () => {
      made = await create();
      store = made.store;
    });
    afterEach(async () => made.dispose?.());

    const read = async (path: string) => {
      const file = await store.get(path);
      return file && text(file.content);
    };

    it('stores, measures, lists, opens and removes', async () => {
      expect(await store.put('1/a b/ü.txt', of('hello'))).toEqual({
        size: 5,
        sha256: sha256('hello'),
      });
      expect(await store.list('1')).toEqual([{ path: '1/a b', isDir: true }]);
      expect(await store.list('1/a b')).toEqual([
        { path: '1/a b/ü.txt', isDir: false, size: 5 },
      ]);
      expect(await store.list('1/a b/ü.txt')).toEqual([]);
      expect(await store.list('')).toEqual([{ path: '1', isDir: true }]);
      expect(await store.stat('1/a b/ü.txt')).toEqual({ size: 5 });
      expect(await read('1/a b/ü.txt')).toBe('hello');
      await store.delete('1/a b');
      await store.delete('1/a b');
      expect(await store.get('1/a b/ü.txt')).toBeUndefined();
      expect(await store.stat('1/a b/ü.txt')).toBeUndefined();
      expect(await store.list('1/a b')).toEqual([]);
    });

    it('answers nothing for what is not there, and for folders', async () => {
      await store.put('1/folder/x', of('x'));
      expect(await store.get('1/folder')).toBeUndefined();
      expect(await store.stat('1/folder')).toBeUndefined();
      expect(await store.get('1/none')).toBeUndefined();
      expect(await store.list('nothing/here')).toEqual([]);
    });

    it.each([
      'with spaces and, commas;',
      'Größe 漢字 🚀.txt',
      'quo\'te"d (1).txt',
      'plus+and&and=and#hash?query',
      '100% sure.txt',
      'a%20b.txt',
      '-dash ~tilde $dollar.txt',
      'a-rather-long-name-'.repeat(11),
    ])('keeps the name %j', async odd => {
      await store.put(`1/run/artifacts/${odd}`, of(odd));
      expect(await store.list('1/run/artifacts')).toEqual([
        {
          path: `1/run/artifacts/${odd}`,
          isDir: false,
          size: Buffer.byteLength(odd),
        },
      ]);
      expect(await read(`1/run/artifacts/${odd}`)).toBe(odd);
      await store.delete(`1/run/artifacts/${odd}`);
      expect(await store.list('1/run/artifacts')).toEqual([]);
    });

    it.each(
      [
        '../x',
        'a/../../x',
        '..',
        '/etc/passwd',
        '',
        'a//b',
        '.',
        'a/./b',
        'a/b/',
        'a\\..\\b',
        'a\0b',
        '%2e%2e/x',
        'a/%2E%2E/%2e%2e/x',
        '%252e%252e/x',
        'a/..%2fx',
        '%2fetc/passwd',
        'a%5c..%5cb',
        'a%00b',
        `a/${'x'.repeat(256)}`,
        `${'x/'.repeat(2500)}x`,
      ].map(path => [
        path.length > 60 ? `of ${path.length} bytes` : path,
        path,
      ]),
    )('refuses the path %j', async (_what, path) => {
      await expect(store.put(path, of('x'))).rejects.toThrow('Invalid path');
      await expect(store.get(path)).rejects.toThrow('Invalid path');
      await expect(store.stat(path)).rejects.toThrow('Invalid path');
      await expect(store.delete(path)).rejects.toThrow('Invalid path');
      if (path !== '') {
        await expect(store.list(path)).rejects.toThrow('Invalid path');
      }
    });

    it('lists folders and files in order, and only what lies directly inside', async () => {
      for (const path of ['1/b/c/d', '1/a.txt', '1/b/x', '1/b.txt', '10/y']) {
        await store.put(path, of(path));
      }
      expect(await store.list('1')).toEqual([
        { path: '1/a.txt', isDir: false, size: 7 },
        { path: '1/b', isDir: true },
        { path: '1/b.txt', isDir: false, size: 7 },
      ]);
      expect((await store.list('')).map(({ path }) => path)).toEqual([
        '1',
        '10',
      ]);
    });

    it('lists more than a page of entries', async () => {
      const names = Array.from(
        { length: 1_050 },
        (_, n) => `1/many/${String(n).padStart(5, '0')}`,
      );
      const waiting = [...names];
      const putNext = async () => {
        for (let path = waiting.pop(); path; path = waiting.pop()) {
          await store.put(path, of('x'));
        }
      };
      await Promise.all(Array.from({ length: 20 }, putNext));
      expect((await store.list('1/many')).map(({ path }) => path)).toEqual(
        names,
      );
      await store.delete('1/many');
      expect(await store.list('1/many')).toEqual([]);
    });

    it('removes a folder with all it holds, and nothing beside it', async () => {
      for (const path of ['1/b/c/d', '1/b/x', '1/bc/y']) {
        await store.put(path, of(path));
      }
      await store.delete('1/b');
      // Some servers go on showing the emptied folder for a while.
      expect(await store.list('1/b/c')).toEqual([]);
      expect(await read('1/b/x')).toBeUndefined();
      expect(await store.list('1/bc')).toEqual([
        { path: '1/bc/y', isDir: false, size: 6 },
      ]);
      expect(await read('1/bc/y')).toBe('1/bc/y');
    });

    it('keeps empty files', async () => {
      expect(await store.put('1/empty', Readable.from([]))).toEqual({
        size: 0,
        sha256: sha256(''),
      });
      expect(await store.stat('1/empty')).toEqual({ size: 0 });
      expect(await read('1/empty')).toBe('');
    });

    it('replaces a file as a whole', async () => {
      await store.put('1/x', of('a longer first content'));
      await store.put('1/x', of('second'));
      expect(await read('1/x')).toBe('second');
    });

    it.each([
      { start: 0, end: 0, expected: '0' },
      { start: 2, end: 5, expected: '2345' },
      { start: 8, end: 9, expected: '89' },
    ])('opens the bytes $start to $end', async ({ start, end, expected }) => {
      await store.put('1/digits', of('0123456789'));
      const file = await store.get('1/digits', { start, end });
      expect(file?.size).toBe(10);
      expect(file && (await text(file.content))).toBe(expected);
    });

    it.each([
      ['a small file', 10],
      ['a file of several parts', 12 * mebibyte],
    ])(
      'leaves what was there when the upload of %s breaks',
      async (_what, sent) => {
        await store.put('1/x', of('before'));
        const broken = Readable.from(
          (async function* half() {
            for (let at = 0; at < sent; at += mebibyte) {
              yield Buffer.alloc(Math.min(sent, mebibyte), 1);
            }
            throw new Error('connection lost');
          })(),
        );
        await expect(store.put('1/x', broken)).rejects.toThrow(
          'connection lost',
        );
        expect(await read('1/x')).toBe('before');
        await expect(
          store.put(
            '1/new',
            new Readable({
              read() {
                this.destroy(new Error('connection lost'));
              },
            }),
          ),
        ).rejects.toThrow('connection lost');
        expect(await store.get('1/new')).toBeUndefined();
        expect(await made.leftovers()).toEqual([]);
      },
    );

    it('streams a large file in and out without holding it', async () => {
      const pieces = 96;
      const hash = createHash('sha256');
      const gc = collector();
      gc();
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      let looks = 0;
      const look = () => {
        looks += 1;
        if (looks % 8 > 0) return;
        // Garbage does not count, whenever it would have been collected.
        gc();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      };
      const stored = await store.put(
        '1/large',
        Readable.from(
          (async function* pieceByPiece() {
            for (let n = 0; n < pieces; n += 1) {
              const piece = Buffer.alloc(mebibyte, n % 251);
              hash.update(piece);
              look();
              yield piece;
            }
          })(),
        ),
      );
      const expected = hash.digest('hex');
      expect(stored).toEqual({ size: pieces * mebibyte, sha256: expected });
      const back = createHash('sha256');
      const file = await store.get('1/large');
      for await (const piece of file?.content ?? []) {
        back.update(piece);
        look();
      }
      expect(back.digest('hex')).toBe(expected);
      expect(most).toBeLessThan((pieces / 2) * mebibyte);
    });

    it('keeps one whole content when several write the same path at once', async () => {
      const contents = Array.from({ length: 8 }, (_, n) =>
        Buffer.alloc(300_000 + n, n),
      );
      await Promise.all(contents.map(content => store.put('1/x', of(content))));
      const file = await store.get('1/x');
      const found = file && (await buffer(file.content));
      expect(contents.some(content => found?.equals(content))).toBe(true);
    });

    it('does not disturb somebody who reads while the file is replaced', async () => {
      const first = Buffer.alloc(4 * mebibyte, 1);
      await store.put('1/x', of(first));
      const file = await store.get('1/x');
      const reading = file && buffer(file.content);
      await store.put('1/x', of('second'));
      expect((await reading)?.equals(first)).toBe(true);
    });

    describe('uploads in parts', () => {
      const send = async (
        upload: { path: string; id: string },
        number: number,
        content: Buffer,
      ): Promise<{ number: number; etag: string }> => {
        const parts = store.parts!;
        if (parts.sign) {
          const { url, headers } = await parts.sign(upload, {
            number,
            expiresInSeconds: 60,
          });
          const answer = await fetch(url, {
            method: 'PUT',
            headers,
            body: new Uint8Array(content),
          });
          expect(answer.status).toBe(200);
          return { number, etag: answer.headers.get('etag') ?? '' };
        }
        const { etag, size } = await parts.put!(upload, {
          number,
          content: of(content),
        });
        expect(size).toBe(content.length);
        return { number, etag };
      };
      const begin = async (path: string) => ({
        path,
        id: await store.parts!.begin(path),
      });

      it('puts parts together in order, whenever they came', async () => {
        const upload = await begin('1/in parts ü');
        const contents = [5 * mebibyte, 5 * mebibyte, 17].map((size, n) =>
          Buffer.alloc(size, n + 1),
        );
        const sent = [
          await send(upload, 3, contents[2]),
          await send(upload, 1, Buffer.alloc(5 * mebibyte, 9)),
          await send(upload, 2, contents[1]),
        ];
        sent[1] = await send(upload, 1, contents[0]);
        expect(await store.get(upload.path)).toBeUndefined();
        const whole = Buffer.concat(contents);
        const done = await store.parts!.complete(upload, sent);
        expect(done).toEqual({
          size: whole.length,
          ...(done.sha256 && { sha256: sha256(whole) }),
        });
        const file = await store.get(upload.path);
        expect(sha256(await buffer(file!.content))).toBe(sha256(whole));
        expect(await made.leftovers()).toEqual([]);
      });

      it('refuses to complete without a part, or with another one', async () => {
        const upload = await begin('1/x');
        const part = await send(upload, 1, Buffer.alloc(10, 1));
        await expect(
          store.parts!.complete(upload, [
            part,
            { number: 2, etag: '"missing"' },
          ]),
        ).rejects.toMatchObject({ name: 'InputError' });
        await expect(
          store.parts!.complete(upload, [
            { number: 1, etag: `"${'0'.repeat(32)}"` },
          ]),
        ).rejects.toMatchObject({ name: 'InputError' });
        expect(await store.get('1/x')).toBeUndefined();
        await store.parts!.abort(upload);
      });

      it('forgets an aborted upload, once and again', async () => {
        const upload = await begin('1/x');
        await send(upload, 1, Buffer.alloc(10, 1));
        await store.parts!.abort(upload);
        await store.parts!.abort(upload);
        expect(await store.get('1/x')).toBeUndefined();
        expect(await made.leftovers()).toEqual([]);
        await expect(
          store.parts!.complete(upload, [{ number: 1, etag: '"x"' }]),
        ).rejects.toThrow();
      });

      it('refuses paths that leave the root', async () => {
        await expect(store.parts!.begin('../x')).rejects.toThrow(
          'Invalid path',
        );
      });
    });
  });
}

/** Node's garbage collector, to be called when a test needs to know what is really held. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

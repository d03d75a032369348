import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { InputError, NotFoundError } from '@backstage/errors';
import {
  checkArtifactPath,
  type ArtifactPart,
  type ArtifactParts,
  type StoredArtifact,
} from '@downstage/plugin-ml-registry-node';
import { writeFile } from './writeFile';

type Upload = { path: string; id: string };

/**
 * Parts of uploads, as files `<number>.<checksum>` in a folder per upload.
 *
 * A part that is sent twice with other bytes lies there twice; the ETags that
 * the client sends at the end say which one it meant.
 */
export class FolderParts implements ArtifactParts {
  readonly #folder: string;
  readonly #put: (path: string, content: Readable) => Promise<StoredArtifact>;

  constructor(options: {
    folder: string;
    put: (path: string, content: Readable) => Promise<StoredArtifact>;
  }) {
    this.#folder = options.folder;
    this.#put = options.put;
  }

  async begin(path: string): Promise<string> {
    checkArtifactPath(path);
    const id = randomUUID();
    await mkdir(this.#of({ path, id }));
    return id;
  }

  async put(
    upload: Upload,
    options: { number: number; content: Readable },
  ): Promise<{ etag: string; size: number }> {
    const folder = this.#of(upload);
    const temporary = join(folder, randomUUID());
    try {
      const { sha256, size } = await writeFile(temporary, options.content);
      await rename(temporary, join(folder, `${options.number}.${sha256}`));
      return { etag: `"${sha256}"`, size };
    } catch (error) {
      await rm(temporary, { force: true });
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw gone(upload);
      throw error;
    }
  }

  async complete(
    upload: Upload,
    parts: ArtifactPart[],
    allowed?: () => Promise<void>,
  ): Promise<StoredArtifact> {
    const folder = this.#of(upload);
    const there = new Set(
      await readdir(folder).catch(() => {
        throw gone(upload);
      }),
    );
    const names = [...parts]
      .sort((a, b) => a.number - b.number)
      .map(({ number, etag }) => {
        const name = `${number}.${etag.replaceAll('"', '')}`;
        if (there.has(name)) return name;
        throw new InputError(
          `Part ${number} with ETag ${etag} did not arrive; send it again before completing the upload`,
        );
      });
    const stored = await this.#put(
      upload.path,
      Readable.from(
        contents(
          names.map(name => join(folder, name)),
          allowed,
        ),
        {
          objectMode: false,
        },
      ),
    );
    await rm(folder, { recursive: true, force: true });
    return stored;
  }

  async abort(upload: Upload): Promise<void> {
    await rm(this.#of(upload), { recursive: true, force: true });
  }

  #of({ id }: Upload): string {
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new InputError('Invalid upload id');
    return join(this.#folder, `parts-${id}`);
  }
}

/** The bytes of the files one after the other; breaks, and so changes nothing, when they may not be put together after all. */
async function* contents(files: string[], allowed?: () => Promise<void>) {
  for (const file of files) {
    // A part is a file: nobody leads the portal elsewhere by a link in its place.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    yield* handle.createReadStream();
  }
  await allowed?.();
}

function gone({ id }: Upload) {
  return new NotFoundError(
    `There is no upload ${id} (any more): it was completed, aborted, or given up after a day`,
  );
}

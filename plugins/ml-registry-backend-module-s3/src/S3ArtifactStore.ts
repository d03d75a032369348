import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  checkArtifactPath,
  type ArtifactEntry,
  type ArtifactStore,
  type ByteRange,
  type SignedUrl,
  type StoredArtifact,
} from '@downstage/plugin-ml-registry-node';
import type { S3Options } from './config';
import { putInParts } from './putInParts';
import { nameOf, statusOf } from './s3Errors';
import { S3Parts } from './S3Parts';

/**
 * Artifacts as objects of one bucket.
 *
 * Uploads are streamed in parts of eight mebibytes through one piece of memory. They are completed once the stream has
 * ended well, so an object is whole or absent. An upload that breaks is aborted. The bucket's lifecycle rule for
 * incomplete uploads ends an upload whose process died.
 */
export class S3ArtifactStore implements ArtifactStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly parts: S3Parts;

  constructor(options: S3Options) {
    const { bucket, prefix, ...client } = options;
    this.#client = new S3Client({
      ...client,
      // Checksums of their own kind are refused by many servers; ours is recorded beside the file.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    this.#bucket = bucket;
    this.#prefix = prefix ? `${prefix}/` : '';
    this.parts = new S3Parts({
      client: this.#client,
      bucket,
      keyOf: path => this.#keyOf(path),
    });
  }

  async put(path: string, content: Readable): Promise<StoredArtifact> {
    return putInParts(content, {
      client: this.#client,
      target: { Bucket: this.#bucket, Key: this.#keyOf(path) },
    });
  }

  async stat(path: string): Promise<{ size: number } | undefined> {
    const found = await this.#orNothing(
      this.#client.send(
        new HeadObjectCommand({
          Bucket: this.#bucket,
          Key: this.#keyOf(path),
        }),
      ),
    );
    return found && { size: found.ContentLength ?? 0 };
  }

  async get(path: string, range?: ByteRange) {
    const found = await this.#orNothing(
      this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#keyOf(path),
          Range: range && `bytes=${range.start}-${range.end}`,
        }),
      ),
    );
    if (!found) return undefined;
    const { Body: body, ContentRange, ContentLength } = found;
    if (!(body instanceof Readable)) {
      throw new Error(`S3 answered ${path} without a stream`);
    }
    const whole = ContentRange?.split('/')[1];
    return {
      content: body,
      size: whole ? Number(whole) : ContentLength ?? 0,
    };
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const folder = path === '' ? this.#prefix : `${this.#keyOf(path)}/`;
    const entries: ArtifactEntry[] = [];
    const nameOfKey = (key: string) => key.slice(this.#prefix.length);
    for await (const page of this.#pages(folder, '/')) {
      for (const { Prefix: prefix } of page.CommonPrefixes ?? []) {
        if (prefix) {
          entries.push({ path: nameOfKey(prefix.slice(0, -1)), isDir: true });
        }
      }
      for (const { Key: key, Size: size } of page.Contents ?? []) {
        // Some tools leave an empty object under the folder's own name.
        if (key && key !== folder) {
          entries.push({ path: nameOfKey(key), isDir: false, size });
        }
      }
    }
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(path: string): Promise<void> {
    const key = this.#keyOf(path);
    await this.#remove([key]);
    for await (const page of this.#pages(`${key}/`)) {
      await this.#remove((page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    }
  }

  async signGet(
    path: string,
    options: { expiresInSeconds: number },
  ): Promise<SignedUrl> {
    const url = await getSignedUrl(
      this.#client,
      new GetObjectCommand({
        Bucket: this.#bucket,
        Key: this.#keyOf(path),
        // The bucket answers in its own name; a browser must still not show what comes.
        ResponseContentDisposition: 'attachment',
        ResponseContentType: 'application/octet-stream',
      }),
      { expiresIn: options.expiresInSeconds },
    );
    return { url, headers: {} };
  }

  async #remove(keys: string[]): Promise<void> {
    if (!keys.length) return;
    const { Errors: errors } = await this.#client.send(
      new DeleteObjectsCommand({
        Bucket: this.#bucket,
        Delete: { Objects: keys.map(Key => ({ Key })), Quiet: true },
      }),
    );
    const failed = errors?.find(({ Code }) => Code !== 'NoSuchKey');
    if (failed) {
      throw new Error(`S3 did not delete ${failed.Key}: ${failed.Message}`);
    }
  }

  async *#pages(prefix: string, delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          Delimiter: delimiter,
          ContinuationToken: token,
        }),
      );
      yield page;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token);
  }

  async #orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      // A missing bucket is a mistake in the configuration, not a missing file.
      if (nameOf(error) === 'NoSuchBucket') throw error;
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  #keyOf(path: string): string {
    return `${this.#prefix}${checkArtifactPath(path, {
      maxBytes: 1024 - Buffer.byteLength(this.#prefix),
    })}`;
  }
}

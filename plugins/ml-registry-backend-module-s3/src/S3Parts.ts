import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { InputError, NotFoundError } from '@backstage/errors';
import type {
  ArtifactPart,
  ArtifactParts,
  SignedUrl,
} from '@downstage/plugin-ml-registry-node';
import { nameOf, statusOf } from './s3Errors';

type Upload = { path: string; id: string };

/** Uploads whose parts go straight to the bucket, at addresses that are signed for one part each. */
export class S3Parts implements ArtifactParts {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #keyOf: (path: string) => string;

  constructor(options: {
    client: S3Client;
    bucket: string;
    keyOf: (path: string) => string;
  }) {
    this.#client = options.client;
    this.#bucket = options.bucket;
    this.#keyOf = options.keyOf;
  }

  async begin(path: string): Promise<string> {
    const { UploadId: id } = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: this.#keyOf(path),
      }),
    );
    if (!id) throw new Error('S3 began an upload without an id');
    return id;
  }

  async sign(
    upload: Upload,
    options: { number: number; expiresInSeconds: number },
  ): Promise<SignedUrl> {
    const url = await getSignedUrl(
      this.#client,
      new UploadPartCommand({
        ...this.#target(upload),
        PartNumber: options.number,
      }),
      { expiresIn: options.expiresInSeconds },
    );
    return { url, headers: {} };
  }

  async complete(
    upload: Upload,
    parts: ArtifactPart[],
    allowed?: () => Promise<void>,
  ): Promise<{ size: number }> {
    await this.#requireParts(upload, parts);
    await allowed?.();
    try {
      await this.#client.send(
        new CompleteMultipartUploadCommand({
          ...this.#target(upload),
          MultipartUpload: {
            Parts: [...parts]
              .sort((a, b) => a.number - b.number)
              .map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
          },
        }),
      );
    } catch (error) {
      if (nameOf(error) === 'NoSuchUpload') throw gone(upload);
      const status = statusOf(error);
      if (status && status >= 400 && status < 500) {
        throw new InputError(
          `The parts of ${upload.path} could not be put together: ${
            error instanceof Error ? error.message : error
          }`,
          error,
        );
      }
      throw error;
    }
    const { ContentLength: size } = await this.#client.send(
      new HeadObjectCommand({
        Bucket: this.#bucket,
        Key: this.#keyOf(upload.path),
      }),
    );
    return { size: size ?? 0 };
  }

  async abort(upload: Upload): Promise<void> {
    try {
      await this.#client.send(
        new AbortMultipartUploadCommand(this.#target(upload)),
      );
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  /** Servers differ in what they say of a missing part, so it is looked for first. */
  async #requireParts(upload: Upload, parts: ArtifactPart[]): Promise<void> {
    // A part that was sent twice is listed twice by some servers.
    const there = new Set<string>();
    let marker: string | undefined;
    do {
      const page = await this.#client
        .send(
          new ListPartsCommand({
            ...this.#target(upload),
            PartNumberMarker: marker,
          }),
        )
        .catch((error: unknown) => {
          if (statusOf(error) === 404) throw gone(upload);
          throw error;
        });
      for (const { PartNumber: number, ETag: etag } of page.Parts ?? []) {
        if (number && etag) there.add(keyOf({ number, etag }));
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker);
    const missing = parts.find(part => !there.has(keyOf(part)));
    if (missing) {
      throw new InputError(
        `Part ${missing.number} with ETag ${missing.etag} did not arrive; send it again before completing the upload`,
      );
    }
  }

  #target({ path, id }: Upload) {
    return { Bucket: this.#bucket, Key: this.#keyOf(path), UploadId: id };
  }
}

function keyOf({ number, etag }: ArtifactPart): string {
  return `${number} ${etag.replaceAll('"', '')}`;
}

function gone({ id }: Upload) {
  return new NotFoundError(
    `There is no upload ${id} (any more): it was completed, aborted, or given up`,
  );
}

import { z } from 'zod';

/** The bundle of OpenSSF model signing: Sigstore's format around a DSSE envelope. Only what we read. */
export const bundleSchema = z.object({
  mediaType: z
    .string()
    .regex(/^application\/vnd\.dev\.sigstore\.bundle(\.v|\+json;version=)/),
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string().nullish() }).optional(),
    x509CertificateChain: z
      .object({
        certificates: z
          .array(z.object({ rawBytes: z.base64() }))
          .min(1)
          .max(10),
      })
      .optional(),
    certificate: z.object({ rawBytes: z.base64() }).optional(),
    tlogEntries: z.array(z.unknown()).nullish(),
  }),
  dsseEnvelope: z.object({
    payload: z.base64(),
    payloadType: z.literal('application/vnd.in-toto+json'),
    signatures: z.array(z.object({ sig: z.base64() })).length(1),
  }),
});
export type Bundle = z.infer<typeof bundleSchema>;

const statementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(
      z.object({ name: z.string(), digest: z.record(z.string(), z.string()) }),
    )
    .length(1),
  predicateType: z.literal('https://model_signing/signature/v1.0'),
  predicate: z.object({
    serialization: z.object({
      method: z.string(),
      hash_type: z.string(),
      ignore_paths: z.array(z.string()).default([]),
    }),
    resources: z
      .array(
        z.object({
          name: z.string(),
          algorithm: z.string(),
          digest: z.string().regex(/^[0-9a-f]+$/),
        }),
      )
      .max(100_000),
  }),
});
export type SignedManifest = {
  /** Over the digests of all files, in the manifest's order. */
  rootDigest: string | undefined;
  files: { path: string; digest: string }[];
  ignored: string[];
};

/**
 * Reads what was signed. Call after the signature held.
 *
 * @throws Error in words, when the statement is not one of OpenSSF model signing, or lists no SHA-256 per file
 */
export function readSignedManifest(bundle: Bundle): SignedManifest {
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
  const statement = statementSchema.safeParse(
    JSON.parse(payload.toString('utf8')),
  );
  if (!statement.success) {
    throw new Error(
      `What is signed is no OpenSSF model signature v1.0: ${z.prettifyError(
        statement.error,
      )}`,
    );
  }
  const { subject, predicate } = statement.data;
  const { method, ignore_paths: ignored } = predicate.serialization;
  const other = predicate.resources.find(
    ({ algorithm }) => algorithm !== 'sha256',
  );
  if (method !== 'files' || other) {
    throw new Error(
      `The signature lists ${method} by ${
        other?.algorithm ?? predicate.serialization.hash_type
      }; only files by sha256 can be compared with what the registry computed`,
    );
  }
  return {
    rootDigest: subject[0].digest.sha256,
    files: predicate.resources.map(({ name, digest }) => ({
      path: name,
      digest,
    })),
    ignored,
  };
}

/**
 * Compares what was signed with the files of the version.
 *
 * @param options.bundlePath - the file that holds the signature, which cannot sign itself
 * @returns one sentence per difference; empty when every file is covered and unchanged
 */
export function compareManifest(options: {
  manifest: SignedManifest;
  files: { path: string; sha256?: string }[];
  bundlePath?: string;
}): { covered: string[]; ignored: string[]; problems: string[] } {
  const { manifest, files, bundlePath } = options;
  const signed = new Map(
    manifest.files.map(({ path, digest }) => [path, digest]),
  );
  const isIgnored = (path: string) =>
    path === bundlePath ||
    manifest.ignored.some(
      prefix => path === prefix || path.startsWith(`${prefix}/`),
    );
  const covered: string[] = [];
  const ignored: string[] = [];
  const problems: string[] = [];
  for (const { path, sha256 } of files) {
    const digest = signed.get(path);
    signed.delete(path);
    if (digest === undefined) {
      if (isIgnored(path)) ignored.push(path);
      else problems.push(`${path} was added: it is not part of the signature`);
    } else if (sha256 === undefined) {
      problems.push(
        `${path} cannot be compared: the registry did not receive it and has no checksum`,
      );
    } else if (digest !== sha256) {
      problems.push(`${path} was changed: it is not the file that was signed`);
    } else covered.push(path);
  }
  for (const path of signed.keys()) {
    problems.push(`${path} is missing: it was signed and is not there`);
  }
  return { covered, ignored, problems };
}

import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** What became of checking a version's OpenSSF model signature (a Sigstore bundle). */
export const modelSignatureSchema = z.object({
  /** `unsigned`: there is no bundle. `refused`: there is one, and `problems` says why it does not count. */
  state: z.enum(['unsigned', 'verified', 'refused']),
  signer: z
    .object({
      kind: z.enum(['key', 'certificate']),
      /** The name config gives the key or authority, or the identity in the certificate. */
      name: z.string(),
      issuer: z.string().optional(),
    })
    .optional(),
  /** The file of the version that holds the bundle, or `uploaded`. */
  bundle: z.string().optional(),
  covered: z.array(z.string()),
  /** Files of the version that the signature leaves out on purpose. */
  ignored: z.array(z.string()),
  problems: z.array(z.string()),
  checkedAt: timestampSchema.optional(),
  checkedBy: z.string().optional(),
});
export type ModelSignature = z.infer<typeof modelSignatureSchema>;

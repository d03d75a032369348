import { InputError } from '@backstage/errors';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { Message } from 'protobufjs';
import { z } from 'zod';
import type { AnyValue, OtlpSpan } from '../../../traces/spans';
import { exportRequestType } from './schema';

/** What one export may be after it was unpacked. */
const UNPACKED_LIMIT = 32 * 1024 * 1024;
const SPANS_LIMIT = 10_000;
/** Attributes may hold lists of lists; deeper ones are somebody's mistake or malice. */
const DEPTH_LIMIT = 64;

const bounds = { maxOutputLength: UNPACKED_LIMIT };

/** Undoes the `Content-Encoding` of an export, within bounds. */
export async function unpack(
  body: Buffer,
  encoding: string | undefined,
): Promise<Buffer> {
  try {
    switch (encoding?.toLowerCase() || 'identity') {
      case 'identity':
        return body;
      case 'gzip':
        return await promisify<Buffer, object, Buffer>(gunzip)(body, bounds);
      case 'deflate':
        return await promisify<Buffer, object, Buffer>(inflate)(
          body,
          bounds,
        ).catch(() =>
          promisify<Buffer, object, Buffer>(inflateRaw)(body, bounds),
        );
      default:
    }
  } catch (error) {
    throw new InputError(
      `Failed to decompress ${encoding} payload (at most ${UNPACKED_LIMIT} bytes)`,
      error,
    );
  }
  throw new InputError(
    `Unsupported Content-Encoding: ${encoding}. Expected gzip, deflate or none`,
  );
}

const optionalText = z.string().optional();
const keyValues = z
  .array(
    z.object({ key: optionalText, value: z.custom<AnyValue>().optional() }),
  )
  .optional();
const spanSchema = z.object({
  trace_id: z.string().length(24, 'trace_id must have 16 bytes'),
  span_id: z.string().length(12, 'span_id must have 8 bytes'),
  trace_state: optionalText,
  parent_span_id: optionalText,
  name: optionalText,
  kind: z.number().optional(),
  start_time_unix_nano: optionalText,
  end_time_unix_nano: optionalText,
  attributes: keyValues,
  events: z
    .array(
      z.object({
        name: optionalText,
        time_unix_nano: optionalText,
        attributes: keyValues,
      }),
    )
    .optional(),
  links: z
    .array(
      z.object({
        trace_id: optionalText,
        span_id: optionalText,
        trace_state: optionalText,
        attributes: keyValues,
      }),
    )
    .optional(),
  status: z
    .object({ message: optionalText, code: z.number().optional() })
    .optional(),
});
const requestSchema = z.object({
  resource_spans: z
    .array(
      z.object({
        scope_spans: z
          .array(z.object({ spans: z.array(spanSchema).optional() }))
          .optional(),
      }),
    )
    .min(1, 'no spans found'),
});

/**
 * The spans of an OTLP export, protobuf or JSON
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp), as protobuf's JSON
 * writes them. Throws `InputError` when it is no export.
 */
export function decodeOtlp(
  body: Buffer,
  contentType: string | undefined,
): OtlpSpan[] {
  const mediaType = contentType?.split(';')[0].trim().toLowerCase();
  if (
    mediaType !== 'application/x-protobuf' &&
    mediaType !== 'application/json'
  ) {
    throw new InputError(
      `Invalid Content-Type: ${contentType}. Expected: application/x-protobuf or application/json`,
    );
  }
  let decoded: unknown;
  try {
    const message =
      mediaType === 'application/json'
        ? exportRequestType.fromObject(
            fromOtlpJson(JSON.parse(body.toString())),
          )
        : exportRequestType.decode(body);
    decoded = toPlain(message);
  } catch (error) {
    throw new InputError('Invalid OpenTelemetry format', error);
  }
  const parsed = requestSchema.safeParse(decoded);
  if (!parsed.success) {
    throw new InputError(
      `Invalid OpenTelemetry format - ${parsed.error.issues[0]?.message}`,
    );
  }
  const spans = parsed.data.resource_spans.flatMap(resource =>
    (resource.scope_spans ?? []).flatMap(scope => scope.spans ?? []),
  );
  if (spans.length > SPANS_LIMIT) {
    throw new InputError(
      `${spans.length} spans in one export; at most ${SPANS_LIMIT} are taken, send them in several`,
    );
  }
  return spans;
}

function toPlain(message: Message): unknown {
  return exportRequestType.toObject(message, {
    longs: String,
    bytes: String,
    json: true,
  });
}

/** OTLP's JSON has camelCase names, and ids in hex where protobuf has base64. */
function fromOtlpJson(value: unknown, depth = 0): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || depth > DEPTH_LIMIT) {
    throw new InputError('Not an object, or too deeply nested');
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const key = name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
      if (/^(trace|span|parent_span)_id$/.test(key)) {
        return [key, Buffer.from(String(inner), 'hex')];
      }
      return [key, convert(inner, depth + 1)];
    }),
  );
}

function convert(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map(item => convert(item, depth));
  return typeof value === 'object' && value !== null
    ? fromOtlpJson(value, depth)
    : value;
}

import { gzipSync } from 'node:zlib';
import { boundSpan, CUT_MARK, SPAN_LIMIT } from '../../../traces/boundSpan';
import { summarizeSpans, type OtlpSpan } from '../../../traces/spans';
import { decodeOtlp, unpack } from './decodeOtlp';
import { exportRequestType } from './schema';

const protobuf = 'application/x-protobuf';

function exported(span: object): Buffer {
  const message = exportRequestType.fromObject({
    resource_spans: [{ scope_spans: [{ spans: [span] }] }],
  });
  return Buffer.from(exportRequestType.encode(message).finish());
}

const aSpan = {
  trace_id: Buffer.alloc(16, 1),
  span_id: Buffer.alloc(8, 2),
  name: 'answer',
  start_time_unix_nano: '1700000000123456789',
  end_time_unix_nano: '1700000001123456789',
  attributes: [
    { key: 'session.id', value: { string_value: 's-1' } },
    { key: 'big', value: { int_value: '9007199254740993' } },
    { key: 'odd', value: { double_value: NaN } },
  ],
};

describe('decodeOtlp', () => {
  it('keeps 64-bit numbers, NaN and ids as they are', () => {
    const [span] = decodeOtlp(exported(aSpan), protobuf);
    expect(span).toMatchObject({
      trace_id: Buffer.alloc(16, 1).toString('base64'),
      start_time_unix_nano: '1700000000123456789',
      attributes: [
        {},
        { value: { int_value: '9007199254740993' } },
        { value: { double_value: 'NaN' } },
      ],
    });
  });

  it('reads the JSON form with its hexadecimal ids', () => {
    const json = {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: '01'.repeat(16),
                  spanId: '02'.repeat(8),
                  startTimeUnixNano: '1',
                },
              ],
            },
          ],
        },
      ],
    };
    const [span] = decodeOtlp(
      Buffer.from(JSON.stringify(json)),
      'application/json; charset=utf-8',
    );
    expect(span.trace_id).toBe(Buffer.alloc(16, 1).toString('base64'));
  });

  it.each<[string, Buffer, string | undefined]>([
    ['nothing', Buffer.alloc(0), protobuf],
    ['noise', Buffer.from('noise'), protobuf],
    ['no media type', exported(aSpan), undefined],
    ['a short id', exported({ ...aSpan, span_id: Buffer.alloc(3) }), protobuf],
    [
      'JSON without end',
      Buffer.from(`${'{"a":'.repeat(5000)}1`),
      'application/json',
    ],
  ])('refuses %s', (_what, body, type) => {
    expect(() => decodeOtlp(body, type)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it('does not unpack more than it may', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    await expect(unpack(bomb, 'gzip')).rejects.toThrow('Failed to decompress');
    await expect(unpack(Buffer.from('x'), 'br')).rejects.toThrow(
      'Unsupported Content-Encoding',
    );
  });
});

describe('spans', () => {
  const [span] = decodeOtlp(exported(aSpan), protobuf);

  it('say how long the trace took and how it ended', () => {
    expect(summarizeSpans([span])).toMatchObject({
      startedAt: 1_700_000_000_123,
      endedAt: 1_700_000_001_123,
      root: { name: 'answer', state: 'OK', session: 's-1' },
    });
  });

  it('are kept within bounds, with a mark', () => {
    const long = (length: number): OtlpSpan => ({
      ...span,
      attributes: [
        { key: 'a', value: { string_value: 'x'.repeat(length) } },
        {
          key: 'b',
          value: { array_value: { values: [{ string_value: 'y' }] } },
        },
      ],
    });
    const cut: OtlpSpan = JSON.parse(boundSpan(long(SPAN_LIMIT + 1)));
    expect(cut.attributes?.map(({ key }) => key)).toEqual(['a', 'b', CUT_MARK]);
    const many: OtlpSpan = {
      ...span,
      attributes: Array.from({ length: 500_000 }, (_, i) => ({
        key: `key ${i}`,
        value: { int_value: '1' },
      })),
    };
    const bare: OtlpSpan = JSON.parse(boundSpan(many));
    expect(bare).toMatchObject({
      name: 'answer',
      attributes: [{ key: CUT_MARK }],
    });
  });
});

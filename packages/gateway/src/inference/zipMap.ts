/*
 * scikit-learn's converter ends a classifier in a ZipMap by default: a list of dictionaries in place of a matrix,
 * which no client of the protocol can read. The node only relabels; without it the same numbers come out.
 */

type Field = {
  number: number;
  wire: number;
  start: number;
  end: number;
  value: Buffer;
  varint: bigint;
};

/** Walks over the fields of one protocol buffer message. */
function* fields(buffer: Buffer): Generator<Field> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (offset >= buffer.length) break;
      const byte = buffer[offset++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('The ONNX file is cut off');
  };
  while (offset < buffer.length) {
    const start = offset;
    const key = varint();
    const wire = Number(key & 7n);
    let value: Buffer = Buffer.alloc(0);
    let number = 0n;
    if (wire === 0) number = varint();
    else {
      let size = 8;
      if (wire === 2) size = Number(varint());
      else if (wire === 5) size = 4;
      else if (wire !== 1)
        throw new Error('The ONNX file has an unknown field');
      if (offset + size > buffer.length) {
        throw new Error('The ONNX file is cut off');
      }
      value = buffer.subarray(offset, offset + size);
      offset += size;
    }
    yield {
      number: Number(key >> 3n),
      wire,
      start,
      end: offset,
      value,
      varint: number,
    };
  }
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest);
  return Buffer.from(bytes);
}

function message(number: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([
    encodeVarint(number * 8 + 2),
    encodeVarint(body.length),
    body,
  ]);
}

const integer = (number: number, value: number) =>
  Buffer.concat([encodeVarint(number * 8), encodeVarint(value)]);

const text = (number: number, value: string) =>
  message(number, Buffer.from(value));

type ZipMap = { input: string; output: string; classes: string[] };

/** A ZipMap node; undefined for every other. */
function readZipMap(node: Buffer): ZipMap | undefined {
  let input = '';
  let output = '';
  let type = '';
  const classes: string[] = [];
  for (const { number, value } of fields(node)) {
    if (number === 1) input = value.toString('utf8');
    if (number === 2) output = value.toString('utf8');
    if (number === 4) type = value.toString('utf8');
    if (number !== 5) continue;
    for (const part of fields(value)) {
      if (part.number === 9) classes.push(part.value.toString('utf8'));
      if (part.number !== 8) continue;
      if (part.wire === 0) classes.push(String(BigInt.asIntN(64, part.varint)));
      else classes.push(...packedIntegers(part.value));
    }
  }
  return type === 'ZipMap' ? { input, output, classes } : undefined;
}

function packedIntegers(buffer: Buffer): string[] {
  const values: string[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of buffer) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(String(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return values;
}

/** A graph output: FP32 of [rows, classes]. */
function matrixOutput({ output, classes }: ZipMap): Buffer {
  const rows = message(1, text(2, 'rows'));
  const columns = message(
    1,
    ...(classes.length ? [integer(1, classes.length)] : []),
  );
  const tensor = message(1, integer(1, 1), message(2, rows, columns));
  return message(12, text(1, output), message(2, tensor));
}

/**
 * Takes the ZipMap nodes out of an ONNX model; the outputs keep their names and become matrices.
 *
 * @returns undefined when there is none
 */
export function withoutZipMap(
  model: Buffer,
):
  | { model: Buffer; dropped: { output: string; classes: string[] }[] }
  | undefined {
  const graphs = [...fields(model)].filter(({ number }) => number === 7);
  if (graphs.length !== 1) return undefined;
  const [graph] = graphs;
  const parts = [...fields(graph.value)];
  const zipMaps = new Map<string, ZipMap>();
  for (const { number, value } of parts) {
    const zipMap = number === 1 ? readZipMap(value) : undefined;
    if (zipMap) zipMaps.set(zipMap.output, zipMap);
  }
  if (!zipMaps.size) return undefined;
  const rewritten = parts.map(({ number, value, start, end }) => {
    const zipMap = number === 1 ? readZipMap(value) : undefined;
    if (zipMap) {
      return message(
        1,
        text(1, zipMap.input),
        text(2, zipMap.output),
        text(4, 'Identity'),
      );
    }
    if (number === 12 || number === 13) {
      const [name] = [...fields(value)].filter(field => field.number === 1);
      const known = name && zipMaps.get(name.value.toString('utf8'));
      if (known) return number === 12 ? matrixOutput(known) : Buffer.alloc(0);
    }
    return graph.value.subarray(start, end);
  });
  return {
    model: Buffer.concat([
      model.subarray(0, graph.start),
      message(7, ...rewritten),
      model.subarray(graph.end),
    ]),
    dropped: [...zipMaps.values()].map(({ output, classes }) => ({
      output,
      classes,
    })),
  };
}

import { BadInput } from '../kernel/BadInput';
import { parseJson } from '../kernel/json';
import { shortList } from '../kernel/shortList';
import {
  datatypes,
  packValues,
  type ElementType,
  type Tensor,
  type TensorInfo,
} from '../tensors/tensors';
import { readBlob } from './binary';

/** An inference request, checked against the model. */
export type InferRequest = {
  id: string | undefined;
  inputs: Map<string, Tensor>;
  /** Names of the outputs wanted, in the order asked for; all when undefined. */
  outputs: string[] | undefined;
  /** Whether an output is to be sent as bytes. */
  isBinary(output: string): boolean;
  /** Size of the first dimension: the rows of a batch. */
  rows: number;
  /** How long the client wants to wait, in milliseconds. */
  timeoutMs: number | undefined;
};

const types = new Map(
  Object.entries(datatypes).map(([type, name]) => [
    name as string,
    type as ElementType,
  ]),
);
const floats = new Set(['FP16', 'FP32', 'FP64']);
const mostDimensions = 16;
const longestId = 200;

/** Splits a body at `Inference-Header-Content-Length`: the JSON, and the blobs behind it. */
export function splitBody(
  body: Buffer,
  headerLength: string | undefined,
): { json: unknown; blobs: Buffer } {
  let length = body.length;
  if (headerLength !== undefined) {
    length = /^\d{1,10}$/.test(headerLength) ? Number(headerLength) : NaN;
    if (!(length > 0 && length <= body.length)) {
      throw new BadInput(
        `Inference-Header-Content-Length is '${headerLength.slice(
          0,
          40,
        )}', wanted the length of the JSON part, from 1 to ${body.length}`,
      );
    }
  }
  return {
    json: parseJson(body.subarray(0, length)),
    blobs: body.subarray(length),
  };
}

type Item = Record<string, unknown>;

/** Reads a request and refuses what does not fit the model, naming the tensor. */
export function decodeRequest(options: {
  json: unknown;
  blobs: Buffer;
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}): InferRequest {
  const request = asObject('the request', options.json);
  const parameters = optionalObject('parameters', request.parameters);
  const id = optionalId(request.id);
  const known = new Map(options.inputs.map(input => [input.name, input]));
  const tensors = new Map<string, Tensor>();
  if (!Array.isArray(request.inputs)) {
    throw new BadInput(
      `Invalid request: inputs is ${kindOf(request.inputs)}, wanted an array`,
    );
  }
  if (request.inputs.length > known.size) {
    throw new BadInput(
      `Invalid request: ${request.inputs.length} inputs, the model has ${
        known.size
      }: ${shortList([...known.keys()])}`,
    );
  }
  let offset = 0;
  for (const [index, item] of request.inputs.entries()) {
    const input = asObject(`inputs[${index}]`, item);
    const name = asText(`inputs[${index}].name`, input.name);
    const where = `Input '${name.slice(0, 80)}'`;
    const info = known.get(name);
    if (!info) {
      throw new BadInput(
        `${where} is not one of the model's: ${shortList([...known.keys()])}`,
      );
    }
    if (tensors.has(name)) throw new BadInput(`${where} is given twice`);
    const own = optionalObject(`${where}: parameters`, input.parameters);
    const dims = checkShape(where, input.shape, info);
    const datatype = asText(`${where}: datatype`, input.datatype);
    checkDatatype(where, datatype, info);
    const size = own.binary_data_size ?? undefined;
    const count = countOf(where, dims);
    if (size === undefined) {
      const values = flatten(where, input.data, dims, count);
      tensors.set(name, {
        type: info.type,
        dims,
        data: packValues(where, info.type, values, {
          exact: !floats.has(datatype),
        }),
      });
      continue;
    }
    if (
      typeof size !== 'number' ||
      !Number.isInteger(size) ||
      size < 0 ||
      offset + size > options.blobs.length
    ) {
      throw new BadInput(
        `${where}: binary_data_size is ${String(size).slice(
          0,
          40,
        )}, the body has ${
          options.blobs.length - offset
        } bytes left after the JSON part (is Inference-Header-Content-Length set?)`,
      );
    }
    if (input.data !== undefined && input.data !== null) {
      throw new BadInput(`${where} has both data and binary_data_size`);
    }
    if (datatype !== datatypes[info.type]) {
      throw new BadInput(
        `${where}: binary data must be ${
          datatypes[info.type]
        }, not ${datatype.slice(0, 40)}`,
      );
    }
    tensors.set(name, {
      type: info.type,
      dims,
      data: readBlob(
        where,
        info.type,
        count,
        options.blobs.subarray(offset, offset + size),
      ),
    });
    offset += size;
  }
  if (offset !== options.blobs.length) {
    throw new BadInput(
      `${
        options.blobs.length - offset
      } bytes are left over after the last binary tensor`,
    );
  }
  const missing = options.inputs.filter(input => !tensors.has(input.name));
  if (missing.length) {
    throw new BadInput(
      `Missing inputs: ${shortList(missing.map(input => input.name))}`,
    );
  }
  const [first] = tensors.values();
  return {
    id,
    inputs: tensors,
    ...decodeOutputs(request.outputs, parameters, options.outputs),
    rows: first?.dims[0] ?? 1,
    timeoutMs: timeoutOf(parameters.timeout),
  };
}

/** Triton's parameter, in microseconds; 0 is no limit. Other things under this name are somebody else's. */
function timeoutOf(value: unknown): number | undefined {
  const micros = typeof value === 'string' ? Number(value) : value;
  if (typeof micros !== 'number' || !(micros > 0)) return undefined;
  return micros / 1000;
}

function decodeOutputs(
  given: unknown,
  parameters: Item,
  available: TensorInfo[],
): Pick<InferRequest, 'outputs' | 'isBinary'> {
  if (given !== undefined && given !== null && !Array.isArray(given)) {
    throw new BadInput(
      `Invalid request: outputs is ${kindOf(given)}, wanted an array`,
    );
  }
  const requested = new Map<string, unknown>();
  const names = new Set(available.map(output => output.name));
  for (const [index, item] of (given ?? []).entries()) {
    const output = asObject(`outputs[${index}]`, item);
    const name = asText(`outputs[${index}].name`, output.name);
    if (requested.has(name) || !names.has(name)) {
      throw new BadInput(
        `Outputs asked for twice or not the model's: ${name.slice(
          0,
          80,
        )} (it has ${shortList([...names])})`,
      );
    }
    requested.set(
      name,
      optionalObject(`outputs[${index}].parameters`, output.parameters)
        .binary_data,
    );
  }
  const all = parameters.binary_data_output === true;
  return {
    outputs: requested.size ? [...requested.keys()] : undefined,
    isBinary: name => {
      const binary = requested.get(name);
      return typeof binary === 'boolean' ? binary : all;
    },
  };
}

function checkShape(where: string, given: unknown, info: TensorInfo): number[] {
  if (
    !Array.isArray(given) ||
    given.length > mostDimensions ||
    !given.every(size => Number.isSafeInteger(size) && size >= 0)
  ) {
    throw new BadInput(
      `${where}: the shape must be an array of at most ${mostDimensions} non-negative integers`,
    );
  }
  const shape: number[] = given.map(size => size + 0); // no -0
  const fits =
    shape.length === info.shape.length &&
    info.shape.every((size, index) => size === -1 || size === shape[index]);
  if (!fits) {
    throw new BadInput(
      `${where} has the shape [${shape}], the model wants [${info.shape}] (-1: any)`,
    );
  }
  return shape;
}

/** The number of elements. Nothing is made of it before as many have been found in the body. */
function countOf(where: string, shape: number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const others = shape.reduce((product, size) => product * (size || 1), 1);
  if (!Number.isSafeInteger(count)) {
    throw new BadInput(`${where}: the shape [${shape}] has too many elements`);
  }
  // Without elements nothing was sent, so nothing may grow from the other dimensions.
  if (count === 0 && (shape[0] !== 0 || others > 65_536)) {
    throw new BadInput(
      `${where}: the shape [${shape}] has rows without values`,
    );
  }
  return count;
}

/** Any number goes into a floating point input; everything else must be what the model says. */
function checkDatatype(where: string, datatype: string, info: TensorInfo) {
  const wanted = datatypes[info.type];
  const given = types.get(datatype);
  const numeric = given !== undefined && given !== 'string' && given !== 'bool';
  if (datatype === wanted) return;
  if (
    numeric &&
    (floats.has(wanted) || !floats.has(datatype)) &&
    info.type !== 'bool' &&
    info.type !== 'string'
  ) {
    return;
  }
  throw new BadInput(
    `${where} has the datatype ${datatype.slice(
      0,
      40,
    )}, the model wants ${wanted}`,
  );
}

/** Flat, or nested exactly as the shape says; row-major. */
function flatten(
  where: string,
  data: unknown,
  shape: number[],
  count: number,
): unknown[] {
  if (!Array.isArray(data)) {
    throw new BadInput(`${where} has no data: wanted an array`);
  }
  if (!Array.isArray(data[0]) || shape.length < 2) {
    if (data.length !== count) {
      throw new BadInput(
        `${where} has ${data.length} values, its shape wants ${count}`,
      );
    }
    return data;
  }
  const flat: unknown[] = [];
  const last = shape.length - 1;
  // No deeper than the shape, however deep the data are.
  const walk = (node: unknown, level: number): void => {
    if (!Array.isArray(node) || node.length !== shape[level]) {
      throw new BadInput(
        `${where}: the nesting does not follow the shape [${shape}]: at depth ${level} found ${
          Array.isArray(node) ? `${node.length} items` : kindOf(node)
        }, wanted ${shape[level]} items`,
      );
    }
    for (const item of node) {
      if (level === last) flat.push(item);
      else walk(item, level + 1);
    }
  };
  walk(data, 0);
  return flat;
}

function asObject(where: string, value: unknown): Item {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Item;
  }
  throw new BadInput(
    `Invalid request: ${where} is ${kindOf(value)}, wanted an object`,
  );
}

/** Optional fields may be null: some clients write all fields. */
function optionalObject(where: string, value: unknown): Item {
  return value === undefined || value === null ? {} : asObject(where, value);
}

function optionalId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = asText('id', value);
  if (id.length > longestId) {
    throw new BadInput(
      `Invalid request: id has ${id.length} characters, at most ${longestId} are taken`,
    );
  }
  return id;
}

function asText(where: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new BadInput(
    `Invalid request: ${where} is ${kindOf(value)}, wanted a string`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

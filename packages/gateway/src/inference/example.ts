import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  inputExampleFiles,
  rowsOfExample,
  type Column,
} from '@downstage/plugin-ml-serving-common';
import { rowsToTensors, type Layout } from '../tensors/tabular';
import { packValues, type Tensor, type TensorInfo } from '../tensors/tensors';

const largest = 4 * 1024 * 1024;
const mostRows = 8;

type Described = {
  features: Column[];
  layout: Layout | undefined;
  inputs: TensorInfo[];
};

/**
 * The input example that lies beside a model, as tensors of that model.
 *
 * @returns undefined when there is none
 * @throws when there is one and it does not fit the model
 */
export async function readExample(
  modelPath: string,
  model: Described,
): Promise<Map<string, Tensor> | undefined> {
  for (const name of inputExampleFiles) {
    const path = join(dirname(modelPath), name);
    const size = await stat(path).then(
      found => found.size,
      () => undefined,
    );
    if (size === undefined || size > largest) continue;
    return exampleToTensors(JSON.parse(await readFile(path, 'utf8')), model);
  }
  return undefined;
}

/** Understands what MLflow writes: frames split or by record, tensors by name or alone. */
export function exampleToTensors(
  example: unknown,
  model: Described,
): Map<string, Tensor> {
  const { features, layout, inputs } = model;
  const found = rowsOfExample(example);
  if (found) {
    if ('refusal' in found) throw new Error(found.refusal);
    if (!layout) throw new Error('it has columns, the model takes tensors');
    const wanted = features.map(({ name }) => name);
    return rowsToTensors({
      features,
      layout,
      rows: found.rows
        .slice(0, mostRows)
        .map(row =>
          Object.fromEntries(
            wanted
              .filter(name => Object.hasOwn(row, name))
              .map(name => [name, row[name]]),
          ),
        ),
    });
  }
  const object = isObject(example) ? example : { inputs: example };
  const given = object.inputs ?? object.instances;
  const byName = isObject(given)
    ? given
    : { [inputs.length === 1 ? inputs[0].name : '']: given };
  return new Map(
    inputs.map(info => [info.name, toTensor(info, byName[info.name])]),
  );
}

function toTensor(info: TensorInfo, data: unknown): Tensor {
  const dims: number[] = [];
  for (let node = data; Array.isArray(node); node = node[0]) {
    dims.push(node.length);
  }
  const fits =
    dims.length === info.shape.length &&
    info.shape.every((size, index) => size === -1 || size === dims[index]);
  if (!fits) {
    throw new Error(
      `it has the shape [${dims}] for '${info.name}', the model wants [${info.shape}]`,
    );
  }
  const flat = (data as unknown[]).flat(dims.length - 1);
  if (flat.length !== dims.reduce((product, size) => product * size, 1)) {
    throw new Error(`it is ragged at '${info.name}'`);
  }
  return {
    type: info.type,
    dims,
    data: packValues(info.name, info.type, flat),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

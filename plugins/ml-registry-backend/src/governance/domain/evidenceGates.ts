import {
  cardFieldNames,
  type GateVerdict,
  type Signature,
} from '@downstage/plugin-ml-registry-common';
import { listed } from '@downstage/common';
import type { FileCheck } from '../../integrity/VersionFileReader';
import type { PickleFindings } from '../../integrity/pickles/pickles';
import { schemaBreaks } from './schemaChange';

/** Verdicts of several files or inputs, one after the other. */
const sentences = { separator: '; ' };

/** Whether callers of the champion can call the new version as they do now. */
export function schemaGate(options: {
  signature?: Signature;
  champion?: { version: number; signature?: Signature };
  onChange: 'refuse' | 'warn';
}): GateVerdict[] {
  const { signature, champion, onChange } = options;
  if (!champion?.signature || !signature) return [];
  const breaks = schemaBreaks(signature, champion.signature);
  const gate = 'input and output schema';
  const wanted = `what callers of version ${champion.version} send and expect`;
  if (!breaks.length) {
    return [
      {
        gate,
        status: 'passed',
        saw: 'compatible',
        wanted,
        message: `Callers of version ${champion.version} can go on as they are`,
      },
    ];
  }
  return [
    {
      gate,
      status: onChange === 'warn' ? 'warning' : 'failed',
      saw: breaks.join('; '),
      wanted,
      message: `Callers of version ${champion.version} would fail: ${listed(
        breaks,
        sentences,
      )}`,
      how: 'Keep the signature, make new inputs optional, or register it as a model of its own',
      waivable: true,
    },
  ];
}

/** Whether the fields of the model card that have to be filled are. */
export function cardGate(options: {
  required: string[];
  filled: string[];
}): GateVerdict[] {
  const { required, filled } = options;
  if (!required.length) return [];
  const unknown = required.filter(
    field => !cardFieldNames.some(known => known === field),
  );
  if (unknown.length) {
    return [
      {
        gate: 'model card',
        status: 'failed',
        saw: `no field ${unknown.join(', ')}`,
        wanted: required.join(', '),
        message: `The Model entity asks for ${unknown.join(
          ', ',
        )}, and the model card has no such field`,
        how: `Correct spec.evaluation.requiredCardFields; the card has ${cardFieldNames.join(
          ', ',
        )}`,
        waivable: true,
      },
    ];
  }
  const missing = required.filter(field => !filled.includes(field));
  const wanted = required.join(', ');
  if (!missing.length) {
    return [
      {
        gate: 'model card',
        status: 'passed',
        saw: `${required.length} of ${required.length} fields`,
        wanted,
        message: 'The fields that have to be filled are',
      },
    ];
  }
  return [
    {
      gate: 'model card',
      status: 'failed',
      saw: `${missing.join(', ')} empty`,
      wanted,
      message: `The model card says nothing about ${missing.join(', ')}`,
      how: 'Fill these fields on the card tab of the version',
      waivable: true,
    },
  ];
}

/** Whether every file still is what was uploaded. */
export function filesGate(files: {
  digest: string;
  count: number;
  check: FileCheck;
}): GateVerdict {
  const gate = 'artifact digests';
  const { count, check } = files;
  const spelled = count
    ? `${count} ${count === 1 ? 'file' : 'files'}`
    : 'files';
  const wanted = `${spelled} as uploaded`;
  if (check.state === 'reading') {
    return {
      gate,
      status: 'pending',
      saw: check.of
        ? `${check.done} of ${check.of} files read`
        : 'not read yet',
      wanted,
      message: 'The files are being read again and compared',
    };
  }
  const wrong = [
    ...check.changed.map(path => `${path} differs from what was uploaded`),
    ...check.unrecorded.map(path => `${path} was never uploaded`),
  ];
  if (wrong.length) {
    return {
      gate,
      status: 'failed',
      saw: listed(wrong, sentences),
      wanted,
      message: `The files are not those that were uploaded: ${listed(
        wrong,
        sentences,
      )}`,
      how: 'Log and register the model again; what lies in the store cannot be vouched for',
    };
  }
  return {
    gate,
    status: 'passed',
    saw: files.digest,
    wanted,
    message: `The checksums of ${spelled} are those of the upload`,
  };
}

/** Of a version whose files are kept outside this server. */
export function externalFilesGate(location: string): GateVerdict {
  return {
    gate: 'files',
    status: 'failed',
    saw: location,
    wanted: 'files that this server keeps',
    message: `The files lie at ${location}, where they may change at any time: nobody vouches for them`,
    how: 'Log the model into a run here and register that, or have an approver waive this gate',
    waivable: true,
  };
}

/** Whether a version has files at all; silent where it has some. */
export function filesPresentGate(
  count: number,
  options: { running: boolean; location: string },
): GateVerdict[] {
  if (count > 0) return [];
  const { running, location } = options;
  return [
    {
      gate: 'files',
      status: running ? 'pending' : 'failed',
      saw: 'no file',
      wanted: 'the files of a model',
      message: `There is nothing at ${location}`,
      how: running
        ? 'Wait until the run has logged the model'
        : 'Log the model into its run, or register a version from where its files are',
    },
  ];
}

/** What pickles among the files would import when somebody loads the model. */
export function pickleGate(options: {
  scan: PickleFindings[] | 'reading';
  risk: 'minimal' | 'limited' | 'high';
}): GateVerdict[] {
  const { scan, risk } = options;
  const gate = 'pickles';
  const wanted = risk === 'high' ? 'no pickles' : 'no pickles that can do harm';
  if (scan === 'reading') {
    return [
      {
        gate,
        status: 'pending',
        saw: 'not read yet',
        wanted,
        message: 'The files are being looked through for pickles',
      },
    ];
  }
  if (!scan.length) {
    return [
      {
        gate,
        status: 'passed',
        saw: 'none',
        wanted,
        message: 'Loading the model runs no code out of its files',
      },
    ];
  }
  const list = (kind: 'dangerous' | 'unknown') => [
    ...new Set(
      scan.flatMap(({ path, imports }) =>
        imports.filter(i => i.kind === kind).map(i => `${i.name} in ${path}`),
      ),
    ),
  ];
  const dangerous = list('dangerous');
  const unknown = list('unknown');
  const unreadable = scan
    .filter(({ problem }) => problem)
    .map(({ path, problem }) => `${path}: ${problem}`);
  const paths = listed(scan.map(({ path }) => path));
  const parts = [
    ...(dangerous.length ? [`can do harm: ${listed(dangerous)}`] : []),
    ...(unknown.length ? [`not known: ${listed(unknown)}`] : []),
    ...(unreadable.length ? [`not readable: ${listed(unreadable)}`] : []),
  ];
  const saw = parts.join('; ') || `pickles of known libraries: ${paths}`;
  const refused = dangerous.length > 0 || risk === 'high';
  return [
    {
      gate,
      status: refused ? 'failed' : 'warning',
      saw,
      wanted,
      message: dangerous.length
        ? `Loading the model would run code that can do harm: ${listed(
            dangerous,
          )}`
        : `Loading a pickle can run any code, and approvals do not change that: ${saw}`,
      how: 'Log the model in a format without code, such as ONNX, skops or safetensors',
      ...(refused && { waivable: true }),
    },
  ];
}

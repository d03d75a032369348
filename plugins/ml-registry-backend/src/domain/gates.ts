import type {
  ModelEvaluation,
  ModelGate,
} from '@downstage/plugin-ml-catalog-common';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import type { GateSubject } from '@downstage/plugin-ml-registry-node';

/**
 * The verdicts of what the Model entity asks for: a signature, and its metric gates.
 * No evaluation in the entity, no gates.
 */
export function evaluateEntityGates(
  evaluation: ModelEvaluation | undefined,
  subject: GateSubject,
): GateVerdict[] {
  if (!evaluation) return [];
  return [
    signatureGate(subject),
    ...(evaluation.gates ?? []).flatMap(gate =>
      metricGates(gate, evaluation.primaryMetric, subject),
    ),
  ];
}

function signatureGate({ signature }: GateSubject): GateVerdict {
  const wanted = 'a signature with inputs';
  if (signature?.inputs.length) {
    return {
      gate: 'signature',
      status: 'passed',
      saw: `${signature.inputs.length} inputs, ${signature.outputs.length} outputs`,
      wanted,
      message: 'The model says what it takes and gives',
    };
  }
  return {
    gate: 'signature',
    status: 'failed',
    saw: 'none',
    wanted,
    message: 'The model has no signature, so nobody can know what to send it',
    how: 'Pass signature= or input_example= when logging the model',
  };
}

function metricGates(
  gate: ModelGate,
  primary: ModelEvaluation['primaryMetric'],
  subject: GateSubject,
): GateVerdict[] {
  const { metric, min, max, notWorseThanChampionBy: margin } = gate;
  const value = subject.metrics[metric];
  const verdicts: GateVerdict[] = [];
  if (min !== undefined) {
    verdicts.push(
      verdict(
        `${metric} at least ${min}`,
        `at least ${min}`,
        () => value >= min,
      ),
    );
  }
  if (max !== undefined) {
    verdicts.push(
      verdict(`${metric} at most ${max}`, `at most ${max}`, () => value <= max),
    );
  }
  if (margin !== undefined) verdicts.push(championGate(margin));
  return verdicts;

  function verdict(
    name: string,
    wanted: string,
    holds: () => boolean,
  ): GateVerdict {
    if (value === undefined) return missing(name, wanted);
    const passed = holds();
    return {
      gate: name,
      status: passed ? 'passed' : 'failed',
      saw: number(value),
      wanted,
      message: `${metric} is ${number(value)}, wanted ${wanted}`,
      ...(!passed && { how: `Train a version whose ${metric} is ${wanted}` }),
    };
  }

  function missing(name: string, wanted: string): GateVerdict {
    return {
      gate: name,
      status: subject.running ? 'pending' : 'failed',
      saw: 'nothing',
      wanted,
      message: subject.running
        ? `The run has not logged ${metric} yet`
        : `The run logged no metric ${metric}`,
      how: `Log it: mlflow.log_metric("${metric}", …) in the run of this version`,
    };
  }

  function championGate(by: number): GateVerdict {
    const name = `${metric} against the champion`;
    const { champion } = subject;
    if (!champion) {
      return {
        gate: name,
        status: 'passed',
        saw: value === undefined ? 'nothing' : number(value),
        wanted: 'nothing: no other version is in production',
        message: 'No other version is in production to compare with',
      };
    }
    const other = champion.metrics[metric];
    if (other === undefined) {
      return {
        gate: name,
        status: 'failed',
        saw: `no ${metric} of version ${champion.version}`,
        wanted: `${metric} of the version in production`,
        message: `Version ${champion.version} in production has no metric ${metric} to compare with`,
        how: `Log ${metric} in the run of version ${champion.version}, or take the gate out of the Model entity`,
      };
    }
    const minimize = primary?.name === metric && primary.goal === 'minimize';
    // Rounded to 12 digits, so that 0.98 - 0.005 is 0.975 and not a hair above it.
    const limit = Number((minimize ? other + by : other - by).toPrecision(12));
    const wanted = `${minimize ? 'at most' : 'at least'} ${number(
      limit,
    )} (version ${champion.version} has ${number(other)})`;
    return verdict(name, wanted, () =>
      minimize ? value <= limit : value >= limit,
    );
  }
}

function number(value: number) {
  return String(Number(value.toPrecision(6)));
}

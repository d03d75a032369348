import type {
  ModelEvaluation,
  ModelGate,
} from '@downstage/plugin-ml-catalog-common';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import type { GateSubject } from '@downstage/plugin-ml-registry-node';
import { onSameData, type Measured } from './sameData';

/** How the version and the champion were measured. */
export type Comparison = {
  version: Measured;
  champion?: Measured & { version: number };
};

/**
 * The verdicts of what the Model entity asks for: a signature, and its metric gates.
 * No evaluation in the entity, no gates.
 */
export function evaluateEntityGates(
  evaluation: ModelEvaluation | undefined,
  subject: GateSubject,
  comparison: Comparison,
): GateVerdict[] {
  if (!evaluation) return [];
  return [
    signatureGate(subject),
    ...(evaluation.gates ?? []).flatMap(gate =>
      metricGates(gate, {
        subject,
        comparison,
        primary: evaluation.primaryMetric,
      }),
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
  options: {
    subject: GateSubject;
    comparison: Comparison;
    primary: ModelEvaluation['primaryMetric'];
  },
): GateVerdict[] {
  const { subject, comparison, primary } = options;
  const { metric, min, max, notWorseThanChampionBy: margin } = gate;
  const found = subject.metrics[metric];
  const verdicts: GateVerdict[] = [];
  if (min !== undefined) {
    verdicts.push(
      threshold(`${metric} at least ${min}`, `at least ${min}`, v => v >= min),
    );
  }
  if (max !== undefined) {
    verdicts.push(
      threshold(`${metric} at most ${max}`, `at most ${max}`, v => v <= max),
    );
  }
  if (margin !== undefined) verdicts.push(championGate(margin));
  return verdicts;

  function threshold(
    name: string,
    wanted: string,
    holds: (value: number) => boolean,
  ): GateVerdict {
    if (found === undefined) return missing(name, wanted);
    return verdict(name, { value: found, wanted, passed: holds(found) });
  }

  function verdict(
    name: string,
    result: { value: number; wanted: string; passed: boolean },
  ): GateVerdict {
    const { value, wanted, passed } = result;
    return {
      gate: name,
      status: passed ? 'passed' : 'failed',
      saw: number(value),
      wanted,
      message: `${metric} is ${number(value)}, wanted ${wanted}`,
      ...(!passed && {
        how: `Train a version whose ${metric} is ${wanted}`,
        waivable: true,
      }),
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
      ...(!subject.running && { waivable: true }),
    };
  }

  function championGate(by: number): GateVerdict {
    const name = `${metric} against the champion`;
    const { champion } = comparison;
    if (!champion) {
      return {
        gate: name,
        status: 'passed',
        saw: found === undefined ? 'nothing' : number(found),
        wanted: 'nothing: no other version is in production',
        message: 'No other version is in production to compare with',
      };
    }
    const on = onSameData(metric, comparison.version, champion);
    if (!on.comparable) {
      const wanted = `${metric} of version ${champion.version} on the same evaluation data`;
      if (found === undefined) return missing(name, wanted);
      return {
        gate: name,
        status: subject.running ? 'pending' : 'failed',
        saw: on.saw,
        wanted,
        message: on.why,
        how: on.how,
        ...(!subject.running && { waivable: true }),
      };
    }
    const { value, other } = on;
    const minimize = primary?.name === metric && primary.goal === 'minimize';
    // Rounded to 12 digits, so that 0.98 - 0.005 is 0.975 and not a hair above it.
    const limit = Number((minimize ? other + by : other - by).toPrecision(12));
    const wanted = `${minimize ? 'at most' : 'at least'} ${number(
      limit,
    )} (version ${champion.version} has ${number(other)} on ${on.on})`;
    return verdict(name, {
      value,
      wanted,
      passed: minimize ? value <= limit : value >= limit,
    });
  }
}

function number(value: number) {
  return String(Number(value.toPrecision(6)));
}

import type { ResolvedInput } from './runtime';

/** Where an input lies for the process of a job. */
export type InputPaths = { path: string; table?: string };

/** Inputs by name, without their lists of files. */
export type DescribedInputs = Record<
  string,
  Omit<ResolvedInput, 'files' | 'tableFiles'>
>;

/**
 * The variables by which the code of a job finds its inputs: `DOWNSTAGE_INPUT_<NAME>` and `DOWNSTAGE_INPUTS`. The list
 * of files is left out. A variable has a limit, and a data set may have ten thousand files.
 */
export function inputVariables(
  inputs: DescribedInputs,
): Record<string, string> {
  const variables: Record<string, string> = {};
  const described: Record<string, object> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const { ref, path, sha256, format, table, dialect } = input;
    described[name] = { ref, path, sha256, format, table, dialect };
    if (path) variables[`DOWNSTAGE_INPUT_${variableName(name)}`] = path;
  }
  return { ...variables, DOWNSTAGE_INPUTS: JSON.stringify(described) };
}

/** The variables of a job whose inputs a runtime has fetched to places of its own. */
export function withInputPaths(
  job: {
    variables: Record<string, string>;
    inputs: Record<string, ResolvedInput>;
  },
  places: Record<string, InputPaths>,
): Record<string, string> {
  const inputs = Object.fromEntries(
    Object.entries(job.inputs).map(([name, input]) => [
      name,
      { ...input, ...places[name] },
    ]),
  );
  return { ...job.variables, ...inputVariables(inputs) };
}

/** `max-depth` becomes `MAX_DEPTH`. */
export function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

const spelling = /^__([a-z0-9]+(?:(?:-+|[_.])[a-z0-9]+)*)__(.+)$/su;

/**
 * How MLflow's clients name a model of the catalog: `x` in the namespace `default`, else `__credit__x`.
 * MLflow has one flat list of names, without slashes.
 */
export function mlflowNameOf(model: {
  namespace: string;
  name: string;
}): string {
  return model.namespace === 'default'
    ? model.name
    : `__${model.namespace}__${model.name}`;
}

/** How people read the name of a model: `x` in the namespace `default`, else `credit/x`. */
export function shownNameOf(model: {
  namespace: string;
  name: string;
}): string {
  return model.namespace === 'default'
    ? model.name
    : `${model.namespace}/${model.name}`;
}

/**
 * The model that a name of the shape `__credit__x` means. `undefined` for every other name: such a name is that of a
 * model in `default`, letter for letter.
 */
export function modelOfMlflowName(
  text: string,
): { namespace: string; name: string } | undefined {
  const match = spelling.exec(text);
  return match ? { namespace: match[1], name: match[2] } : undefined;
}
